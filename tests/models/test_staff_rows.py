"""Which rows of each table staff may read with each of their roles, and without one."""

from typing import Any
from uuid import UUID

import asyncpg

from models.identity.accounts import StaffRole
from models.insight.datasets import DatasetStatus
from models.research.surveys import SurveyStatus
from models.security.read_rules import SCOPES
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.small_network import small_network

Admin = asyncpg.Connection
ROLES: dict[str, list[StaffRole]] = {
    "manager": [StaffRole.SURVEY_MANAGER],
    "moderator": [StaffRole.MODERATOR],
    "steward": [StaffRole.DATA_STEWARD],
    "editor": [StaffRole.CATALOGUE_EDITOR],
    "administrator": [StaffRole.ADMINISTRATOR],
    "without": [],
}
# In the order of ROLES. `some`: of surveys, those that are no drafts; of members, the associations;
# of datasets, those that are large enough.
EXPECTED = """
catalog.condition             all   all   all   all   all   all
catalog.catalogue_change      none  none  none  all   all   none
catalog.community             all   all   all   all   all   all
catalog.community_indicator   all   all   all   all   all   all
catalog.community_treatment   all   all   all   all   all   all
catalog.indicator             all   all   all   all   all   all
catalog.treatment             all   all   all   all   all   all
catalog.survey                all   some  some  some  some  some
catalog.survey_progress       all   none  none  none  none  none
catalog.eligibility           all   some  some  some  some  some
catalog.notice                all   all   all   all   all   all
catalog.question              all   some  some  some  some  some
catalog.question_option       all   some  some  some  some  some
catalog.visibility_rule       all   some  some  some  some  some
catalog.association           all   all   all   all   all   all
care.verification             none  all   none  none  none  none
care.pin                      none  all   none  none  none  none
care.member                   some  all   some  some  some  some
care.membership               some  all   some  some  some  some
care.discussion               none  all   none  none  none  none
care.discussion_topic         none  all   none  none  none  none
care.post                     none  all   none  none  none  none
care.post_reaction            none  all   none  none  none  none
care.profile                  none  some  none  none  none  none
care.appeal                   none  all   none  none  none  none
care.flag                     none  all   none  none  none  none
care.removal                  none  all   none  none  none  none
care.removed_text             none  all   none  none  none  none
care.suspension               none  all   none  none  none  none
care.reading_alert            none  all   none  none  none  none
catalog.network_count         all   all   all   all   all   all
catalog.help_line             all   all   all   all   all   all
catalog.privacy_notice        all   all   all   all   all   all
care.catalogue_proposal       none  none  none  all   none  none
catalog.terms                 all   all   all   all   all   all
insight.organization          all   all   all   all   all   all
insight.licence               none  none  all   none  none  none
insight.organization_user     none  none  all   none  none  none
insight.dataset               some  some  some  some  some  some
insight.variable              all   all   all   all   all   all
insight.category              all   all   all   all   all   all
insight.release               some  none  some  none  none  none
insight.insight               all   none  all   none  none  none
insight.cell                  all   none  all   none  none  none
insight.statistic             all   none  all   none  none  none
insight.ledger_entry          all   all   all   all   all   all
identity.staff                some  some  some  some  all   some
identity.second_factor         none  none  none  none  none  none
identity.staff_change         none  none  none  none  all   none
"""
READS = {table: dict(zip(ROLES, cells, strict=True)) for table, *cells in map(str.split, EXPECTED.strip().split("\n"))}


def test_every_table_of_staff_is_classified_by_role() -> None:
    tables = {table for table, scope in SCOPES.items() if Audience.MANAGER in scope.readers}
    mend = "say which role reads it, and which rows, in EXPECTED in tests/models/test_staff_rows.py"
    assert tables == set(READS), mend


