"""Licences from request to end: what an organization requests, what staff decide, what the tables refuse."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.insight.licences import LicenceStatus
from models.viewers import Audience
from resolvers.jobs import end_licences
from tests import factories
from tests.support.agreed import AGREED
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.surveys import in_days

BUYER, MANAGER = Audience.BUYER, Audience.MANAGER
FIELDS = """
    licence { community { name } purpose startsOn endsOn status reason price { amount currency } quota { microRho } }
"""
ROWS = "SELECT count(*) FROM insight.licence WHERE organization_id = $1"
OWN = "{ organization { licences { status reason } } }"
DECIDED = ["status", "price_amount", "price_currency", "quota_micro_rho", "reason"]


def wanted(community_id: UUID, **given: Any) -> dict[str, Any]:
    asked = {
        "community": f"com_{community_id}",
        "purpose": "Sleep",
        **AGREED,
    }
    return asked | {"startsOn": in_days(0), "endsOn": in_days(365)} | given


async def requested(network: Network, laboratory_user: User, community_id: UUID, **given: Any) -> str:
    payload = await network.do(laboratory_user, "licenceRequest", "licence { id }", **wanted(community_id, **given))
    assert payload["userErrors"] == []
    return str(payload["licence"]["id"])


async def decision(network: Network, licence: str) -> list[Any]:
    row = await network.row(f"SELECT {', '.join(DECIDED)} FROM insight.licence WHERE id = $1", key(licence))
    return [row[name] for name in DECIDED]


UNDECIDED = ["REQUESTED", None, None, 0, None]


async def test_an_organization_requests_a_licence(network: Network, laboratory_user: User, community_id: UUID) -> None:
    name = await network.value("SELECT name FROM catalog.community WHERE id = $1", community_id)
    payload = await network.do(
        laboratory_user, "licenceRequest", FIELDS, **wanted(community_id, purpose="  Sleep and fatigue ")
    )
    asked = {
        "community": {"name": name},
        "purpose": "Sleep and fatigue",
        "startsOn": in_days(0),
        "endsOn": in_days(365),
        "status": "REQUESTED",
        "reason": None,
        "price": None,
        "quota": {"microRho": 0},
    }
    assert payload == {"licence": asked, "userErrors": []}
    assert await network.value(ROWS, laboratory_user.id) == 1
    shown = await network.ask(laboratory_user, "{ organization { licences { requestedAt } } }")
    [licence] = shown["data"]["organization"]["licences"]
    ago = datetime.now(UTC) - datetime.fromisoformat(licence["requestedAt"])
    assert abs(ago) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"community": f"com_{uuid4()}"}, ("NOT_FOUND", "input.community")),
        ({"community": "nonsense"}, ("NOT_FOUND", "input.community")),
        ({"purpose": " "}, ("INVALID", "input.purpose")),
        ({"purpose": "p" * 501}, ("TOO_LONG", "input.purpose")),
        ({"purposeKind": "STATISTICS"}, ("NOT_ELIGIBLE", "input.purposeKind")),
        ({"undertakings": "2026-0"}, ("INVALID", "input.undertakings")),
        ({"undertakings": ""}, ("INVALID", "input.undertakings")),
        ({"startsOn": in_days(-1)}, ("INVALID", "input.startsOn")),
        ({"startsOn": in_days(3), "endsOn": in_days(2)}, ("INVALID", "input.endsOn")),
        ({"startsOn": "2096-02-29", "endsOn": "2098-03-01"}, ("INVALID", "input.endsOn")),
        ({"startsOn": "9997-12-30", "endsOn": "9999-12-31"}, ("INVALID", "input.endsOn")),
    ],
)
async def test_an_invalid_licence_request_is_refused_and_not_stored(
    network: Network,
    laboratory_user: User,
    community_id: UUID,
    given: dict[str, Any],
    refusal: tuple[str, str],
) -> None:
    assert await network.refused(laboratory_user, "licenceRequest", **wanted(community_id, **given)) == refusal
    assert await network.value(ROWS, laboratory_user.id) == 0


@pytest.mark.parametrize("days", [("2096-02-29", "2098-02-28"), ("2097-03-01", "2099-03-01"), (in_days(0), in_days(0))])
async def test_a_licence_lasts_from_a_day_to_two_years(
    network: Network, laboratory_user: User, community_id: UUID, days: tuple[str, str]
) -> None:
    licence = await requested(
        network, laboratory_user, community_id, startsOn=days[0], endsOn=days[1], purpose="p" * 500
    )
    row = await network.row("SELECT starts_on, ends_on FROM insight.licence WHERE id = $1", key(licence))
    assert [row[name].isoformat() for name in ("starts_on", "ends_on")] == list(days)


async def test_an_organization_has_one_pending_request_for_each_community(
    network: Network, steward: User, laboratory_user: User, community_id: UUID
) -> None:
    asked = wanted(community_id)
    payloads = await asyncio.gather(*(network.do(laboratory_user, "licenceRequest", FIELDS, **asked) for _ in range(3)))
    refusals = sorted((payload["userErrors"] for payload in payloads), key=len)
    assert refusals == [[], *[[{"code": "CONFLICT", "path": ["input", "community"]}]] * 2]
    assert await network.value(ROWS, laboratory_user.id) == 1
    other = await network.buyer()
    await requested(network, other, community_id)  # another organization's request does not interfere
    licence = await network.value("SELECT id FROM insight.licence WHERE organization_id = $1", laboratory_user.id)
    await network.do(steward, "licenceDecide", "__typename", licence=f"lic_{licence}", granted=False)
    await requested(network, laboratory_user, community_id)
    assert await network.value(ROWS, laboratory_user.id) == 2


async def test_an_expired_request_does_not_block_a_new_one(
    network: Network, laboratory_user: User, community_id: UUID
) -> None:
    over = date.fromisoformat(in_days(-1))
    await factories.licence(
        network.database, organization_id=laboratory_user.id, community_id=community_id, status=LicenceStatus.REQUESTED,
        starts_on=over, ends_on=over,
    )  # fmt: skip
    await requested(network, laboratory_user, community_id)
    assert await network.ask(laboratory_user, OWN) == {
        "data": {
            "organization": {"licences": [{"status": "REQUESTED", "reason": None}, {"status": "ENDED", "reason": None}]}
        }
    }


async def test_staff_grant_a_licence_and_the_organization_gets_mail(
    network: Network, steward: User, laboratory_user: User, community_id: UUID
) -> None:
    licence = await requested(network, laboratory_user, community_id)
    given: dict[str, Any] = {"licence": licence, "granted": True, "quota": 150_000}
    price = {"amount": "1250.5", "currency": "EUR"}
    payload = await network.do(steward, "licenceDecide", FIELDS, price=price, **given)
    decided = {name: payload["licence"][name] for name in ("status", "reason", "price", "quota")}
    assert (decided, payload["userErrors"]) == (
        {
            "status": "GRANTED",
            "reason": None,
            "price": {"amount": "1250.50", "currency": "EUR"},
            "quota": {"microRho": 150_000},
        },
        [],
    )
    mail = await letter_to(network, laboratory_user)
    name = await network.value("SELECT name FROM catalog.community WHERE id = $1", community_id)
    assert mail["Subject"] == "Your licence was granted"
    words = mail.get_content()
    assert name in words.splitlines()
    assert not any(value in words for value in ("150", "1250", "Sleep", laboratory_user.name))


async def test_staff_refuse_a_licence_with_an_optional_reason(
    network: Network, steward: User, laboratory_user: User, community_id: UUID
) -> None:
    licence = await requested(network, laboratory_user, community_id)
    given = {"licence": licence, "granted": False, "reason": " Ask the mutual. "}
    payload = await network.do(steward, "licenceDecide", "licence { status reason }", **given)
    assert payload == {"licence": {"status": "REFUSED", "reason": "Ask the mutual."}, "userErrors": []}
    expected = {"data": {"organization": {"licences": [{"status": "REFUSED", "reason": "Ask the mutual."}]}}}
    assert await network.ask(laboratory_user, OWN) == expected
    mail = await letter_to(network, laboratory_user)
    assert (mail["Subject"], "mutual" in mail.get_content()) == ("Your licence was refused", False)


async def letter_to(network: Network, buyer: User) -> Any:
    address = await network.value("SELECT email FROM identity.account WHERE organization_id = $1", buyer.id)
    return await network.mailbox.next(address)


EUROS = {"amount": "1", "currency": "EUR"}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"quota": None}, ("INVALID", "input.quota")),
        ({"quota": 0}, ("INVALID", "input.quota")),
        ({"quota": 1_000_001}, ("INVALID", "input.quota")),
        ({"price": EUROS | {"amount": "-0.01"}}, ("INVALID", "input.price.amount")),
        ({"price": EUROS | {"amount": "1.001"}}, ("INVALID", "input.price.amount")),
        ({"price": EUROS | {"amount": "10000000000"}}, ("INVALID", "input.price.amount")),
        ({"price": EUROS | {"currency": "eur"}}, ("INVALID", "input.price.currency")),
        ({"price": EUROS | {"currency": "EURO"}}, ("INVALID", "input.price.currency")),
        *(
            ({"price": EUROS | {"currency": code}}, ("INVALID", "input.price.currency"))
            for code in ("", "ABC", "XXX", "XTS", "FRF", "ＥＵＲ", "EUR ")
        ),
        ({"reason": "Fine"}, ("INVALID", "input.reason")),
        ({"granted": False}, ("INVALID", "input.quota")),
        ({"granted": False, "quota": None, "price": EUROS}, ("INVALID", "input.price")),
        ({"granted": False, "quota": None, "reason": "r" * 1_001}, ("TOO_LONG", "input.reason")),
        ({"licence": f"lic_{uuid4()}"}, ("NOT_FOUND", "input.licence")),
        ({"licence": "nonsense"}, ("NOT_FOUND", "input.licence")),
    ],
)
async def test_an_invalid_decision_changes_nothing(
    network: Network,
    steward: User,
    laboratory_user: User,
    community_id: UUID,
    given: dict[str, Any],
    refusal: tuple[str, str],
) -> None:
    licence = await requested(network, laboratory_user, community_id)
    decided = {"licence": licence, "granted": True, "quota": 1} | given
    assert await network.refused(steward, "licenceDecide", **decided) == refusal
    assert await decision(network, licence) == UNDECIDED


async def test_a_licence_request_is_decided_once(
    network: Network, steward: User, laboratory_user: User, community_id: UUID
) -> None:
    licence, other = (
        await requested(network, laboratory_user, community_id),
        await network.staff(StaffRole.DATA_STEWARD),
    )
    payloads = await asyncio.gather(
        network.do(steward, "licenceDecide", "__typename", licence=licence, granted=True, quota=7),
        network.do(other, "licenceDecide", "__typename", licence=licence, granted=False),
    )
    refusals = [payload["userErrors"] for payload in payloads]
    conflict = [{"code": "CONFLICT", "path": ["input", "licence"]}]
    assert sorted(refusals, key=len) == [[], conflict]
    granted = ["GRANTED", None, None, 7, None]
    expected = granted if refusals[0] == [] else ["REFUSED", None, None, 0, None]
    assert await decision(network, licence) == expected
    again = {"licence": licence, "granted": True, "quota": 8}
    assert await network.refused(steward, "licenceDecide", **again) == ("CONFLICT", "input.licence")
    assert await decision(network, licence) == expected


async def test_a_request_whose_term_is_over_cannot_be_granted(
    network: Network, steward: User, laboratory_user: User, community_id: UUID
) -> None:
    licence = await requested(network, laboratory_user, community_id)
    over = "UPDATE insight.licence SET starts_on = current_date - 9, ends_on = current_date - 1 WHERE id = $1"
    await network.database.execute(over, key(licence))
    given = {"licence": licence, "granted": True, "quota": 1}
    assert await network.refused(steward, "licenceDecide", **given) == ("CONFLICT", "input.licence")
    assert (await decision(network, licence))[3] == 0


async def test_staff_see_undecided_requests_first_and_the_newest_of_them_first(
    network: Network, steward: User, laboratory_user: User
) -> None:
    """Whenever the licences would begin."""
    now, day = datetime.now(UTC), datetime.now(UTC).date()
    made: list[str] = []
    for status, asked, begins in (  # in the order in which they are listed
        ("REQUESTED", now + timedelta(hours=2), 1),
        ("REQUESTED", now + timedelta(hours=1), 90),
        ("REQUESTED", None, 95),
        ("GRANTED", now + timedelta(hours=3), 99),
        ("REFUSED", now + timedelta(hours=1), 98),
        ("ENDED", None, 97),
    ):
        days = {"starts_on": day + timedelta(days=begins), "ends_on": day + timedelta(days=99)}
        given = {"status": status, "requested_at": asked, "organization_id": laboratory_user.id} | days
        made.append(f"lic_{(await factories.licence(network.database, **given))['id']}")
    listed: list[str] = []
    after, more = None, True
    while more:
        query = """query ($after: Cursor) {
            licences(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }"""
        page = (await network.ask(steward, query, {"after": after}))["data"]["licences"]
        listed += [one["id"] for one in page["nodes"] if one["id"] in made]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert listed == made


@pytest.mark.parametrize("roles", [[], [StaffRole.SURVEY_MANAGER, StaffRole.MODERATOR]])
async def test_only_data_stewards_decide_on_licences(
    network: Network, laboratory_user: User, community_id: UUID, roles: list[StaffRole]
) -> None:
    licence, clerk = await requested(network, laboratory_user, community_id), await network.staff(*roles)
    answer = await network.answer(clerk, "licenceDecide", "__typename", licence=licence, granted=True, quota=1)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await decision(network, licence) == UNDECIDED


async def test_a_licence_whose_term_is_over_reads_as_ended(
    network: Network, steward: User, laboratory_user: User
) -> None:
    today = datetime.now(UTC).date()
    made: dict[UUID, str] = {}
    for status in LicenceStatus:
        for days, reads in ((0, status.value), (-1, "REFUSED" if status is LicenceStatus.REFUSED else "ENDED")):
            given = {"status": status, "starts_on": today - timedelta(days=9), "ends_on": today + timedelta(days=days)}
            made[(await factories.licence(network.database, organization_id=laboratory_user.id, **given))["id"]] = reads
    for write_down in (False, True):
        if write_down:
            await end_licences(network.database)
        answer = await network.ask(laboratory_user, "{ organization { licences { id status } } }")
        licences = answer["data"]["organization"]["licences"]
        assert {key(one["id"]): one["status"] for one in licences} == made
        for status in LicenceStatus:
            query = "query ($s: LicenceStatus) { licences(status: $s, first: 100) { nodes { id } } }"
            found = (await network.ask(steward, query, {"s": status.value}))["data"]["licences"]["nodes"]
            ours = {id for one in found if (id := key(one["id"])) in made}
            assert ours == {id for id, reads in made.items() if reads == status}
    rows = await network.database.fetch("SELECT id, status FROM insight.licence WHERE id = any($1)", list(made))
    assert {row["id"]: row["status"] for row in rows} == made


ASKED = "organization_id, community_id, purpose, starts_on, ends_on, status, purpose_kind, undertakings"
INTO = f"INSERT INTO insight.licence ({ASKED}"
KIND = "'EDUCATION', '2026-1'"
DAYS = "{home}, 'p', current_date, current_date"
MAY_NOT: list[tuple[Audience, str]] = [
    (BUYER, f"{INTO}) VALUES ({{other}}, {DAYS}, 'REQUESTED', {KIND})"),
    (BUYER, f"{INTO}) VALUES ({{own}}, {DAYS}, 'GRANTED', {KIND})"),
    (BUYER, f"{INTO}, quota_micro_rho) VALUES ({{own}}, {DAYS}, 'REQUESTED', {KIND}, 0)"),
    (BUYER, f"{INTO}, price_amount) VALUES ({{own}}, {DAYS}, 'REQUESTED', {KIND}, 0)"),
    (BUYER, f"{INTO}) VALUES ({{own}}, {DAYS}, 'REQUESTED', 'STATISTICS', '2026-1')"),
    (BUYER, f"{INTO}) VALUES ({{own}}, {DAYS}, 'REQUESTED', NULL, NULL)"),
    (BUYER, f"{INTO}, undertakings_accepted_at) VALUES ({{own}}, {DAYS}, 'REQUESTED', {KIND}, now())"),
    (BUYER, "UPDATE insight.licence SET quota_micro_rho = 9"),
    (BUYER, "UPDATE insight.licence SET purpose_kind = 'EDUCATION'"),
    (BUYER, "UPDATE insight.licence SET ends_on = ends_on + 1"),
    (BUYER, "DELETE FROM insight.licence"),
    (BUYER, "INSERT INTO insight.organization (name, kind) VALUES ('o', 'MUTUAL')"),
    (BUYER, "UPDATE insight.organization SET kind = 'MUTUAL'"),
    (MANAGER, f"{INTO}) VALUES ({{own}}, {DAYS}, 'GRANTED', {KIND})"),
    (MANAGER, "UPDATE insight.licence SET status = 'ENDED' WHERE id = {licence}"),
    (MANAGER, "UPDATE insight.licence SET status = 'REQUESTED' WHERE id = {licence}"),
    (MANAGER, "UPDATE insight.licence SET purpose = 'p'"),
    (MANAGER, "UPDATE insight.licence SET organization_id = {other}"),
    (MANAGER, "DELETE FROM insight.licence"),
    (MANAGER, "SELECT identity.write_to('a@b', 'LICENCE_GRANTED', 'en', NULL, 'c')"),
]


@pytest.mark.parametrize(("audience", "statement"), MAY_NOT)
async def test_the_tables_refuse_rows_that_no_mutation_writes(
    admin: asyncpg.Connection, audience: Audience, statement: str
) -> None:
    named = await scene(admin)
    await act(admin, audience, named["own" if audience is BUYER else "steward"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await admin.execute(in_sql(statement, named))


async def test_the_tables_accept_a_licence_request_and_one_decision(admin: asyncpg.Connection) -> None:
    named = await scene(admin)
    ask = f"{INTO}) VALUES ({{own}}, {DAYS}, 'REQUESTED', {KIND})"
    grant = "UPDATE insight.licence SET status = 'GRANTED', quota_micro_rho = 5"
    await act(admin, BUYER, named["own"])
    await admin.execute(in_sql(ask, named))
    ours = "SELECT count(*) FROM insight.licence WHERE organization_id = {own} AND status = 'GRANTED'"
    for who, changes in (("clerk", 0), ("steward", 2), ("steward", 0)):
        await act(admin, MANAGER, named[who])
        waiting = await admin.fetchval("SELECT count(*) FROM insight.licence WHERE status = 'REQUESTED'")
        assert await admin.execute(grant) == f"UPDATE {waiting if changes else 0}"
        assert bool(waiting) is (changes == 2)  # other staff do not see them
    await admin.execute("RESET ROLE")
    assert await admin.fetchval(in_sql(ours, named)) == 2


async def scene(admin: asyncpg.Connection) -> dict[str, UUID]:
    """Ids of two organizations, the first with a licence request, of a data steward and of other staff."""
    own, other = (await factories.organization(admin))["id"], (await factories.organization(admin))["id"]
    licence = await factories.licence(admin, organization_id=own, status=LicenceStatus.REQUESTED)
    return {
        "own": own,
        "other": other,
        "home": (await factories.community(admin))["id"],
        "licence": licence["id"],
        "steward": (await factories.staff(admin, roles=[StaffRole.DATA_STEWARD]))["id"],
        "clerk": (await factories.staff(admin, roles=[StaffRole.MODERATOR]))["id"],
    }


def in_sql(statement: str, named: dict[str, UUID]) -> str:
    return statement.format(**{name: f"'{id}'" for name, id in named.items()})


async def act(admin: asyncpg.Connection, audience: Audience, id: UUID) -> None:
    assert audience.setting is not None
    await admin.execute(f"SET LOCAL ROLE {audience.role}")
    await admin.execute("SELECT set_config($1, $2, true)", audience.setting, str(id))
