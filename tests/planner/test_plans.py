"""Statements that clients' operations become: golden statements, and query plans that hold as the network grows."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from graphql import parse, validate

from models import logins
from models.viewers import Audience, Viewer
from planner.marks import bare
from planner.operations import Planner
from planner.plans import bounded
from tests.golden.pairs import SHAPE, Pair, laid_out, pairs
from tests.support.client import ANYBODY, LIMITS, Ask, Caller

PAIRS = pairs()
README = Path(__file__).parents[2] / "README.md"
GROWING = ("care", "research", "identity")  # the PostgreSQL schemas whose tables grow with the number of members
# But for these, which are so small that PostgreSQL reads them whole: the staff, and what associations pin.
SMALL = ("identity.staff", "care.pin")
SIGN_INS = {Audience.PATIENT: "patient", Audience.BUYER: "laboratory", Audience.MANAGER: "moderator"}

by_name = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)


@by_name
def test_the_statement_equals_the_golden_statement(pair: Pair, view_planners: dict[Audience, Planner]) -> None:
    mend = f"if the change is meant: run `python -m tests.golden`, read what changed in {pair.golden.name}, commit it"
    assert laid_out(pair.plan(view_planners[pair.audience], SHAPE).sql) == pair.golden.read_text(), mend


def test_every_golden_statement_has_its_operation() -> None:
    folder = PAIRS[0].golden.parent
    mend = "a question without its .sql: run `python -m tests.golden`; an .sql without its .graphql: delete it"
    assert sorted(file.stem for file in folder.glob("*.sql")) == [pair.name for pair in PAIRS], mend


def test_formatting_a_statement_changes_only_white_space(view_planners: dict[Audience, Planner]) -> None:
    for pair in PAIRS:
        sql = pair.plan(view_planners[pair.audience], SHAPE).sql
        assert re.sub(r"\s", "", laid_out(sql)) == re.sub(r"\s", "", sql)


@by_name
async def test_an_operation_is_one_statement(
    pair: Pair,
    ask: Ask,
    dsn: str,
    view_planners: dict[Audience, Planner],
    patient: Caller,
    laboratory: Caller,
    moderator: Caller,
) -> None:
    callers = {
        Audience.PUBLIC: ANYBODY, Audience.PATIENT: patient, Audience.BUYER: laboratory, Audience.MANAGER: moderator
    }  # fmt: skip
    superuser = await asyncpg.connect(dsn)
    variables = pair.taken(pair.operation(view_planners[pair.audience]), await real_values(superuser))
    await superuser.close()
    # The first time, the session is looked up too, and what the viewer has read today.
    await ask(callers[pair.audience], pair.text, variables)
    answer = await ask(callers[pair.audience], pair.text, variables)
    assert "errors" not in answer
    assert None not in answer["data"].values()
    sql = pair.plan(view_planners[pair.audience], variables).sql
    assert ask.statements == [bounded(sql, LIMITS.answer_bytes) if "json_agg" in sql else sql]


@dataclass
class Demonstration:
    """The demonstration network at full or small scale, and its viewers."""

    dsn: str
    variables: dict[str, Any]
    viewers: dict[Audience, Viewer]


@pytest_asyncio.fixture(scope="session")
async def full(full_scale: str) -> Demonstration:
    """Yields the network at full scale, with rows of tests."""
    superuser = await asyncpg.connect(full_scale)
    # Rows that the demonstration lacks or has few of, and that a network of its size has many of.
    await superuser.execute(
        "insert into identity.session (account_id, token_hash, expires_at)"
        " select id, sha256(id::text::bytea), now() + interval '1 day' from identity.account;"
        "insert into care.flag (post_id, member_id, reason, status, created_at)"
        " select id, author_id, 'SPAM', 'DISMISSED', created_at from care.post on conflict do nothing;"
        "insert into care.catalogue_proposer (member_id) select id from care.member;"
        "insert into care.catalogue_proposal (id, kind, name, proposed_on)"
        " select id, 'SYMPTOM', 'Proposed', current_date from care.catalogue_proposer;"
        "insert into care.own_indicator (member_id, name, scale, unit, minimum, maximum)"
        " select id, 'Walks', 'QUANTITY', 'km', 0, 50 from care.member;"
        "insert into care.own_treatment (member_id, name, kind) select id, 'Sunlight', 'THERAPY' from care.member;"
        "analyze identity.session, care.flag, care.catalogue_proposer, care.catalogue_proposal, care.own_indicator,"
        " care.own_treatment"
    )
    await superuser.close()
    return await demonstration(full_scale)


@pytest_asyncio.fixture(scope="module")
async def small(dsn: str) -> Demonstration:
    """Yields the network at small scale, in the shared database."""
    return await demonstration(dsn)


async def demonstration(dsn: str) -> Demonstration:
    await logins.open_roles(dsn)
    superuser = await asyncpg.connect(dsn)
    viewers = {Audience.PUBLIC: Viewer()}
    for audience, name in SIGN_INS.items():
        query = "select id, member_id, organization_id, staff_id from identity.account where email = $1"
        found = await superuser.fetchrow(query, f"{name}@demo.example")
        assert found is not None
        viewers[audience] = Viewer(audience, found["id"], UUID(int=1), *tuple(found)[1:])
    values = await real_values(superuser)
    await superuser.close()
    return Demonstration(dsn, values, viewers)


async def real_values(superuser: asyncpg.Connection) -> dict[str, Any]:
    """Argument values that match many rows, by the name of their variable."""
    patient = "(select member_id from identity.account where email = 'patient@demo.example')"
    queries = {
        "slug": "select slug from catalog.community where slug = 'multiple-sclerosis'",
        "search": "select 'fatigue'",
        "indicator": f"select 'ind_' || indicator_id from care.observation where member_id = {patient}"
        " group by indicator_id order by count(*) desc, indicator_id limit 1",
        "discussion": "select 'dis_' || d.id from care.discussion d join catalog.community c on c.id = d.community_id"
        " where c.slug = 'multiple-sclerosis' order by post_count desc, d.id limit 1",
        "post": "select 'pst_' || id from care.post order by id limit 1",
        "survey": f"select 'svy_' || survey_id from research.participation where member_id = {patient}"
        " order by completed_at desc nulls last, survey_id limit 1",
        "treatment": "select t.slug from catalog.treatment t join care.course r on r.treatment_id = t.id"
        " join care.evaluation e on e.course_id = r.id join catalog.community c on c.id = r.community_id"
        " where c.slug = 'multiple-sclerosis' group by t.slug order by count(*) desc, t.slug limit 1",
        "pseudonym": "select pseudonym from care.member m join care.profile p on p.member_id = m.id"
        " where sharing = 'ALL_MEMBERS' and pseudonym !~ '^(arthritis|epilepsy)-' order by m.id limit 1",
    }
    return {name: await superuser.fetchval(query) for name, query in queries.items()}


@dataclass
class Scan:
    """One table that a plan reads, and how."""

    node: str
    table: str
    condition: str | None
    limited: bool  # a LIMIT stands above it
    filtered: bool  # rows are discarded, so a LIMIT does not bound how many are read


def scans(plan: Mapping[str, Any], limited: bool = False) -> Iterator[Scan]:
    table = f"{plan.get('Schema')}.{plan.get('Relation Name')}"
    if plan.get("Schema") in GROWING and table not in SMALL:
        yield Scan(plan["Node Type"], table, plan.get("Index Cond"), limited, "Filter" in plan)
    for inner in plan.get("Plans", ()):
        # A sort or hash reads its whole input, whatever LIMIT stands above it.
        yield from scans(
            inner,
            plan["Node Type"] == "Limit" or (limited and plan["Node Type"] in ("Result", "Subquery Scan", "WindowAgg")),
        )


def by_index(scan: Scan) -> bool:
    if scan.node == "Bitmap Heap Scan":  # the index scan below it has the condition
        return True
    bounded = scan.condition is not None or (scan.limited and not scan.filtered)
    return scan.node in ("Index Scan", "Index Only Scan", "Bitmap Index Scan") and bounded


class Explaining:
    """A connection as a view's role, with the server's planner settings."""

    def __init__(self, connection: Any, viewer: Viewer, planner: Planner) -> None:
        self.connection, self.viewer, self.planner = connection, viewer, planner

    async def answer(self, pair: Pair, variables: Mapping[str, Any]) -> Any:
        operation = pair.operation(self.planner)
        coerced = operation.coerce(pair.taken(operation, variables))
        plan = operation.plan(coerced)
        assert plan is not None
        found = await self.connection.fetchval(plan.sql, *plan.values(coerced, self.viewer))
        return json.loads(plan.sealed(bare(found)))

    async def scans(self, pair: Pair, variables: Mapping[str, Any], mode: str) -> list[Scan]:
        """The growing tables that the plan reads; `mode` is what plan_cache_mode is set to."""
        return list(scans(await self.explained(pair, variables, mode)))

    async def explained(self, pair: Pair, variables: Mapping[str, Any], mode: str) -> Mapping[str, Any]:
        operation = pair.operation(self.planner)
        coerced = operation.coerce(pair.taken(operation, variables))
        plan = operation.plan(coerced)
        assert plan is not None
        values = [await self.literal(value) for value in plan.values(coerced, self.viewer)]
        await self.connection.execute(f"set plan_cache_mode = {mode}")
        await self.connection.execute(f"prepare asked as {plan.sql}")
        text = await self.connection.fetchval(f"explain (verbose, format json) execute asked ({', '.join(values)})")
        await self.connection.execute("deallocate asked")
        found: Mapping[str, Any] = json.loads(text)[0]["Plan"]
        return found

    async def literal(self, value: Any) -> str:
        text: str = await self.connection.fetchval(
            "select quote_nullable($1::text[]::text)" if isinstance(value, list) else "select quote_nullable($1::text)",
            value if value is None or isinstance(value, list) else str(value),
        )
        return text


def cursor_in(answer: Any, name: str) -> str | None:
    """The first cursor in an answer under `name`, to ask for the page beyond it."""
    if isinstance(answer, list | dict):
        if isinstance(answer, dict) and answer.get(name):
            return str(answer[name])
        inner = answer.values() if isinstance(answer, dict) else answer
        return next((found for each in inner if (found := cursor_in(each, name))), None)
    return None


@by_name
async def test_an_index_exists_for_every_read_of_a_growing_table(
    pair: Pair, small: Demonstration, view_planners: dict[Audience, Planner]
) -> None:
    """In a small network PostgreSQL reads whole tables unless sequential scans are disabled."""
    await expect_read_by_index(pair, small, view_planners, "force_generic_plan", "set enable_seqscan = off")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
@by_name
async def test_at_full_scale_growing_tables_are_read_by_index(
    pair: Pair, mode: str, full: Demonstration, view_planners: dict[Audience, Planner]
) -> None:
    await expect_read_by_index(pair, full, view_planners, mode)


async def expect_read_by_index(
    pair: Pair,
    network: Demonstration,
    view_planners: dict[Audience, Planner],
    mode: str,
    setting: str = "reset enable_seqscan",
) -> None:
    async with await logins.pool(network.dsn, pair.audience, 1, 30.0) as pool, pool.acquire() as connection:
        await connection.execute(setting)
        explaining = Explaining(connection, network.viewers[pair.audience], view_planners[pair.audience])
        answer = await explaining.answer(pair, network.variables)
        assert None not in answer.values()
        pages: list[dict[str, Any]] = [{}]
        for place, end in (("after", "endCursor"), ("before", "startCursor")):
            if f"${place}:" in pair.text:
                cursor = cursor_in(answer, end)
                assert cursor is not None
                pages.append({place: cursor})
        for page in pages:
            found = await explaining.scans(pair, network.variables | page, mode)
            assert [scan for scan in found if not by_index(scan)] == []


@pytest_asyncio.fixture
async def patients(small: Demonstration, view_planners: dict[Audience, Planner]) -> AsyncIterator[Explaining]:
    """Yields a connection of the patients' view as the server opens it."""
    audience = Audience.PATIENT
    async with await logins.pool(small.dsn, audience, 1, 30.0) as pool, pool.acquire() as connection:
        await connection.execute("set enable_seqscan = off")
        yield Explaining(connection, small.viewers[audience], view_planners[audience])


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def test_a_dashboard_of_ones_own_starts_nothing_about_others(patients: Explaining, small: Demonstration) -> None:
    pair = next(pair for pair in PAIRS if pair.name == "patient_dashboard")
    plan = await patients.explained(pair, small.variables, "force_generic_plan")
    assert "care.viewer_" not in json.dumps(plan)
    read = {node["Relation Name"] for node in nodes(plan) if node.get("Schema") == "care"}
    assert read == {"profile", "observation", "course", "evaluation"}


