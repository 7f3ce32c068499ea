"""An operation has the same result whether one statement answers it or graphql-core does."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import pytest_asyncio
from graphql import GraphQLError, GraphQLSchema, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import logins
from models.viewers import Audience, Viewer
from planner import execution
from planner.marks import bare
from planner.operations import Planner
from schema.context import Context
from tests.support.random_operations import Made, Pool, mistakes, operations

EXAMPLES, MANY_EXAMPLES = 12, 150  # of each view
WORDS = [
    "fatigue", "douleur", "sclérose", "a", "Crohn's disease", "", "\\'\" :*& <-> !", "mal de tete", "headaches",
    "l'arthrose", "the", "fatiguées", "migr",
]  # fmt: skip
DATES = ["2020-01-01", "2026-06-30", "2030-12-31"]
PAGED = {
    "communities": "Query.communities",
    "treatments": "Query.treatments",
    "surveys": "Query.surveys",
    "flags": "Query.flags",
}


@dataclass
class ViewCase:
    """A viewer of one view, and the values used in generated operations."""

    planner: Planner
    viewer: Viewer
    connections: asyncpg.Pool
    pool: Pool

    async def fast(self, made: Made) -> Any:
        operation = self.planner.operation(made.document, None)
        coerced = operation.coerce(made.variables)
        plan = operation.plan(coerced)
        if plan is None:  # a field of it is computed
            return await self.finished(made)
        found = await self.read(plan.sql, plan.values(coerced, self.viewer)) or "null"
        return json.loads(plan.sealed(bare(found)))

    async def finished(self, made: Made) -> Any:
        operation = self.planner.operation(made.document, None)
        coerced = operation.coerce(made.variables)
        context = Context(viewer=self.viewer, read=self.read, write=None, settings=None)  # type: ignore[arg-type]
        result = await operation.execute(coerced, context)
        assert result.errors is None, result.errors
        return json.loads(orjson.dumps(result.data))  # as in a response: large parts of it are JSON already

    async def read(self, sql: str, values: Any) -> str:
        text: str = await self.connections.fetchval(sql, *values)
        return text


@pytest_asyncio.fixture(scope="module", params=list(Audience), ids=lambda audience: audience.view)
async def view_case(
    request: pytest.FixtureRequest, dsn: str, schemas: dict[Audience, GraphQLSchema]
) -> AsyncIterator[ViewCase]:
    """Yields a viewer of each view in turn."""
    audience = request.param
    await logins.open_roles(dsn)
    superuser = await asyncpg.connect(dsn)
    try:
        viewer, pool = await viewer_of(superuser, audience), await pool_of(superuser)
    finally:
        await superuser.close()
    async with await logins.pool(dsn, audience, 4, 30.0) as opened:
        view_case = ViewCase(Planner(schemas[audience], audience), viewer, opened, pool)
        await add_cursors(view_case)
        yield view_case


async def viewer_of(superuser: asyncpg.Connection, audience: Audience) -> Viewer:
    emails = {Audience.PATIENT: "patient", Audience.BUYER: "laboratory", Audience.MANAGER: "manager"}
    if audience not in emails:
        return Viewer()
    query = "select id, member_id, organization_id, staff_id from identity.account where email = $1"
    found = await superuser.fetchrow(query, f"{emails[audience]}@demo.example")
    assert found is not None
    return Viewer(audience, found["id"], UUID(int=1), found["member_id"], found["organization_id"], found["staff_id"])


async def pool_of(superuser: asyncpg.Connection) -> Pool:
    async def column(query: str) -> list[Any]:
        return [found[0] for found in await superuser.fetch(query)]

    kinds = {
        "com": "catalog.community", "trt": "catalog.treatment", "ind": "catalog.indicator", "mbr": "care.member",
        "dis": "care.discussion", "pst": "care.post", "svy": "catalog.survey", "obs": "care.observation",
        "crs": "care.course", "evl": "care.evaluation", "ntf": "care.notification", "flg": "care.flag",
        "dst": "insight.dataset", "ins": "insight.insight",
    }  # fmt: skip
    ids = {
        prefix: await column(f"select '{prefix}_' || id::text from {table} order by id limit 4")
        for prefix, table in kinds.items()
    }
    patient = "(select member_id from identity.account where email = 'patient@demo.example')"
    slugs = await column(
        "select slug from catalog.community join care.membership m on m.community_id = community.id"
        f" and m.member_id = {patient}"
        " union select 'epilepsy' union select 'nowhere'"
    )
    indicators = await column(
        f"select distinct 'ind_' || indicator_id::text from care.observation where member_id = {patient} limit 4"
    )
    pseudonyms = await column(
        f"(select pseudonym from care.member where id = {patient})"
        " union all (select pseudonym from care.member order by id limit 6)"
    )
    strange = ["", "dis_", "xyz_1", "pst_00000000-0000-4000-8000-000000000000"]
    every = [each for some in ids.values() for each in some] + strange
    return {
        "slug": slugs, "community": slugs, "search": WORDS, "pseudonym": [*pseudonyms, "Nobody Here"],
        "indicator": [*indicators, ids["mbr"][0], "nonsense"], "indicators": [indicators[:2], [], ids["ind"] * 2],
        "from": DATES, "to": DATES,
        "id": every, "ids": [every[::7], every[3::9] + every[3::18], [], strange],
        "Query.treatment.slug": await column("select slug from catalog.treatment order by id limit 4"),
        "Query.discussion.id": ids["dis"], "Query.survey.id": ids["svy"],
        "unreadOnly": [True, False], "notedOnly": [True, False],
        "Query.dataset.id": ids["dst"], "Query.insight.id": ids["ins"],
        "Insight.changeFrom.insight": strange, "includeUnreliable": [True, False],
        "subject": [ids["com"][0], ids["trt"][0], "nonsense"],
        "organization": [*await column("select 'org_' || id::text from insight.organization order by id limit 4"), ""],
    }  # fmt: skip


async def add_cursors(view_case: ViewCase) -> None:
    """Adds cursors of the view's root lists, taken from their first pages."""
    root = view_case.planner.schema.query_type
    assert root is not None
    for name, coordinate in PAGED.items():
        if name in root.fields:
            made = Made(f"{{ {name}(first: 5) {{ edges {{ cursor }} }} }}", {})
            view_case.pool[coordinate] = [edge["cursor"] for edge in (await view_case.fast(made))[name]["edges"]]