async def test_staff_read_the_rows_of_their_role(admin: Admin) -> None:
    await small_network(admin)
    await factories.dataset(admin, status=DatasetStatus.TOO_SMALL)
    await factories.profile(admin)  # shared with a community
    for status in (SurveyStatus.DRAFT, SurveyStatus.WAITING):
        await surveyed(admin, status)
    staff = {name: (await factories.staff(admin, roles=roles))["id"] for name, roles in ROLES.items()}
    found: dict[str, dict[str, str]] = {table: {} for table in READS}
    for table, by_role in found.items():
        everything = await admin.fetchval(f"SELECT count(*) FROM {table}")
        for name, viewer in staff.items():
            async with viewing(admin, Audience.MANAGER, viewer):
                seen = await admin.fetchval(f"SELECT count(*) FROM {table}")
            by_role[name] = "all" if seen == everything else "some" if seen else "none"
    assert found == READS


# With members' rows, but open to roles without a second factor: associations, and proposals without a name.
NAMELESS = {"care.member", "care.membership", "care.catalogue_proposal"}


async def test_a_role_that_reads_members_waits_for_a_second_factor(admin: Admin) -> None:
    """Outside of the demonstration: until then it reads what staff without a role do."""
    await small_network(admin)
    needing = {
        role
        for name, roles in ROLES.items()
        for role in roles
        if any(by_role[name] != "none" for table, by_role in READS.items() if is_of_members(table))
    }
    assert needing == {StaffRole.MODERATOR}
    for role in StaffRole:
        needs = await admin.fetchval("SELECT identity.needs_second_factor($1)", role.value)
        # Administrators read no member, but give the role to moderate.
        assert (role, needs) == (role, role in needing | {StaffRole.ADMINISTRATOR})
        staff = (await factories.staff(admin, roles=[], has_second_factor=False))["id"]
        await admin.execute("SELECT identity.give_roles($1, $2)", staff, [role.value])
        async with viewing(admin, Audience.MANAGER, staff):
            for table in filter(is_of_members, READS):
                assert (role, table, await admin.fetchval(f"SELECT count(*) FROM {table}")) == (role, table, 0)
            kinds = {row["kind"] for row in await admin.fetch("SELECT kind FROM care.member")}
        assert (role, kinds) == (role, {"ASSOCIATION"})


def is_of_members(table: str) -> bool:
    return table.startswith("care.") and table not in NAMELESS


async def surveyed(admin: Admin, status: SurveyStatus) -> UUID:
    """The id of a survey with this status, with a question and conditions on who is surveyed."""
    survey: Any = (await factories.survey(admin, status=status))["id"]
    question = (await factories.question(admin, survey_id=survey))["id"]
    await factories.question_option(admin, question_id=question)
    await factories.visibility_rule(admin, question_id=question)
    await factories.eligibility(admin, survey_id=survey)
    return UUID(str(survey))


async def test_only_survey_managers_read_drafts_and_whom_a_survey_waits_for(admin: Admin) -> None:
    surveys = {status: await surveyed(admin, status) for status in SurveyStatus}
    for name, roles in ROLES.items():
        viewer = (await factories.staff(admin, roles=roles))["id"]
        async with viewing(admin, Audience.MANAGER, viewer):
            rows = await admin.fetch("SELECT status FROM catalog.survey WHERE id = any($1)", list(surveys.values()))
            asked = await admin.fetch("SELECT survey_id FROM catalog.eligibility")
        hidden = set() if name == "manager" else {SurveyStatus.DRAFT}
        assert {row["status"] for row in rows} == set(SurveyStatus) - hidden
        hidden = hidden and hidden | {SurveyStatus.WAITING}
        expected = {id for status, id in surveys.items() if status not in hidden}
        assert {row["survey_id"] for row in asked} & set(surveys.values()) == expected


async def test_no_role_reads_without_the_viewers_id(admin: Admin) -> None:
    """Not even with another audience's id: nobody has a role then."""
    await small_network(admin)
    narrowed = [table for table, by_role in READS.items() if by_role["without"] == "none"]
    assert "care.flag" in narrowed
    async with viewing(admin, Audience.MANAGER):
        for setting in ("cohorte.member", "cohorte.organization"):
            await admin.execute("SELECT set_config($1, gen_random_uuid()::text, true)", setting)
        for table in [*narrowed, "care.member", "care.membership", "identity.staff"]:
            assert (table, await admin.fetchval(f"SELECT count(*) FROM {table}")) == (table, 0)
