"""The work of a list depends on what it returns, not on how many rows a policy hides from its reader.

Work is what PostgreSQL counts, so that it is the same on every machine: the rows that the plan's nodes return and
discard, and the pages of memory that they read. Lists are compared where nothing is hidden and where 3,000 rows are.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from graphql import parse, validate

from models.identity.accounts import StaffRole
from models.identity.members import Sharing
from models.logins import PLANNING
from models.viewers import Audience, Viewer
from planner.operations import Planner
from tests import factories
from tests.support.clusters import clone
from tests.support.population import untriggered

Connection = asyncpg.Connection
PATIENT, MANAGER = Audience.PATIENT, Audience.MANAGER
HIDDEN = 3_000
PAGES = 2  # searches may end one page further in an index

OPERATIONS = {
    "members": "query ($place: String!) { community(slug: $place) {"
    " members(first: 20) { nodes { id } pageInfo { hasNextPage } } } }",
    "members, nodes alone": "query ($place: String!) { community(slug: $place) {"
    " members(first: 20) { nodes { id } } } }",
    "ambassadors": "query ($place: String!) { community(slug: $place) { ambassadors { id } } }",
    "associations": "query ($place: String!) { community(slug: $place) { associations { id } contacts { id } } }",
    "evaluations": "query ($place: String!) { treatment(slug: $place) {"
    " evaluations(first: 20) { edges { cursor node { comment } } } } }",
    "evaluations in a community": "query ($place: String!) { treatment(slug: $place) {"
    " evaluations(first: 20, community: $place) { edges { cursor node { comment } } } } }",
    "courses of a member": "query ($place: String!) { member(pseudonym: $place) { courses { id } } }",
    "communities of a member": "query ($place: String!) { member(pseudonym: $place) { communities { name } } }",
    "observations of a member": "query ($place: String!, $indicator: ID!) { member(pseudonym: $place) {"
    " series(indicator: $indicator, interval: MONTH) { mean } } }",
}
OF_STAFF = ("members", "members, nodes alone", "ambassadors", "associations")

# What these lists were, with the policies that still hold. Of each, PostgreSQL passed over every hidden row.
BEFORE = {
    "members": "SELECT m.id FROM care.member m JOIN care.membership s ON s.member_id = m.id JOIN catalog.community c"
    " ON c.id = s.community_id WHERE c.slug = $1 ORDER BY s.joined_on DESC, s.member_id DESC LIMIT 21",
    "evaluations": "SELECT e.comment FROM care.evaluation e WHERE e.treatment_id ="
    " (SELECT t.id FROM catalog.treatment t WHERE t.slug = $1) ORDER BY e.evaluated_on DESC, e.id DESC LIMIT 21",
    "communities of a member": "SELECT s.community_id FROM care.membership s WHERE s.member_id ="
    " (SELECT m.id FROM care.member m WHERE lower(m.pseudonym) = $1)",
    "courses of a member": "SELECT c.id FROM care.course c WHERE c.member_id ="
    " (SELECT m.id FROM care.member m WHERE lower(m.pseudonym) = $1) ORDER BY c.started_on DESC, c.id DESC",
}


@dataclass
class Work:
    """What a statement made PostgreSQL do."""

    rows: float
    pages: int


@dataclass
class Network:
    """Communities, treatments and members of three names, `empty`, `hiding` and `reserved`, and who reads them.

    Nothing belongs to `empty`. What belongs to `hiding` is shared with nobody, or with communities that no reader
    belongs to; what belongs to `reserved`, with nobody. The insider belongs to `empty` and `reserved`.
    """

    connection: Connection
    indicator: UUID
    outsider: Viewer
    insider: Viewer
    survey_manager: Viewer

    async def work(self, sql: str, viewer: Viewer, *values: Any) -> Work:
        """The work of a statement for a viewer, once its pages have been read before."""
        async with self.connection.transaction():
            for name, value in (PLANNING | {"role": viewer.audience.role}).items():
                await self.connection.execute(f"SET LOCAL {name} = {value}")
            await self.connection.execute("SELECT set_config($1, $2, true)", viewer.audience.setting, viewer.scope)
            await self.connection.execute(f"PREPARE asked AS {sql}")
            given = ", ".join([await self.literal(value) for value in values])
            await self.connection.execute(f"EXECUTE asked({given})")
            explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)"
            found = await self.connection.fetchval(f"{explain} EXECUTE asked({given})")
            await self.connection.execute("DEALLOCATE asked")
        plan = json.loads(found)[0]["Plan"]
        return Work(sum(passed(plan)), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    async def literal(self, value: Any) -> str:
        kind, given = ("text[]::text", value) if isinstance(value, list) else ("text", value and str(value))
        text: str = await self.connection.fetchval(f"SELECT quote_nullable($1::{kind})", given)
        return text

    async def list_work(self, planner: Planner, text: str, viewer: Viewer, place: str) -> Work:
        document = parse(text)
        assert validate(planner.schema, document) == []
        operation = planner.operation(document, None)
        given = {"place": place, "indicator": f"ind_{self.indicator}"}
        coerced = operation.coerce({name: given[name] for name in ("place", "indicator") if f"${name}" in text})
        plan = operation.plan(coerced)
        assert plan is not None
        return await self.work(plan.sql, viewer, *plan.values(coerced, viewer))


def passed(plan: Mapping[str, Any]) -> Iterator[float]:
    """The rows that each node returned or discarded, in all of its runs."""
    discarded = (plan.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Join Filter", "Index Recheck"))
    yield (plan["Actual Rows"] + sum(discarded)) * plan["Actual Loops"]
    for inner in plan.get("Plans", ()):
        yield from passed(inner)


@pytest_asyncio.fixture(scope="module")
async def network(template: str) -> AsyncIterator[Network]:
    async with clone(template) as dsn:
        connection = await asyncpg.connect(dsn)
        places = {}
        for name in ("empty", "hiding", "reserved", "shared"):
            places[name] = (await factories.community(connection, slug=name))["id"]
            await factories.treatment(connection, slug=name, name=name)
        indicator = (await factories.indicator(connection))["id"]
        outsider, insider = [(await factories.member(connection, sharing=Sharing.ONLY_ME))["id"] for _ in range(2)]
        await factories.membership(connection, member_id=outsider)
        for name in ("empty", "reserved"):
            await factories.membership(connection, member_id=insider, community_id=places[name])
        staff = (await factories.staff(connection, roles=[StaffRole.SURVEY_MANAGER]))["id"]
        # Without triggers: these are thousands of rows, with what triggers would copy.
        async with untriggered(connection):
            for name, sharing in (("hiding", "ONLY_ME"), ("hiding", "MY_COMMUNITIES"), ("reserved", "ONLY_ME")):
                await people(connection, name, sharing, HIDDEN if name == "reserved" else HIDDEN // 2)
            await people(connection, "shared", "ALL_MEMBERS", HIDDEN)
            for name in ("empty", "hiding"):
                await diary(connection, name, indicator, 0 if name == "empty" else HIDDEN)
        await connection.execute("VACUUM ANALYZE")
        yield Network(
            connection,
            indicator,
            Viewer(PATIENT, member=outsider),
            Viewer(PATIENT, member=insider),
            Viewer(MANAGER, staff=staff),
        )
        await connection.close()


async def people(connection: Connection, place: str, sharing: str, many: int) -> None:
    """Members of a community, each with an evaluation of the treatment of the same name."""
    await connection.execute(
        f"""
        WITH place AS (
            SELECT c.id AS community, t.id AS treatment FROM catalog.community c, catalog.treatment t
            WHERE c.slug = '{place}' AND t.slug = '{place}'
        ), made AS (
            INSERT INTO care.member (id, pseudonym, kind, joined_on)
            SELECT gen_random_uuid(), '{place} {sharing} ' || n, 'PATIENT', '2026-03-02'
            FROM generate_series(1001, 1000 + {many}) n RETURNING id,
                length(pseudonym) + right(pseudonym, 3)::integer AS n
        ), profiles AS (
            INSERT INTO care.profile (member_id, sharing) SELECT id, '{sharing}' FROM made
        ), memberships AS (
            INSERT INTO care.membership (member_id, community_id, joined_on, sharing)
            SELECT id, community, date '2026-03-02' - n % 700, '{sharing}' FROM made, place
        ), courses AS (
            INSERT INTO care.course (id, member_id, treatment_id, community_id, status, started_on, profile_sharing)
            SELECT id, id, treatment, community, 'ACTIVE', '2026-03-02', '{sharing}' FROM made, place
        )
        INSERT INTO care.evaluation (id, course_id, member_id, treatment_id, community_id, sharing, profile_sharing,
            evaluated_on, effectiveness, convenience, satisfaction)
        SELECT id, id, id, treatment, community, '{sharing}', '{sharing}', date '2026-03-02' - n % 700, 5, 5, 5
        FROM made, place
        """
    )


async def diary(connection: Connection, pseudonym: str, indicator: UUID, many: int) -> None:
    """A member who shares with nobody, with as many courses and observations, and every community if they have any."""
    member = (await factories.member(connection, pseudonym=pseudonym, sharing=Sharing.ONLY_ME))["id"]
    await connection.execute(
        f"""
        INSERT INTO care.course (id, member_id, treatment_id, status, started_on, profile_sharing)
        SELECT gen_random_uuid(), $1, (SELECT id FROM catalog.treatment WHERE slug = 'empty'), 'ACTIVE',
            date '2026-03-02' - n, 'ONLY_ME' FROM generate_series(1, {many}) n
        """,
        member,
    )
    await connection.execute(
        "INSERT INTO care.membership (member_id, community_id, joined_on)"
        " SELECT $1, id, '2026-03-02' FROM catalog.community WHERE $2 > 0 AND slug <> 'empty'",
        member, many,
    )  # fmt: skip
    await connection.execute(
        f"""
        INSERT INTO care.observation (id, member_id, indicator_id, observed_on, value)
        SELECT gen_random_uuid(), $1, $2, date '2026-03-02' - n, 5 FROM generate_series(1, {many}) n
        """,
        member, indicator,
    )  # fmt: skip


# The former list of communities, for a member who shares with their communities.
WITH_OTHERS = (
    "SELECT c.name FROM catalog.community c JOIN care.membership m ON m.community_id = c.id WHERE m.member_id ="
    " (SELECT p.member_id FROM care.profile p JOIN care.member o ON o.id = p.member_id WHERE lower(o.pseudonym) = $1)"
)
LINK = "query ($place: ID!) { node(id: $place) { ... on CareLink { ownIndicators { name } ownTreatments { name } } } }"


def alike(there: Work, here: Work) -> bool:
    return there.rows == here.rows and abs(there.pages - here.pages) <= PAGES


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_list_takes_no_longer_where_members_hide(
    name: str, network: Network, view_planners: dict[Audience, Planner]
) -> None:
    planner = view_planners[PATIENT]
    empty = await network.list_work(planner, OPERATIONS[name], network.outsider, "empty")
    hiding = await network.list_work(planner, OPERATIONS[name], network.outsider, "hiding")
    assert alike(empty, hiding), (empty, hiding)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "of a member" not in name])
async def test_nor_does_it_for_a_member_of_the_same_community(
    name: str, network: Network, view_planners: dict[Audience, Planner]
) -> None:
    planner = view_planners[PATIENT]
    empty = await network.list_work(planner, OPERATIONS[name], network.insider, "empty")
    reserved = await network.list_work(planner, OPERATIONS[name], network.insider, "reserved")
    assert alike(empty, reserved), (empty, reserved)


@pytest.mark.parametrize("name", OF_STAFF)
async def test_nor_for_staff_who_read_associations_alone(
    name: str, network: Network, view_planners: dict[Audience, Planner]
) -> None:
    planner = view_planners[MANAGER]
    empty = await network.list_work(planner, OPERATIONS[name], network.survey_manager, "empty")
    hiding = await network.list_work(planner, OPERATIONS[name], network.survey_manager, "hiding")
    assert alike(empty, hiding), (empty, hiding)


@pytest.mark.parametrize("name", BEFORE)
async def test_the_lists_as_they_were_did(name: str, network: Network) -> None:
    empty = await network.work(BEFORE[name], network.outsider, "empty")
    hiding = await network.work(BEFORE[name], network.outsider, "hiding")
    assert hiding.rows - empty.rows >= (50 if name.startswith("communities") else HIDDEN)


@pytest.mark.parametrize("name", ["members", "evaluations"])
async def test_a_page_of_many_reads_little_more_than_it_returns(
    name: str, network: Network, view_planners: dict[Audience, Planner]
) -> None:
    found = await network.list_work(view_planners[PATIENT], OPERATIONS[name], network.outsider, "shared")
    assert found.rows < 21 * 15


async def test_who_has_a_community_in_common_does_not_learn_how_many_others_a_member_has(
    network: Network, view_planners: dict[Audience, Planner]
) -> None:
    connection, names = network.connection, ("one more", "twenty more")
    await connection.execute(
        "INSERT INTO catalog.community (slug, name, description, condition_id, needed_count)"
        " SELECT 'other-' || n, 'Other ' || n, description, condition_id, needed_count"
        " FROM catalog.community, generate_series(1, 20) n WHERE slug = 'empty'"
    )
    for name, others in zip(names, (1, 20), strict=True):
        member = await factories.member(connection, pseudonym=name, sharing=Sharing.MY_COMMUNITIES)
        await connection.execute(
            "INSERT INTO care.membership (member_id, community_id, joined_on) SELECT $1, id, '2026-03-02'"
            " FROM catalog.community WHERE slug = 'empty' OR slug LIKE 'other-%'"
            " ORDER BY slug <> 'empty', slug LIMIT $2",
            member["id"], others + 1,
        )  # fmt: skip
    await connection.execute("VACUUM ANALYZE care.membership, care.member, care.profile, catalog.community")
    text, planner = OPERATIONS["communities of a member"], view_planners[PATIENT]
    works = [await network.list_work(planner, text, network.insider, name) for name in names]
    assert alike(*works), works
    works = [await network.work(WITH_OTHERS, network.insider, name) for name in names]
    assert works[1].rows - works[0].rows >= 19


async def test_a_relative_who_is_invited_does_not_learn_how_much_the_patient_made_for_themselves(
    network: Network, view_planners: dict[Audience, Planner]
) -> None:
    links = []
    for many in (0, 300):
        patient = (await factories.member(network.connection, sharing=Sharing.ONLY_ME))["id"]
        link = await factories.care_link(
            network.connection, patient_id=patient, relative_id=network.outsider.member, status="INVITED"
        )
        await network.connection.execute(
            f"INSERT INTO care.own_treatment (member_id, name, kind)"
            f" SELECT $1, 'own ' || n, 'THERAPY' FROM generate_series(1, {many}) n", patient
        )  # fmt: skip
        links.append(f"lnk_{link['id']}")
    planner = view_planners[PATIENT]
    works = [await network.list_work(planner, LINK, network.outsider, link) for link in links]
    assert alike(*works), works
