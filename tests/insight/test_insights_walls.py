"""Published rows cannot be changed by any role, and the publisher's role can do nothing but publish."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models import logins
from models.identity.accounts import StaffRole
from models.identity.members import Sharing
from models.metadata import metadata
from models.security.publisher import PUBLISHER
from models.viewers import Audience, Login
from privacy import chain
from tests import factories
from tests.support.records import undone

Admin = asyncpg.Connection
SAID = {"release": "purpose", "insight": "variable", "cell": "count", "statistic": "value", "ledger_entry": "purpose"}


@pytest.mark.parametrize("table", SAID)
async def test_published_rows_are_append_only(admin: Admin, table: str) -> None:
    await getattr(factories, table)(admin)
    column, everything = SAID[table], f"SELECT * FROM insight.{table} ORDER BY 1, 2, 3"
    before = await admin.fetch(everything)
    for statement in (
        f"UPDATE insight.{table} SET {column} = {column}",
        f"DELETE FROM insight.{table}",
        f"TRUNCATE insight.{table} CASCADE",
        "TRUNCATE catalog.community CASCADE",
    ):
        async with undone(admin):  # as the tables' owner, who is a superuser
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="published rows cannot be changed or deleted"):
                await admin.execute(statement)
    assert await admin.fetch(everything) == before != []


async def test_published_rows_outlive_the_members_and_organizations_they_concern(admin: Admin) -> None:
    release = (await factories.release(admin, organization_id=(await factories.organization(admin))["id"]))["id"]
    entry = await factories.ledger_entry(admin, release_id=release)
    for statement, id in (
        ("DELETE FROM insight.organization WHERE id = $1", entry["organization_id"]),
        ("DELETE FROM insight.dataset WHERE id = $1", entry["dataset_id"]),
        ("DELETE FROM catalog.community WHERE id = $1", entry["community_id"]),
    ):
        async with undone(admin):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await admin.execute(statement, id)


@pytest.mark.parametrize(
    "given",
    [
        {"position": 0},
        {"position": 9_999},
        {"previous_hash": bytes(31) + b"x"},
        {"previous_hash": b""},
        {"hash": b"short"},
        {"commitment": b"short"},
        {"version": chain.UNSALTED},
    ],
)
async def test_a_ledger_entry_that_does_not_follow_the_last_is_refused(admin: Admin, given: dict[str, Any]) -> None:
    first = await factories.ledger_entry(admin)
    async with undone(admin):
        with pytest.raises(asyncpg.CheckViolationError, match="the ledger entry does not follow the last one"):
            await factories.ledger_entry(admin, **given)
    again = await factories.ledger_entry(admin)
    assert (again["position"], again["previous_hash"]) == (first["position"] + 1, first["hash"])
    assert again["hash"] == chain.hash_of(
        chain.ChainEntry(**{name: again[name] for name in chain.ChainEntry.__dataclass_fields__} | {"variables": ()})
    )


async def test_a_budget_never_grows_back(admin: Admin) -> None:
    made = (await factories.dataset(admin, spent_micro_rho=500, sold_micro_rho=200, cap_micro_rho=1_000))["id"]
    over = (await factories.dataset(admin, status="TOO_SMALL"))["id"]
    for statement, id in (
        ("UPDATE insight.dataset SET spent_micro_rho = 499 WHERE id = $1", made),
        ("UPDATE insight.dataset SET sold_micro_rho = 199 WHERE id = $1", made),
        ("UPDATE insight.dataset SET cap_micro_rho = 2000 WHERE id = $1", made),
        ("UPDATE insight.dataset SET spent_micro_rho = 1001 WHERE id = $1", made),
        ("UPDATE insight.dataset SET spent_micro_rho = 900, sold_micro_rho = 601 WHERE id = $1", made),
        ("UPDATE insight.dataset SET status = 'OPEN' WHERE id = $1", over),
        ("UPDATE insight.dataset SET spent_micro_rho = 1 WHERE id = $1", over),
    ):
        async with undone(admin):
            with pytest.raises(asyncpg.CheckViolationError):
                await admin.execute(statement, id)
    await admin.execute("UPDATE insight.dataset SET spent_micro_rho = 1000, sold_micro_rho = 600 WHERE id = $1", made)


@pytest.mark.parametrize("login", [Audience.BUYER, PUBLISHER], ids=lambda login: login.role)
async def test_the_buyer_and_publisher_roles_reach_no_persons_row(admin: Admin, dsn: str, login: Login) -> None:
    """Covers reads and writes in three schemas; tests/models/test_policies.py covers writes elsewhere."""
    await factories.second_factor(admin)
    await logins.open_roles(dsn)
    connection = await asyncpg.connect(logins.role_dsn(dsn, login))
    people = [table for table in metadata.sorted_tables if table.schema in ("identity", "care", "research")]
    try:
        await connection.execute("SELECT set_config('cohorte.organization', gen_random_uuid()::text, false)")
        for table in people:
            first = next(iter(table.columns)).name
            reads = [f"SELECT FROM {table.fullname}", f"SELECT count(*) FROM {table.fullname}"]
            if (
                login is Audience.BUYER and table.fullname == "identity.second_factor"
            ):  # those of the buyer's own account
                assert [len(await connection.fetch(reads[0])), await connection.fetchval(reads[1])] == [0, 0]
                reads = [f"SELECT {column} FROM {table.fullname}" for column in ("secret", "public_key")]
            for statement in (
                *reads,
                f"UPDATE {table.fullname} SET {first} = {first}",
                f"DELETE FROM {table.fullname}",
                f"INSERT INTO {table.fullname} DEFAULT VALUES",
                f"TRUNCATE {table.fullname}",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for"):
                    await connection.execute(statement)
    finally:
        await connection.close()
    assert len(people) > 25


async def test_the_publisher_inserts_publications_and_deletes_nothing(admin: Admin) -> None:
    made = await factories.dataset(admin)
    entry = await factories.ledger_entry(admin)
    async with undone(admin):
        await admin.execute(f"SET LOCAL ROLE {PUBLISHER.role}")
        await admin.execute("UPDATE insight.dataset SET spent_micro_rho = 754 WHERE id = $1", made["id"])
        again = await factories.release(admin, dataset_id=made["id"])
        await factories.ledger_entry(admin, release_id=again["id"])
        for statement in (
            "DELETE FROM insight.ledger_entry",
            "UPDATE insight.ledger_entry SET purpose = ''",
            "UPDATE insight.release SET purpose = ''",
            "UPDATE insight.dataset SET cap_micro_rho = 2000000",
            "UPDATE insight.variable SET max_per_member = 1",
            "DELETE FROM insight.category",
            "UPDATE insight.licence SET quota_micro_rho = 1000000",
            "SELECT secret_hash FROM insight.api_key",
            "SELECT prefix FROM insight.api_key",
            "UPDATE catalog.survey SET status = 'OPEN'",
        ):
            async with undone(admin):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for"):
                    await admin.execute(statement)
    assert await admin.fetchval("SELECT purpose FROM insight.ledger_entry WHERE hash = $1", entry["hash"])


TODAY = datetime.now(UTC).date()
ON = {"starts_on": TODAY, "ends_on": TODAY}


@pytest.mark.parametrize(
    ("kind", "licence", "reads"),
    [
        ("LABORATORY", ON, True),
        ("INSURER", ON, False),
        ("LABORATORY", ON | {"status": "REQUESTED"}, False),
        ("LABORATORY", ON | {"status": "ENDED"}, False),
        ("LABORATORY", {"starts_on": TODAY + timedelta(days=1), "ends_on": TODAY + timedelta(days=2)}, False),
        ("LABORATORY", {"starts_on": TODAY - timedelta(days=2), "ends_on": TODAY - timedelta(days=1)}, False),
        ("LABORATORY", ON | {"community_id": None}, False),
        ("LABORATORY", ON | dict.fromkeys(("purpose_kind", "undertakings", "undertakings_accepted_at")), False),
        ("LABORATORY", None, False),
    ],
)
async def test_a_buyer_reads_insights_of_datasets_open_to_their_licence_and_kind(
    admin: Admin, kind: str, licence: dict[str, Any] | None, reads: bool
) -> None:
    made = await factories.dataset(admin)
    insight = (await factories.insight(admin, dataset_id=made["id"]))["id"]
    for insert in (factories.cell, factories.statistic):
        await insert(admin, insight_id=insight)
    buyer = (await factories.organization(admin, kind=kind))["id"]
    if licence is not None:
        where = made["community_id"] if "community_id" not in licence else (await factories.community(admin))["id"]
        await factories.licence(admin, **licence | {"organization_id": buyer, "community_id": where})
    await factories.licence(admin, community_id=made["community_id"], **ON)  # another's
    expected = dict.fromkeys(("release", "insight", "cell", "statistic"), int(reads))
    assert await seen(admin, Audience.BUYER, buyer, made["id"], insight) == expected
    assert await seen(admin, Audience.BUYER, None, made["id"], insight) == dict.fromkeys(expected, 0)
    for roles in ([StaffRole.DATA_STEWARD], [StaffRole.SURVEY_MANAGER], [StaffRole.MODERATOR], []):
        staff = (await factories.staff(admin, roles=roles))["id"]
        publishes = int(roles in ([StaffRole.DATA_STEWARD], [StaffRole.SURVEY_MANAGER]))
        assert await seen(admin, Audience.MANAGER, staff, made["id"], insight) == dict.fromkeys(expected, publishes)
    assert await seen(admin, Audience.MANAGER, None, made["id"], insight) == dict.fromkeys(expected, 0)


@pytest.mark.parametrize(
    ("relation", "reads"),
    [
        ("of its community", True),
        ("enrolled", True),
        ("withdrawn", True),
        ("completed its survey", True),
        ("started its survey", False),
        ("withdrew from its survey", False),
        ("of another community", False),
        ("enrolled in another dataset of the community", False),
        ("completed another survey of the community", False),
        ("nothing", False),
    ],
)
async def test_a_member_reads_insights_of_their_communities_and_of_datasets_that_they_took_part_in(
    admin: Admin, relation: str, reads: bool
) -> None:
    community = {"community_id": (await factories.community(admin))["id"]}
    survey, another = [(await factories.survey(admin, **community))["id"] for _ in range(2)]
    made = (await factories.dataset(admin, **community, kind="SURVEY", survey_id=survey))["id"]
    insight = (await factories.insight(admin, dataset_id=made))["id"]
    for insert in (factories.cell, factories.statistic):
        await insert(admin, insight_id=insight)
    member = (await factories.member(admin, sharing=Sharing.ALL_MEMBERS))["id"]
    own = {"member_id": member}
    match relation:
        case "of its community":
            await factories.membership(admin, **own, **community)
        case "of another community":
            await factories.membership(admin, **own)
        case "enrolled" | "withdrawn":
            at = None if relation == "enrolled" else datetime.now(UTC)
            await factories.enrolment(admin, **own, dataset_id=made, withdrawn_at=at)
        case "enrolled in another dataset of the community":
            of_another = await factories.dataset(admin, **community, wave="another")
            await factories.enrolment(admin, **own, dataset_id=of_another["id"])
        case "completed its survey" | "started its survey" | "withdrew from its survey":
            status = {"completed": "COMPLETED", "started": "STARTED", "withdrew": "WITHDRAWN"}[relation.split()[0]]
            await factories.participation(admin, **own, survey_id=survey, status=status)
        case "completed another survey of the community":
            await factories.participation(admin, **own, survey_id=another, status="COMPLETED")
    expected = dict.fromkeys(("release", "insight", "cell", "statistic"), int(reads))
    assert await seen(admin, Audience.PATIENT, member, made, insight) == expected
    assert await seen(admin, Audience.PATIENT, None, made, insight) == dict.fromkeys(expected, 0)


async def seen(admin: Admin, audience: Audience, viewer: UUID | None, dataset: UUID, insight: UUID) -> dict[str, int]:
    async with undone(admin):
        await admin.execute(f"SET LOCAL ROLE {audience.role}")
        await admin.execute("SELECT set_config($1, $2, true)", audience.setting, str(viewer or ""))
        of = {"release": ("dataset_id", dataset), "insight": ("id", insight)}
        return {
            table: await admin.fetchval(f"SELECT count(*) FROM insight.{table} WHERE {column} = $1", id)
            for table in ("release", "insight", "cell", "statistic")
            for column, id in [of.get(table, ("insight_id", insight))]
        }


@pytest.mark.parametrize("audience", [Audience.PATIENT, Audience.BUYER, Audience.MANAGER])
async def test_nobody_reads_rows_of_a_dataset_that_is_too_small(admin: Admin, audience: Audience) -> None:
    made = [(await factories.dataset(admin, status=status))["id"] for status in ("OPEN", "ENDED", "TOO_SMALL")]
    await admin.execute(f"SET LOCAL ROLE {audience.role}")
    found = await admin.fetch("SELECT id FROM insight.dataset WHERE id = any($1)", made)
    assert {row["id"] for row in found} == set(made[:2])
