"""Which rows each viewer reads: what members share and with whom, what is the viewer's own, and its cost."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import CareLinkStatus, Sharing
from models.research.surveys import SurveyStatus
from models.security.read_rules import ACCOUNT, ANSWER_SHEET, ANSWERS, SCOPES, SECOND_FACTOR, SESSION
from models.security.read_rules import OWN as OWN_ROWS
from models.viewers import Audience
from tests import factories
from tests.support.clusters import clone

Admin = asyncpg.Connection
PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER


@asynccontextmanager
async def viewing(admin: Admin, audience: Audience, viewer: UUID | None = None) -> AsyncIterator[None]:
    """Sets the audience's role and the viewer that its statements carry."""
    transaction = admin.transaction()
    await transaction.start()
    await admin.execute(f"SET LOCAL ROLE {audience.role}")
    if viewer is not None:
        assert audience.setting is not None
        await admin.execute("SELECT set_config($1, $2, true)", audience.setting, str(viewer))
    try:
        yield
    finally:
        await transaction.rollback()


async def seen(admin: Admin, table: str, column: str = "member_id", *, of: UUID) -> int:
    found: int = await admin.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", of)
    return found


async def diary(admin: Admin, sharing: Sharing | None) -> UUID:
    """A member with one row of everything that is shared."""
    member: UUID = (await factories.member(admin, sharing=sharing))["id"]
    await factories.observation(admin, member_id=member)
    await factories.side_effect(admin, member_id=member)  # with an evaluation, with a course
    return member


DIARY = ("care.profile", "care.observation", "care.course", "care.evaluation", "care.side_effect")
OWN = {  # tables of members' own rows, and the column that references the member
    "care.notification": "member_id",
    "care.catalogue_proposer": "member_id",
    "care.diagnosis": "member_id",
    "care.data_read": "member_id",
    "research.consent": "member_id",
    "research.consent_change": "member_id",
    "research.participation": "member_id",
    "research.answer_sheet": "id",
    "research.answer": "answer_sheet_id",
    "research.enrolment": "member_id",
    "research.counted_member": "member_id",
    "research.counted_membership": "member_id",
    "identity.account": "member_id",
    "identity.session": "account_id",
    "identity.second_factor": "account_id",
}
FULL, NOTHING = dict.fromkeys(DIARY, 1), dict.fromkeys(DIARY, 0)


async def read_diary(admin: Admin, of: UUID) -> dict[str, int]:
    return {table: await seen(admin, table, of=of) for table in DIARY}


@pytest.mark.parametrize(
    ("sharing", "in_common", "link", "readable"),
    [
        (Sharing.ONLY_ME, False, None, False),
        (Sharing.ONLY_ME, True, None, False),
        (Sharing.MY_COMMUNITIES, False, None, False),
        (Sharing.MY_COMMUNITIES, True, None, True),
        (Sharing.ALL_MEMBERS, False, None, True),
        (Sharing.ALL_MEMBERS, True, None, True),
        (Sharing.ONLY_ME, False, CareLinkStatus.INVITED, False),
        (Sharing.ONLY_ME, False, CareLinkStatus.ACCEPTED, True),
        (Sharing.ONLY_ME, False, CareLinkStatus.ENDED, False),
        (Sharing.MY_COMMUNITIES, False, CareLinkStatus.ACCEPTED, True),
    ],
)
async def test_members_read_what_others_share_with_them(
    admin: Admin, sharing: Sharing, in_common: bool, link: CareLinkStatus | None, readable: bool
) -> None:
    other, viewer = await diary(admin, sharing), await diary(admin, Sharing.ONLY_ME)
    theirs = (await factories.membership(admin, member_id=other))["community_id"]
    await factories.membership(admin, member_id=viewer)
    if in_common:
        await factories.membership(admin, member_id=viewer, community_id=theirs)
    if link is not None:
        await factories.care_link(admin, patient_id=other, relative_id=viewer, status=link)
    async with viewing(admin, PATIENT, viewer):
        assert await read_diary(admin, other) == (FULL if readable else NOTHING)
        assert await read_diary(admin, viewer) == FULL


async def test_an_accepted_care_link_lets_only_the_relative_read(admin: Admin) -> None:
    patient, relative = await diary(admin, Sharing.ONLY_ME), await diary(admin, Sharing.ONLY_ME)
    await factories.care_link(admin, patient_id=patient, relative_id=relative)
    async with viewing(admin, PATIENT, patient):
        assert await read_diary(admin, relative) == NOTHING


