"""Who is enrolled in a dataset: with consent, within an allowance, until withdrawal or the dataset's end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models import logins
from models.security.publisher import PUBLISHER
from models.viewers import Audience
from privacy.precision import Precision, price
from tests import factories
from tests.support.eventually import becomes
from tests.support.records import DAY, KINDS, Encoded, consenting, dataset, submitted, undone

Admin = asyncpg.Connection
TRACKING = "TRACKING_RESEARCH"
FORGETS = "SELECT insight.forget_records()"
REFUSED = (asyncpg.CheckViolationError, "a dataset is enrolled once, before anything is published from it")


async def wave(admin: Admin, community: UUID, **given: Any) -> Encoded:
    return await dataset(admin, (), community_id=community, **given)


async def joined(admin: Admin, community: UUID, **given: Any) -> UUID:
    member = await consenting(admin, **given)
    await factories.membership(admin, member_id=member, community_id=community)
    return member


@pytest.fixture
async def community_id(admin: Admin) -> UUID:
    """Yields the id of a new community, in the transaction of `admin`."""
    return UUID(str((await factories.community(admin))["id"]))


async def test_a_wave_enrols_patients_who_consent_to_every_offered_kind(admin: Admin, community_id: UUID) -> None:
    ada, ben = [await joined(admin, community_id) for _ in range(2)]
    await consenting(admin)  # of no community
    await joined(admin, community_id, kind="RELATIVE")
    for given in ({"granted": False}, {"recipients": ["LABORATORY"]}, {"purpose": "SURVEY_RESEARCH"}):
        member = (await factories.member(admin))["id"]
        await factories.membership(admin, member_id=member, community_id=community_id)
        await factories.consent(admin, member_id=member, **{"purpose": TRACKING, "recipients": KINDS} | given)
    made = await wave(admin, community_id)
    await made.freeze()
    assert await made.enrolled() == set(await made.records()) == {ada, ben}
    query = "SELECT DISTINCT purpose, reserved_micro_rho, withdrawn_at FROM research.enrolment WHERE dataset_id = $1"
    assert [tuple(row) for row in await admin.fetch(query, made.id)] == [(TRACKING, 250_000, None)]


async def test_a_surveys_dataset_enrols_those_who_completed_it(admin: Admin) -> None:
    survey = await factories.survey(admin)
    ada, ben, eve = [await consenting(admin, "SURVEY_RESEARCH") for _ in range(3)]
    for member in (ada, ben):
        await submitted(admin, member, survey["id"], {}, {})
    await factories.participation(admin, member_id=eve, survey_id=survey["id"], status="STARTED")
    await admin.execute("UPDATE research.participation SET answer_sheet_id = NULL WHERE member_id = $1", ben)
    given = {"kind": "SURVEY", "survey_id": survey["id"], "community_id": survey["community_id"]}
    made = await dataset(admin, (), **given)
    await made.freeze()
    assert await made.enrolled() == {ada}


async def frozen(admin: Admin, community_id: UUID, days: int, cap: int = 250_000) -> set[UUID]:
    """The members that a wave enrols when frozen this many days after the first."""
    made = await wave(admin, community_id, frozen_on=DAY + timedelta(days=days), cap_micro_rho=cap)
    await made.freeze()
    return await made.enrolled()


async def test_a_member_reserves_at_most_half_a_unit_in_a_year(admin: Admin, community_id: UUID) -> None:
    ada = await joined(admin, community_id)
    elsewhere = (await factories.community(admin))["id"]
    await factories.membership(admin, member_id=ada, community_id=elsewhere)
    assert await frozen(admin, community_id, 0) == {ada}
    assert await frozen(admin, elsewhere, 1) == {ada}
    ben = await joined(admin, community_id)
    assert await frozen(admin, community_id, 2) == {ben}
    assert await frozen(admin, community_id, 364, cap=1) == {ben}
    assert await frozen(admin, community_id, 365) == {ada}


async def test_a_consent_allows_one_unit_in_total_and_a_new_consent_starts_over(
    admin: Admin, community_id: UUID
) -> None:
    ada = await joined(admin, community_id)

    async def consents(granted: bool, day: int) -> None:
        at = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(days=day)
        await factories.consent_change(admin, member_id=ada, purpose=TRACKING, granted=granted, changed_at=at)

    await consents(True, -10)
    years = [0, 400, 800, 1_200]
    assert [await frozen(admin, community_id, day) for day in years] == [{ada}] * 4
    assert await frozen(admin, community_id, 1_600, cap=1) == set()
    await consents(True, 1_610)  # to other kinds: enrolment continues
    assert await frozen(admin, community_id, 1_620, cap=1) == set()
    await consents(False, 1_630)
    await consents(True, 1_640)
    assert await frozen(admin, community_id, 1_650) == {ada}


@pytest.mark.parametrize("forgotten", [True, False])
async def test_unspent_budget_of_an_ended_dataset_can_be_reserved_again(
    admin: Admin, community_id: UUID, *, forgotten: bool
) -> None:
    ada = await joined(admin, community_id)
    made = await wave(admin, community_id, cap_micro_rho=500_000)
    await made.freeze()
    assert await frozen(admin, community_id, 1, cap=10_000) == set()
    await admin.execute("UPDATE insight.dataset SET spent_micro_rho = 4567 WHERE id = $1", made.id)
    size = await factories.release(admin, dataset_id=made.id, micro_rho=4_567, published_at=factories.NOON)
    await factories.ledger_entry(admin, release_id=size["id"])
    await admin.execute("SELECT research.end_dataset($1, 'TOO_SMALL')", made.id)
    if forgotten:  # at once, or later: what is free does not depend on it
        assert await admin.fetchval(FORGETS) == 1
        reserved = "SELECT reserved_micro_rho FROM research.enrolment WHERE dataset_id = $1"
        assert await admin.fetchval(reserved, made.id) == 4_567
        assert await made.records() == {}
    assert await frozen(admin, community_id, 2, cap=495_434) == set()
    assert await frozen(admin, community_id, 2, cap=495_433) == {ada}


async def test_a_dataset_is_enrolled_once_and_before_its_first_release(admin: Admin, community_id: UUID) -> None:
    await joined(admin, community_id)
    made, published = await wave(admin, community_id), await wave(admin, community_id)
    await made.freeze()
    await factories.release(admin, dataset_id=published.id)
    ended = await wave(admin, community_id, status="ENDED")
    for one in (made, published, ended):
        async with undone(admin):
            with pytest.raises(REFUSED[0], match=REFUSED[1]):
                await admin.execute("SELECT research.enrol($1)", one.id)
    for one in (published, ended):
        async with undone(admin):
            with pytest.raises(asyncpg.CheckViolationError, match="encoded before anything is published from it"):
                await admin.execute("SELECT research.encode($1)", one.id)


CONSENT = "UPDATE research.consent SET granted = $2, recipients = $3 WHERE member_id = $1"


@pytest.mark.parametrize(
    ("granted", "recipients", "stays"),
    [(False, KINDS, False), (True, ["LABORATORY"], False), (True, [*KINDS, "INSURER"], True), (True, KINDS, True)],
)
async def test_narrowing_a_consent_removes_the_record_at_once(
    admin: Admin, community_id: UUID, granted: bool, recipients: list[str], stays: bool
) -> None:
    ada, ben = [await joined(admin, community_id) for _ in range(2)]
    made, over = await wave(admin, community_id), await wave(admin, community_id, frozen_on=DAY - timedelta(days=400))
    for one in (made, over):
        await one.freeze()
    await admin.execute("SELECT research.end_dataset($1, 'ENDED')", over.id)
    await admin.execute(CONSENT, ada, granted, recipients)
    assert set(await made.records()) == ({ada, ben} if stays else {ben})
    assert await made.counts(()) == [[2 if stays else 1]]
    query = "SELECT dataset_id, member_id FROM research.enrolment WHERE withdrawn_at IS NOT NULL"
    assert [tuple(row) for row in await admin.fetch(query)] == ([] if stays else [(made.id, ada)])
    await admin.execute(CONSENT, ada, True, KINDS)  # a frozen dataset enrols nobody again
    await made.encode_again()
    assert set(await made.records()) == ({ada, ben} if stays else {ben})


async def test_an_erased_member_is_in_no_dataset(admin: Admin, community_id: UUID) -> None:
    ada, ben = [await joined(admin, community_id) for _ in range(2)]
    made = await wave(admin, community_id)
    await made.freeze()
    await admin.execute("DELETE FROM care.member WHERE id = $1", ada)
    assert await made.enrolled() == set(await made.records()) == {ben}


async def test_withdrawal_and_counting_exclude_each_other(fresh: str) -> None:
    owner = await asyncpg.connect(fresh)
    await logins.open_roles(fresh)
    publisher = await asyncpg.connect(logins.role_dsn(fresh, PUBLISHER))
    watch = await asyncpg.connect(fresh)
    count = "SELECT research.histogram($1, '{}')"
    try:
        community_id = (await factories.community(owner))["id"]
        ada, ben = [await joined(owner, community_id) for _ in range(2)]
        made = await wave(owner, community_id)
        await made.freeze()
        publishing = publisher.transaction()
        await publishing.start()
        assert await publisher.fetchval(count, made.id) == [2]
        withdrawing = asyncio.create_task(owner.execute(CONSENT, ada, False, []))
        await waiting(watch, 1)
        assert await publisher.fetchval(count, made.id) == [2]
        await publishing.commit()
        await withdrawing
        assert await publisher.fetchval(count, made.id) == [1]
        leaving = owner.transaction()
        await leaving.start()
        await owner.execute("DELETE FROM care.member WHERE id = $1", ben)
        counting = asyncio.create_task(publisher.fetchval(count, made.id))
        await waiting(watch, 1)
        await leaving.commit()
        assert await counting == [0]
    finally:
        for connection in (owner, publisher, watch):
            await connection.close()


async def test_enrolment_skips_members_who_are_changing_their_consent(fresh: str) -> None:
    owner, other = await asyncpg.connect(fresh), await asyncpg.connect(fresh)
    try:
        community_id = (await factories.community(owner))["id"]
        ada, ben, eve = [await joined(owner, community_id) for _ in range(3)]
        made = await wave(owner, community_id)
        changing = other.transaction()
        await changing.start()
        await other.execute(CONSENT, ada, False, [])
        await other.execute("SELECT FROM care.member WHERE id = $1 FOR UPDATE", eve)
        await made.freeze()
        await changing.rollback()
        assert await made.enrolled() == {ben}
    finally:
        await owner.close()
        await other.close()


async def waiting(connection: Admin, count: int) -> None:
    """Waits until this many statements of the database wait for a lock."""
    query = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        """
    await becomes(lambda: connection.fetchval(query), lambda found: found == count)


