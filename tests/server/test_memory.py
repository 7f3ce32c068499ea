"""Memory: documents without end leave that of PostgreSQL's backends, and the server's caches, as large as they were."""

import asyncio
import ctypes
import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from models import statements
from models.viewers import Audience
from planner.plans import MOST_OF_VIEW
from resolvers.jobs import PUBLISHING
from server.operations import documents
from server.operations.performing import ServedView
from tests.golden.pairs import SHAPE, pairs
from tests.server.test_planning import worst
from tests.support.client import ANYBODY, Ask, Caller, serving

TURNS, TURN = 16, 100  # documents
WARM = 6  # turns, after which all caches are full
KEPT, MOST_CHARACTERS = 100, 25_000  # instead of 500 documents of a view, and of 500,000 characters of statements
LEAST_LEAK_KB = 12  # for each document, of the server or of all backends together
GOLDEN = 25  # one in so many
LARGE = 4  # of each view, two at once: every connection plans some; and as many again
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


def distinct(audience: Audience) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Distinct documents of a view, of several shapes, with variables."""
    golden = [pair.text for pair in pairs() if pair.audience is audience]
    number = 0
    while True:
        mark, number = f"x{number:x}", number + 1
        if number % GOLDEN == 0:
            text = golden[number // GOLDEN % len(golden)]
            yield re.sub(r"(?m)\{$", f"{{ {mark}: __typename", text, count=1), SHAPE
        else:
            text, fields = SHAPES[number % len(SHAPES)]
            chosen = " ".join(field for place, field in enumerate(fields) if number >> 2 >> place & 1)
            yield text.format(mark=mark, size=1 + number % 7, fields=chosen), {"n": 1 + number % 5}


def resident(process: int | str) -> int:
    """Kilobytes of a process that it shares with no other."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(size) for size in re.findall(r"^(?:Private_Dirty|Private_Clean): +(\d+) kB", text, re.M))


def resident_here() -> int:
    """The same of this process, without what it has freed."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident("self")


def cached(view: ServedView) -> tuple[int, int, int]:
    """Of a view: its documents, their weight, and the length of its plans' statements."""
    known = view.documents
    space = known.planner.space
    return len(known.answerable), known.answerable.weight, sum(each.size for each in tuple(space._all))


async def send(ask: Ask, who: Caller, text: str, variables: Mapping[str, Any]) -> None:
    for _ in range(2):  # a statement is prepared from its second run on
        answer = await ask.post(who, text, variables)
        assert answer.status_code == 200 or variables is SHAPE, answer.text  # whose ids name nothing


def leak(kilobytes: Sequence[int]) -> float:
    """The growth for each document since the caches are full. Of three turns, the least: memory is used for moments."""
    return (min(kilobytes[-3:]) - min(kilobytes[WARM : WARM + 3])) / ((TURNS - WARM - 3) * TURN)


class Measured:
    """What a server uses, each time that it is looked at, in kilobytes."""

    def __init__(self, dsn: str, views: Mapping[Audience, ServedView]) -> None:
        self.dsn, self.views = dsn, views
        self.server: list[int] = []
        self.backends: list[int] = []  # together
        self.largest: list[int] = []  # of them
        self.cached: list[tuple[int, int, int]] = []  # by each view

    async def look(self) -> None:
        owner = await asyncpg.connect(self.dsn)
        ours = "application_name LIKE 'cohorte%' AND datname = current_database()"
        found = [resident(row["pid"]) for row in await owner.fetch(f"SELECT pid FROM pg_stat_activity WHERE {ours}")]
        await owner.close()
        assert len(found) > 4 * 2
        self.backends.append(sum(found))
        self.largest.append(max(found))
        self.server.append(resident_here())
        self.cached += [cached(view) for view in self.views.values()]


@pytest.mark.slow
async def test_documents_without_end_leave_all_memory_flat(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Distinct documents of four views, each sent twice through the endpoint. With `-s`, it prints what was used."""
    monkeypatch.setattr(documents, "KEPT", KEPT)
    monkeypatch.setattr(statements, "MOST_CHARACTERS", MOST_CHARACTERS)
    async with serving(fresh, pool_size=2, publishing=PUBLISHING) as ask:
        assert ask.app.endpoint is not None
        names = {Audience.PATIENT: "patient", Audience.BUYER: "laboratory", Audience.MANAGER: "manager"}
        callers = {Audience.PUBLIC: ANYBODY} | {each: await ask.sign_in(name) for each, name in names.items()}
        made = {audience: distinct(audience) for audience in callers}
        measured = Measured(fresh, ask.app.endpoint.views)
        for _ in range(TURNS):
            for _ in range(TURN // len(callers)):
                for audience, who in callers.items():
                    await send(ask, who, *next(made[audience]))
            await measured.look()
        print(measured.server, measured.backends)  # noqa: T201
        assert all(number == KEPT for number, _, _ in measured.cached[-len(callers) :])
        assert leak(measured.backends) < LEAST_LEAK_KB
        assert leak(measured.server) < LEAST_LEAK_KB
        for _ in range(2):
            for who in callers.values():
                for _ in range(LARGE // 2):
                    await asyncio.gather(*(send(ask, who, worst(25), {}) for _ in range(2)))
            await measured.look()
        print(measured.server[-3:], measured.backends[-3:], measured.largest[-3:])  # noqa: T201
    for number, weight, size in measured.cached:
        assert number <= KEPT
        assert weight <= documents.KEPT_TOKENS
        assert size <= MOST_OF_VIEW
    # Planning a large statement takes memory that PostgreSQL keeps for the next: some 40 MB. Kept prepared, those of
    # the public view would be several times as much.
    assert max(measured.largest) < 120_000  # kilobytes of one connection
    assert measured.backends[-1] < 1.25 * measured.backends[-2]
    assert measured.server[-1] < 1.25 * measured.server[-2]