async def test_a_care_link_between_others_gives_no_access(admin: Admin) -> None:
    patient, viewer = await diary(admin, Sharing.ONLY_ME), await diary(admin, Sharing.ONLY_ME)
    await factories.care_link(admin, patient_id=patient)
    async with viewing(admin, PATIENT, viewer):
        assert await read_diary(admin, patient) == NOTHING


async def test_a_member_without_a_profile_shares_with_nobody(admin: Admin) -> None:
    other, viewer = await diary(admin, None), await diary(admin, Sharing.ALL_MEMBERS)
    async with viewing(admin, PATIENT, viewer):
        assert await read_diary(admin, other) == NOTHING
    async with viewing(admin, PATIENT, other):
        assert await read_diary(admin, other) == {**FULL, "care.profile": 0}


@pytest.mark.parametrize("setting", [None, ""])
async def test_a_statement_without_a_viewer_reads_no_guarded_row(admin: Admin, setting: str | None) -> None:
    for sharing in Sharing:
        await diary(admin, sharing)
    await factories.account(admin)
    await factories.licence(admin)
    await factories.flag(admin)
    await factories.enrolment(admin)
    await factories.cell(admin)
    await factories.statistic(admin)
    guarded = {
        PATIENT: [*DIARY, *OWN, "care.care_link"],
        BUYER: [
            *("insight.licence", "insight.api_key", "insight.webhook"),
            *("insight.release", "insight.insight", "insight.cell", "insight.statistic"),
        ],
        MANAGER: ["care.profile", "care.flag", "insight.licence", "identity.staff", "catalog.survey_progress"],
    }
    for audience, tables in guarded.items():
        async with viewing(admin, audience):
            if setting is not None:
                await admin.execute("SELECT set_config($1, $2, true)", audience.setting, setting)
            assert {table: await admin.fetchval(f"SELECT count(*) FROM {table}") for table in tables} == dict.fromkeys(
                tables, 0
            )


async def test_a_statement_carries_its_own_viewer(admin: Admin) -> None:
    """The statement makes the setting that its policies read, which ends with the transaction."""
    viewer, other = await diary(admin, Sharing.ONLY_ME), await diary(admin, Sharing.ALL_MEMBERS)
    hidden = await diary(admin, Sharing.MY_COMMUNITIES)
    counts = ", ".join(f"(SELECT count(*) FROM {table} WHERE member_id = any($2))" for table in DIARY)
    statement = f"""
        WITH viewer AS MATERIALIZED (SELECT set_config('cohorte.member', $1, true) AS member)
        SELECT CASE WHEN viewer.member IS NOT NULL THEN ARRAY[{counts}] END FROM viewer
        """
    async with viewing(admin, PATIENT):
        assert await admin.fetchval(statement, str(viewer), [viewer, other, hidden]) == [2] * len(DIARY)
        assert await admin.fetchval(statement, str(hidden), [viewer, other]) == [1] * len(DIARY)


async def test_a_viewer_of_another_view_reads_no_guarded_row(admin: Admin) -> None:
    member = await diary(admin, Sharing.ALL_MEMBERS)
    async with viewing(admin, PATIENT):
        for setting in ("cohorte.organization", "cohorte.staff"):
            await admin.execute("SELECT set_config($1, $2, true)", setting, str(member))
        assert await read_diary(admin, member) == NOTHING


async def test_staff_read_only_profiles_shared_with_all_members(admin: Admin) -> None:
    staff = (await factories.staff(admin))["id"]
    members = {sharing: await diary(admin, sharing) for sharing in Sharing}
    async with viewing(admin, MANAGER, staff):
        found = {sharing: await seen(admin, "care.profile", of=member) for sharing, member in members.items()}
    assert found == {Sharing.ONLY_ME: 0, Sharing.MY_COMMUNITIES: 0, Sharing.ALL_MEMBERS: 1}


async def test_only_the_two_members_of_a_care_link_read_it(admin: Admin) -> None:
    link = await factories.care_link(admin, status=CareLinkStatus.INVITED)
    third = (await factories.member(admin))["id"]
    for viewer, count in ((link["patient_id"], 1), (link["relative_id"], 1), (third, 0)):
        async with viewing(admin, PATIENT, viewer):
            assert await seen(admin, "care.care_link", "id", of=link["id"]) == count


OWN_SCOPES = (OWN_ROWS, ANSWERS, ANSWER_SHEET, ACCOUNT, SESSION, SECOND_FACTOR)


def test_the_list_has_every_table_of_members_own_rows() -> None:
    own = {table for table, scope in SCOPES.items() if scope in OWN_SCOPES}
    assert set(OWN) == own, "add the table, and the column that names its owner, to OWN in tests/models/test_scopes.py"