@pytest.mark.parametrize("name", ["patient_member", "patient_treatment"])
async def test_what_the_viewer_may_read_is_computed_once_for_each_statement(
    name: str, patients: Explaining, small: Demonstration
) -> None:
    pair = next(pair for pair in PAIRS if pair.name == name)
    plan = await patients.explained(pair, small.variables, "force_generic_plan")
    computed = [node for node in nodes(plan) if "care.viewer_" in json.dumps({**node, "Plans": ()})]
    assert {text for node in computed for text in node["Output"]} == {
        "care.viewer_communities()", "care.viewer_patients()"
    }  # fmt: skip
    assert {node["Parent Relationship"] for node in computed} == {"InitPlan"}
    # Policies read no care links, whose own policy each read of a diary would start.
    read = {f"{node.get('Schema')}.{node.get('Relation Name')}" for node in nodes(plan)}
    assert ("care.care_link" in read) is ("care.care_link" in pair.golden.read_text())


@pytest.mark.parametrize("name", ["patient_dashboard", "patient_care"])
async def test_the_days_of_a_dashboard_are_found_by_index(
    name: str, patients: Explaining, small: Demonstration
) -> None:
    pair = next(pair for pair in PAIRS if pair.name == name)
    days = {"from": "2026-10-01", "to": "2026-10-31"}
    for given in ({}, days, {"from": days["from"]}, {"to": days["to"]}):
        found = await patients.scans(pair, small.variables | given, "force_generic_plan")
        conditions = [scan.condition for scan in found if scan.table == "care.observation"]
        assert conditions
        assert [
            each for each in conditions if "observed_on >=" not in str(each) or "observed_on <=" not in str(each)
        ] == []