HOW = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@settings(HOW, max_examples=EXAMPLES)
@given(data=st.data())
async def test_one_statement_and_graphql_core_return_the_same(view_case: ViewCase, data: st.DataObject) -> None:
    await expect_one_answer(view_case, data)


async def test_large_parts_are_passed_on_as_they_are(view_case: ViewCase, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = (
        '{ a: communities(first: 3) { nodes { name indicators { name } } } b: treatment(slug: "nothing") { name } }',
        '{ c: regions d: nodes(ids: ["ind_1"]) { id } e: community(slug: "epilepsy") { slug __typename } }',
    )
    for made in (Made(text, {}) for text in texts):
        as_usual = await view_case.finished(made)
        with monkeypatch.context() as changed:
            changed.setattr(execution, "LARGE", 0)
            assert await view_case.finished(made) == as_usual == await view_case.fast(made)


@pytest.mark.slow
@settings(HOW, max_examples=MANY_EXAMPLES)
@given(data=st.data())
async def test_one_statement_and_graphql_core_return_the_same_for_many_operations(
    view_case: ViewCase, data: st.DataObject
) -> None:
    await expect_one_answer(view_case, data)


async def expect_one_answer(view_case: ViewCase, data: st.DataObject) -> None:
    made = data.draw(operations(view_case.planner.schema, view_case.pool))
    assert mistakes(view_case.planner.schema, made.text) == []
    whole, finished = await view_case.fast(made), await view_case.finished(made)
    assert whole == finished
    assert json.dumps(key_order(whole)) == json.dumps(key_order(finished))


async def test_a_plan_is_reused_for_all_variables_of_one_shape(view_case: ViewCase) -> None:
    text = """query ($search: String, $first: Int = 3, $with: Boolean!) {
      indicators(search: $search, first: $first) { name kind @include(if: $with) }
    }"""
    operation = view_case.planner.operation(parse(text), None)
    for search in (None, "fatigue", "pain"):
        for first in (1, 2):
            for included in (True, False):
                variables = {"search": search, "first": first, "with": included}
                coerced = operation.coerce(variables)
                plan = operation.plan(coerced)
                assert plan is not None
                found = await view_case.read(plan.sql, plan.values(coerced, view_case.viewer))
                answer = json.loads(bare(found or "null"))
                assert answer == await view_case.finished(Made(text, variables))
    assert len(operation._plans) == 2 * 2 * 2  # with and without a search, two sizes, with and without the field


async def test_a_page_size_out_of_bounds_is_refused(view_case: ViewCase) -> None:
    for size in (0, -1, 101, 1_000_000):
        operation = view_case.planner.operation(parse(f"{{ communities(first: {size}) {{ nodes {{ name }} }} }}"), None)
        with pytest.raises(GraphQLError, match="'first' must be between 1 and 100"):
            operation.plan(operation.coerce({}))


def key_order(value: Any) -> Any:
    """The keys of an answer, in their order, without its values."""
    if isinstance(value, dict):
        return [[key, key_order(inner)] for key, inner in value.items()]
    return [key_order(inner) for inner in value] if isinstance(value, list) else None