async def test_members_read_only_their_own_records(admin: Admin) -> None:
    """Not even those of a member who shares with everybody."""
    for _ in range(2):
        viewer = (await factories.member(admin, sharing=Sharing.ALL_MEMBERS))["id"]
        await factories.notification(admin, member_id=viewer)
        await factories.catalogue_proposal(admin, member_id=viewer)
        await factories.diagnosis(admin, member_id=viewer)
        await factories.data_read(admin, member_id=viewer)
        await factories.consent(admin, member_id=viewer)
        await factories.consent_change(admin, member_id=viewer)
        sheet = await factories.answer_sheet(admin)
        await factories.answer(admin, answer_sheet_id=sheet["id"])
        await factories.participation(
            admin, member_id=viewer, survey_id=sheet["survey_id"], answer_sheet_id=sheet["id"]
        )
        await factories.enrolment(admin, member_id=viewer)
        await factories.counted_member(admin, member_id=viewer)
        await factories.counted_membership(admin, member_id=viewer)
        account = (await factories.account(admin, member_id=viewer))["id"]
        await factories.session(admin, account_id=account)
        await factories.second_factor(admin, account_id=account)
    async with viewing(admin, PATIENT, viewer):
        found = {
            table: [row[0] for row in await admin.fetch(f"SELECT {column} FROM {table}")]
            for table, column in OWN.items()
        }
    assert found == {
        "care.notification": [viewer],
        "care.catalogue_proposer": [viewer],
        "care.diagnosis": [viewer],
        "care.data_read": [viewer],
        "research.consent": [viewer],
        "research.consent_change": [viewer],
        "research.participation": [viewer],
        "research.answer_sheet": [sheet["id"]],
        "research.answer": [sheet["id"]],
        "research.enrolment": [viewer],
        "research.counted_member": [viewer],
        "research.counted_membership": [viewer],
        "identity.account": [viewer],
        "identity.session": [account],
        "identity.second_factor": [account],
    }


async def test_unlinked_answers_are_hidden_from_their_author_too(admin: Admin) -> None:
    sheet = await factories.answer_sheet(admin)
    await factories.answer(admin, answer_sheet_id=sheet["id"])
    participation = await factories.participation(admin, survey_id=sheet["survey_id"])
    async with viewing(admin, PATIENT, participation["member_id"]):
        assert await seen(admin, "research.answer", "answer_sheet_id", of=sheet["id"]) == 0


async def test_buyers_read_their_own_licences_and_keys_and_staff_read_every_licence(admin: Admin) -> None:
    licence, other = await factories.licence(admin), await factories.licence(admin)
    own = licence["organization_id"]
    key = await factories.api_key(admin, organization_id=own)
    await factories.api_key(admin, organization_id=other["organization_id"])
    delivery = await factories.webhook_delivery(
        admin, webhook_id=(await factories.webhook(admin, organization_id=own))["id"]
    )
    await factories.webhook_delivery(admin)
    async with viewing(admin, BUYER, own):
        found = await admin.fetch("SELECT id, webhook_id FROM insight.webhook_delivery")
        assert [tuple(row) for row in found] == [(delivery["id"], delivery["webhook_id"])]
        assert [row[0] for row in await admin.fetch("SELECT id FROM insight.webhook")] == [delivery["webhook_id"]]
        assert [row[0] for row in await admin.fetch("SELECT id FROM insight.licence")] == [licence["id"]]
        assert [row[0] for row in await admin.fetch("SELECT id FROM insight.api_key")] == [key["id"]]
    async with viewing(admin, MANAGER, (await factories.staff(admin))["id"]):
        assert await seen(admin, "insight.licence", "id", of=licence["id"]) == 1
        assert await seen(admin, "insight.licence", "id", of=other["id"]) == 1


async def test_staff_read_their_own_record_every_flag_and_every_surveys_progress(admin: Admin) -> None:
    roles = [StaffRole.MODERATOR, StaffRole.SURVEY_MANAGER]
    staff, _other = await factories.staff(admin, roles=roles), await factories.staff(admin)
    flag, progress = await factories.flag(admin), await factories.survey_progress(admin)
    async with viewing(admin, MANAGER, staff["id"]):
        assert [row[0] for row in await admin.fetch("SELECT id FROM identity.staff")] == [staff["id"]]
        assert await seen(admin, "care.flag", "id", of=flag["id"]) == 1
        assert await seen(admin, "catalog.survey_progress", "survey_id", of=progress["survey_id"]) == 1