async def test_a_search_reads_no_discussion_that_is_not_found(patients: Explaining, small: Demonstration) -> None:
    pair = next(pair for pair in PAIRS if pair.name == "patient_discussions_search")
    plan = await patients.explained(pair, small.variables, "force_generic_plan")
    read = [node for node in nodes(plan) if node.get("Relation Name") == "discussion"]
    conditions = [str(node.get("Index Cond", node.get("Recheck Cond"))) for node in read]
    # By the words of its title, or as one of those that are found.
    assert [each for each in conditions if "words_there" not in each and "id = ANY" not in each] == []
    assert len(conditions) == 2


async def test_the_categories_of_a_cell_are_found_one_by_one(
    small: Demonstration, view_planners: dict[Audience, Planner]
) -> None:
    """A join may read all categories of the dataset, of which there are thousands, for each cell."""
    pair = next(pair for pair in PAIRS if pair.name == "buyer_insights")
    async with await logins.pool(small.dsn, pair.audience, 1, 30.0) as pool, pool.acquire() as connection:
        await connection.execute("set enable_seqscan = off")
        explaining = Explaining(connection, small.viewers[pair.audience], view_planners[pair.audience])
        plan = await explaining.explained(pair, small.variables, "force_generic_plan")
    read = [node for node in nodes(plan) if node.get("Relation Name") == "category"]
    placed = [node for node in read if "place = " in str(node.get("Index Cond"))]
    assert len(placed) == 3  # a cell's own, its group's, and that of a statistic's group
    # The range of a variable's values is of all its categories.
    assert ["variable = " in str(node.get("Index Cond", node.get("Recheck Cond"))) for node in read] == [True] * 4