async def test_ending_a_dataset_deletes_its_surveys_answers(admin: Admin) -> None:
    survey = await factories.survey(admin, status="RELEASED")
    ada = await consenting(admin, "SURVEY_RESEARCH")
    await submitted(admin, ada, survey["id"], {}, {})
    given = {"kind": "SURVEY", "survey_id": survey["id"], "community_id": survey["community_id"]}
    made = await dataset(admin, (), **given)
    await made.freeze()
    for status in ("OPEN", None):
        async with undone(admin):
            with pytest.raises(asyncpg.CheckViolationError, match="ENDED or TOO_SMALL"):
                await admin.execute("SELECT research.end_dataset($1, $2)", made.id, status)
    for _ in range(2):  # an ended dataset does not end again
        await admin.execute("SELECT research.end_dataset($1, 'ENDED')", made.id)
        row = await admin.fetchrow("SELECT status, ended_on = current_date FROM insight.dataset WHERE id = $1", made.id)
        assert tuple(row or ()) == ("ENDED", True)
        await admin.execute(FORGETS)
        assert await made.records() == {}
        assert await made.enrolled() == {ada}
        assert await admin.fetchval("SELECT status FROM catalog.survey WHERE id = $1", survey["id"]) == "ARCHIVED"


async def test_datasets_end_when_their_term_is_over_or_their_budget_is_almost_spent(admin: Admin) -> None:
    assert min(map(price, Precision)) == price(Precision.WITHIN_50) == 754
    today = datetime.now(UTC).date()
    for given, due in (
        ({"ends_on": today}, False),
        ({"ends_on": today - timedelta(days=1)}, True),
        ({"ends_on": today - timedelta(days=1), "status": "ENDED"}, False),
        ({"ends_on": today, "cap_micro_rho": 1_000, "spent_micro_rho": 246}, False),
        ({"ends_on": today, "cap_micro_rho": 1_000, "spent_micro_rho": 247}, True),
    ):
        made = (await factories.dataset(admin, **given))["id"]
        assert await admin.fetchval("SELECT $1 IN (SELECT insight.datasets_due())", made) is due, given


@pytest.mark.parametrize("login", [*Audience, PUBLISHER], ids=lambda login: login.role)
async def test_no_role_reaches_a_record_directly(dsn: str, login: Any) -> None:
    await logins.open_roles(dsn)
    connection = await asyncpg.connect(logins.role_dsn(dsn, login))
    try:
        for statement in (
            "SELECT FROM research.record",
            "SELECT codes FROM research.record",
            "DELETE FROM research.record",
            "SELECT research.raw_rows(gen_random_uuid())",
            "SELECT research.consenting_since(gen_random_uuid(), 'TRACKING_RESEARCH')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
