"""What a member reads of themselves comes from views of their own rows, and what they read of others does not."""

import re
from uuid import UUID

import asyncpg
import pytest
from graphql import parse, validate

from models.columns import Table
from models.identity.members import Profile, Sharing
from models.rows import WITH_OWN_VIEW, own_view
from models.tracking.observations import Observation
from models.tracking.treatments import Course, Evaluation
from models.viewers import Audience
from tests import factories
from tests.golden.pairs import planners
from tests.models.test_scopes import diary, viewing

TABLES: tuple[type[Table], ...] = (Profile, Observation, Course, Evaluation)
VIEWS = tuple(name.replace("care.", "care.viewer_") for name in sorted(WITH_OWN_VIEW))
NAMED = re.compile(r"care\.\w+")
OWN = {
    "{ me { sex observations(first: 3) { nodes { value indicator { name } } } } }": {"profile", "observation"},
    "{ me { observations(first: 3) { edges { cursor node { value } } pageInfo { hasNextPage } } } }": {
        "profile",
        "observation",
    },
    "{ me { dashboard { series { points { mean } latest { value } } } } }": {"profile", "observation"},
    "{ me { courses { dose evaluation { comment } } } }": {"profile", "course", "evaluation"},
    "{ me { dashboard { courses { status evaluation { comment } } } } }": {"profile", "course", "evaluation"},
}
OTHERS = {
    '{ member(pseudonym: "Camille") { courses { dose evaluation { comment } } } }': {"course", "evaluation"},
    '{ treatment(slug: "x") { evaluations(first: 3) { nodes { comment course { dose } } } } }': {
        "course",
        "evaluation",
    },
    "{ me { courses { treatment { evaluations(first: 3) { nodes { comment } } } } } }": {"evaluation"},
}


def named(text: str) -> set[str]:
    """The tables and views of members' rows that the statement for a member's query names."""
    planner = planners()[Audience.PATIENT]
    document = parse(text)
    assert validate(planner.schema, document) == []
    operation = planner.operation(document, None)
    plan = operation.plan(operation.coerce({}))
    assert plan is not None
    return set(NAMED.findall(plan.sql))


@pytest.mark.parametrize("text", OWN)
def test_what_is_reached_from_oneself_is_read_from_views(text: str) -> None:
    found = named(text)
    assert found & set(VIEWS) == {f"care.viewer_{name}" for name in OWN[text]}
    assert found & WITH_OWN_VIEW == set()


@pytest.mark.parametrize("text", OTHERS)
def test_what_may_be_of_others_is_read_from_tables(text: str) -> None:
    assert named(text) & WITH_OWN_VIEW >= {f"care.{name}" for name in OTHERS[text]}


def test_of_others_under_oneself_no_view_is_read() -> None:
    text = "{ me { courses { treatment { evaluations(first: 3) { nodes { comment } } } } } }"
    assert "care.viewer_evaluation" not in named(text)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
async def test_a_view_has_the_columns_of_its_table(admin: asyncpg.Connection, table: type[Table]) -> None:
    """Add a new column to models/functions/tracking/viewer_rows.sql, and re-create the view in its migration."""
    view = own_view(table.__table__)  # type: ignore[attr-defined]
    found = await admin.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0", view.fullname
    )
    assert {row["attname"] for row in found} == {column.name for column in view.columns}


async def seen(admin: asyncpg.Connection, member: UUID | None) -> dict[str, set[UUID]]:
    """Whose rows each view admits."""
    async with viewing(admin, Audience.PATIENT, member):
        return {
            view: {row["member_id"] for row in await admin.fetch(f"SELECT member_id FROM {view}")} for view in VIEWS
        }


async def test_a_view_admits_the_rows_of_the_viewer_alone(admin: asyncpg.Connection) -> None:
    one = await diary(admin, Sharing.ONLY_ME)
    await diary(admin, Sharing.ALL_MEMBERS)
    patient = await diary(admin, Sharing.ALL_MEMBERS)
    await factories.care_link(admin, patient_id=patient, relative_id=one)
    assert await seen(admin, one) == {view: {one} for view in VIEWS}
    assert await seen(admin, None) == {view: set() for view in VIEWS}


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.BUYER, Audience.MANAGER])
@pytest.mark.parametrize("view", VIEWS)
async def test_nobody_but_members_may_read_a_view(admin: asyncpg.Connection, audience: Audience, view: str) -> None:
    async with viewing(admin, audience):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await admin.fetch(f"SELECT member_id FROM {view}")