@pytest.mark.slow
async def test_at_full_scale_evaluations_of_a_community_are_found_in_order_by_index(
    full: Demonstration, view_planners: dict[Audience, Planner]
) -> None:
    """However many the treatment has in other communities, or are hidden. Only the viewer's own are sorted."""
    pair = next(pair for pair in PAIRS if pair.name == "patient_treatment")
    async with await logins.pool(full.dsn, pair.audience, 1, 30.0) as pool, pool.acquire() as connection:
        explaining = Explaining(connection, full.viewers[pair.audience], view_planners[pair.audience])
        cursor = cursor_in(await explaining.answer(pair, full.variables), "endCursor")
        for page in ({}, {"after": cursor}):
            plan = await explaining.explained(pair, full.variables | page, "force_generic_plan")
            sorts = [node for node in nodes(plan) if node["Node Type"] == "Sort"]
            sorted_ = [node for node in sorts if "evaluated_on" in str(node["Sort Key"])]
            assert [node for node in sorted_ if "(evaluation_3.member_id = ANY" not in json.dumps(node)] == []
            found = [scan.condition for scan in scans(plan) if scan.table == "care.evaluation"]
            assert [each for each in found if "treatment_id =" in str(each) and "community_id =" in str(each)]


def questions_of_the_readme() -> list[str]:
    blocks = re.findall(r"(?:^    .*\n)+", README.read_text(), re.MULTILINE)
    return [block for block in blocks if block.lstrip().startswith("{ ")]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_the_operations_of_the_readme_are_read_by_index(
    mode: str, full: Demonstration, view_planners: dict[Audience, Planner]
) -> None:
    views = 0
    for text in questions_of_the_readme():
        for audience, planner in view_planners.items():
            if validate(planner.schema, parse(text), hide_suggestions=True) == []:
                views += 1
                async with await logins.pool(full.dsn, audience, 1, 30.0) as pool, pool.acquire() as connection:
                    explaining = Explaining(connection, full.viewers[audience], planner)
                    found = await explaining.scans(Pair("readme", audience, text), {}, mode)
                    tables = {scan.table for scan in found if not by_index(scan)}
                    assert tables == set(), (audience, text)
    assert views > 4