@pytest.mark.parametrize("status", SurveyStatus)
async def test_surveys_and_their_questions_are_readable_by_status(admin: Admin, status: SurveyStatus) -> None:
    readers = {
        SurveyStatus.DRAFT: {MANAGER},
        SurveyStatus.WAITING: {PATIENT, MANAGER},
    }.get(status, {PATIENT, BUYER, MANAGER})
    survey = (await factories.survey(admin, status=status))["id"]
    question = (await factories.question(admin, survey_id=survey))["id"]
    await factories.question_option(admin, question_id=question)
    await factories.visibility_rule(admin, question_id=question)
    staff = (await factories.staff(admin))["id"]
    for audience in (PATIENT, BUYER, MANAGER):
        async with viewing(admin, audience, staff if audience is MANAGER else uuid4()):
            found = [
                await seen(admin, "catalog.survey", "id", of=survey),
                await seen(admin, "catalog.question", "id", of=question),
                await seen(admin, "catalog.question_option", "question_id", of=question),
                await seen(admin, "catalog.visibility_rule", "question_id", of=question),
            ]
        assert found == [int(audience in readers)] * 4


KEYSET = "('2027-06-01', '80000000-0000-0000-0000-000000000000'::uuid)"


@pytest.mark.parametrize(
    ("statement", "index", "condition"),
    [
        ("SELECT * FROM care.observation WHERE member_id = {id}", "observation_member_id_", "member_id ="),
        (
            "SELECT * FROM care.observation WHERE member_id = {id} AND observed_on >= '2028-12-01'",
            "ix_observation_member_id_observed_on_id",
            "observed_on >=",
        ),
        (
            f"SELECT * FROM care.observation WHERE member_id = {{id}} AND (observed_on, id) < {KEYSET}"
            " ORDER BY observed_on DESC, id DESC LIMIT 21",
            "ix_observation_member_id_observed_on_id",
            "ROW(observed_on, id) < ROW(",
        ),
        (
            f"SELECT * FROM care.notification WHERE member_id = {{id}} AND (created_at, id) < {KEYSET}"
            " ORDER BY created_at DESC, id DESC LIMIT 21",
            "ix_notification_member_id_created_at_id",
            "ROW(created_at, id) < ROW(",
        ),
        ("SELECT * FROM care.profile WHERE member_id = {id}", "pk_profile", "member_id ="),
    ],
)
@pytest.mark.parametrize("own", [True, False])
async def test_queries_use_indexes_behind_the_policies(
    among_many: Admin, statement: str, index: str, condition: str, own: bool
) -> None:
    """An operator that is not leakproof would run after the policy, on every row."""
    long = "SELECT id FROM care.member WHERE pseudonym IN ('many-1', 'many-2') ORDER BY 1"
    viewer, other = (row[0] for row in await among_many.fetch(long))
    async with viewing(among_many, PATIENT, viewer):
        explained = statement.format(id=f"'{viewer if own else other}'")
        plan = json.loads(await among_many.fetchval(f"EXPLAIN (FORMAT JSON) {explained}"))[0]["Plan"]
    scans = [node for node in nodes(plan) if index in node.get("Index Name", "")]
    assert any(condition in node["Index Cond"] for node in scans), plan
    assert not [node for node in nodes(plan) if node["Node Type"] == "Sort"]


@pytest_asyncio.fixture(scope="module")
async def among_many(template: str) -> AsyncIterator[Admin]:
    """Yields a database with 300 members of 20 days each, and two of 1,500, whose pages are worth an index scan."""
    async with clone(template) as dsn:
        admin = await asyncpg.connect(dsn)
        await many(admin)
        yield admin
        await admin.close()


async def many(admin: Admin) -> None:
    indicator = (await factories.indicator(admin))["id"]
    days = (
        "generate_series(1, CASE WHEN pseudonym IN ('many-1', 'many-2') THEN 1500 ELSE 20 END) day"
        " WHERE pseudonym LIKE 'many-%'"
    )
    await admin.execute(
        f"""
        INSERT INTO care.member (pseudonym, kind, joined_on)
            SELECT 'many-' || i, 'PATIENT', '2024-01-01' FROM generate_series(1, 300) i;
        INSERT INTO care.profile (member_id, sharing)
            SELECT id, 'ALL_MEMBERS' FROM care.member WHERE pseudonym LIKE 'many-%';
        INSERT INTO care.observation (member_id, indicator_id, value, observed_on)
            SELECT id, '{indicator}', 1, date '2025-01-01' + day FROM care.member, {days};
        INSERT INTO care.notification (member_id, kind, created_at)
            SELECT id, 'REPLY', timestamptz '2025-01-01' + day * interval '1 day' FROM care.member, {days};
        ANALYZE care.member, care.profile, care.observation, care.notification
        """
    )


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]
