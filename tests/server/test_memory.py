"""Memory: documents without end leave that of PostgreSQL's backends, and the server's caches, as large as they were."""

import gc
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from models.viewers import Audience
from planner.plans import MOST_OF_VIEW
from server.operations.documents import KEPT, KEPT_TOKENS
from server.operations.performing import ServedView
from tests.golden.pairs import SHAPE, pairs
from tests.server.test_planning import worst
from tests.support.client import ANYBODY, Ask, Caller, serving

DOCUMENTS, TURN = 10_000, 1_000
LARGE, GOLDEN = 625, 125  # one in so many,
FIRST = 8  # and the first: every connection has planned a large one before memory is compared
COMMUNITY = ("id", "name", "slug", "description", "status", "condition { name icd10 }", "indicators { name }")
INDICATOR = ("id", "name", "slug", "unit", "ucum", "layNames", "loinc")
SHAPES = (  # of each view, with a part of the fields
    ("{{ {mark}: communities(first: {size}) {{ nodes {{ __typename {fields} }} }} }}", COMMUNITY),
    ("query ($n: Int) {{ {mark}: communities(first: $n) {{ edges {{ cursor node {{ id ...F }} }} }} }} "
     "fragment F on Community {{ __typename {fields} }}", COMMUNITY),
    ("{{ {mark}: indicators(first: {size}) {{ __typename {fields} }} }}", INDICATOR),
    # Which graphql-core executes.
    ("{{ {mark}: dataUses(first: {size}) {{ nodes {{ __typename {fields} ledgerEntry {{ line }} }} }} }}",
     ("id", "purpose", "datasetTitle", "variables", "organization { name kind }")),
)  # fmt: skip


def documents(audience: Audience) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Distinct documents of a view, of several shapes, with variables."""
    golden = [pair.text for pair in pairs() if pair.audience is audience]
    number = 0
    while True:
        mark, number = f"x{number:x}", number + 1
        if number <= FIRST or number % LARGE == 0:
            yield re.sub(r"\bx[0-9a-f]{8}(\d+):", rf"{mark}\1:", worst(25)), {}
        elif number % GOLDEN == 0:
            text = golden[number // GOLDEN % len(golden)]
            yield re.sub(r"(?m)\{$", f"{{ {mark}: __typename", text, count=1), SHAPE
        else:
            text, fields = SHAPES[number % len(SHAPES)]
            chosen = " ".join(field for place, field in enumerate(fields) if number >> 2 >> place & 1)
            yield text.format(mark=mark, size=1 + number % 7, fields=chosen), {"n": 1 + number % 5}


def resident(process: int) -> int:
    """Kilobytes of a process that it shares with no other."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(size) for size in re.findall(r"^(?:Private_Dirty|Private_Clean): +(\d+) kB", text, re.M))


def cached(view: ServedView) -> tuple[int, int, int]:
    """Of a view: its documents, their weight, and the length of its plans' statements."""
    documents = view.documents
    space = documents.planner.space
    return len(documents.answerable), documents.answerable.weight, sum(each.size for each in tuple(space._all))


async def send(ask: Ask, who: Caller, text: str, variables: Mapping[str, Any]) -> None:
    for _ in range(2):  # a statement is prepared from its second run on
        answer = await ask.post(who, text, variables)
        assert answer.status_code == 200 or variables is SHAPE, answer.text  # whose ids name nothing


@pytest.mark.slow
async def test_documents_without_end_leave_all_memory_flat(fresh: str) -> None:
    """10,000 distinct documents of four views, each sent twice through the endpoint, some of them large."""
    async with serving(fresh, pool_size=2) as ask:
        assert ask.app.endpoint is not None
        views = ask.app.endpoint.views
        names = {Audience.PATIENT: "patient", Audience.BUYER: "laboratory", Audience.MANAGER: "manager"}
        callers = {Audience.PUBLIC: ANYBODY} | {each: await ask.sign_in(name) for each, name in names.items()}
        made = {audience: documents(audience) for audience in callers}
        owner = await asyncpg.connect(fresh)
        ours = "application_name LIKE 'cohorte%' AND datname = current_database()"
        query = f"SELECT pid FROM pg_stat_activity WHERE {ours}"
        backends, server, caches = [], [], []
        for turn in range(DOCUMENTS // TURN):
            for _ in range(TURN // len(callers)):
                for audience, who in callers.items():
                    await send(ask, who, *next(made[audience]))
            processes = [row["pid"] for row in await owner.fetch(query)]
            assert len(processes) > 4 * 2, turn
            backends.append([resident(process) for process in processes])
            gc.collect()
            server.append(resident("self"))  # type: ignore[arg-type]
            caches.append({audience: cached(view) for audience, view in views.items()})
        await owner.close()
    for of_views in caches:
        for number, weight, size in of_views.values():
            assert number <= KEPT
            assert weight <= KEPT_TOKENS
            assert size <= MOST_OF_VIEW
    # Planning a large statement takes memory that PostgreSQL keeps for the next: some 40 MB. Kept prepared, the fifty
    # large ones of the public view would be several hundred.
    assert max(map(max, backends)) < 150_000  # kilobytes of one connection
    assert sum(backends[-1]) < 1.25 * sum(backends[4]), backends
    assert server[-1] < 1.25 * server[4], server
