"""The only place that makes one plausible row of a table, for tests: what is not given is filled in, parents too."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeAlias

import asyncpg

from models import (
    accounts,
    communities,
    discussions,
    members,
    moderation,
    organizations,
    surveys,
    tracking,
    treatments,
)
from models.columns import Table

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
numbers = count(1)


async def condition(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, communities.Condition, given, name=f"Condition {next(numbers)}", icd10="M05")


async def community(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        communities.Community,
        given,
        {"condition_id": condition},
        slug=f"community-{number}",
        name=f"Community {number}",
        description="Who live with it.",
    )


async def community_indicator(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"community_id": community, "indicator_id": indicator}
    return await fake(connection, communities.CommunityIndicator, given, parents, position=next(numbers))


async def community_treatment(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"community_id": community, "treatment_id": treatment}
    return await fake(connection, communities.CommunityTreatment, given, parents, position=next(numbers))


async def indicator(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        tracking.Indicator,
        given,
        slug=f"indicator-{number}",
        name=f"Indicator {number}",
        kind=tracking.IndicatorKind.SYMPTOM,
        scale=tracking.Scale.RATING_0_10,
        minimum=0.0,
        maximum=10.0,
    )


async def treatment(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        treatments.Treatment,
        given,
        slug=f"treatment-{number}",
        name=f"Treatment {number}",
        kind=treatments.TreatmentKind.MEDICATION,
    )


async def member(connection: Connection, *, sharing: members.Sharing | None = None, **given: Any) -> asyncpg.Record:
    """A member, and its profile where `sharing` is given."""
    made = await fake(
        connection,
        members.Member,
        given,
        pseudonym=f"member-{next(numbers)}",
        kind=members.MemberKind.PATIENT,
        joined_on=DAY,
    )
    if sharing is not None:
        await profile(connection, member_id=made["id"], sharing=sharing)
    return made


async def profile(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection, members.Profile, given, {"member_id": member}, birth_year=1980, sex=members.Sex.FEMALE
    )


async def membership(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "community_id": community}
    return await fake(connection, members.Membership, given, parents, joined_on=DAY)


async def care_link(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"patient_id": member, "relative_id": member}
    return await fake(connection, members.CareLink, given, parents, status=members.CareLinkStatus.ACCEPTED)


async def notification(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection, members.Notification, given, {"member_id": member}, kind=members.NotificationKind.SURVEY_OPEN
    )


async def observation(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "indicator_id": indicator}
    return await fake(connection, tracking.Observation, given, parents, value=4.0, observed_on=DAY)


async def course(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "treatment_id": treatment}
    status = treatments.CourseStatus.ACTIVE
    return await fake(connection, treatments.Course, given, parents, status=status, started_on=DAY)


async def evaluation(connection: Connection, **given: Any) -> asyncpg.Record:
    """An evaluation; one without a course is given one of the same member and treatment."""
    for column, parent in {"member_id": member, "treatment_id": treatment}.items():
        if column not in given:
            given[column] = (await parent(connection))["id"]
    if "course_id" not in given:
        of = {column: given[column] for column in ("member_id", "treatment_id")}
        given["course_id"] = (await course(connection, **of))["id"]
    return await fake(
        connection,
        treatments.Evaluation,
        given,
        evaluated_on=DAY,
        effectiveness=7,
        convenience=5,
        satisfaction=6,
    )


async def side_effect(connection: Connection, **given: Any) -> asyncpg.Record:
    """A side effect; its evaluation is the same member's."""
    if "member_id" not in given:
        given["member_id"] = (await member(connection))["id"]
    if "evaluation_id" not in given:
        given["evaluation_id"] = (await evaluation(connection, member_id=given["member_id"]))["id"]
    parents = {"indicator_id": indicator}
    return await fake(
        connection, treatments.SideEffect, given, parents, severity=treatments.Severity.MILD, serious=False
    )


async def discussion(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"community_id": community, "author_id": member}
    return await fake(
        connection, discussions.Discussion, given, parents, title="Mornings", created_at=NOON, last_post_at=NOON
    )


async def discussion_topic(connection: Connection, **given: Any) -> asyncpg.Record:
    parents: dict[str, Maker] = {"discussion_id": discussion}
    if "indicator_id" not in given:
        parents["treatment_id"] = treatment
    return await fake(connection, discussions.DiscussionTopic, given, parents, position=next(numbers))


async def post(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"discussion_id": discussion, "author_id": member}
    return await fake(connection, discussions.Post, given, parents, body="It helps me to walk.", created_at=NOON)


async def post_reaction(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"post_id": post, "member_id": member}
    return await fake(connection, discussions.PostReaction, given, parents, reaction=discussions.Reaction.THANKS)


async def flag(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"post_id": post, "member_id": member}
    return await fake(connection, discussions.Flag, given, parents, reason=discussions.FlagReason.SPAM)


async def removal(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, moderation.Removal, given, {"post_id": post}, reason="It names somebody.")


async def suspension(connection: Connection, **given: Any) -> asyncpg.Record:
    """A suspension for good, unless its end is given."""
    return await fake(connection, moderation.Suspension, given, {"member_id": member}, reason="It insults others.")


async def survey(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        surveys.Survey,
        given,
        {"community_id": community},
        title="How do you sleep?",
        description="Ten questions about the last fortnight.",
        status=surveys.SurveyStatus.OPEN,
        closes_on=DAY + timedelta(days=30),
    )


async def eligibility(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, surveys.Eligibility, given, {"survey_id": survey}, kinds=["PATIENT"])


async def survey_progress(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, surveys.SurveyProgress, given, {"survey_id": survey}, completed_count=12)


async def question(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        surveys.Question,
        given,
        {"survey_id": survey},
        position=number,
        key=f"question_{number}",
        text="How many nights?",
        kind=surveys.QuestionKind.SINGLE_CHOICE,
        required=True,
    )


async def question_option(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    parents = {"question_id": question}
    return await fake(
        connection, surveys.QuestionOption, given, parents, code=f"c{number}", label="Some", position=number
    )


async def visibility_rule(connection: Connection, **given: Any) -> asyncpg.Record:
    operator = surveys.RuleOperator.ANSWERED
    parents = {"question_id": question}
    return await fake(
        connection,
        surveys.VisibilityRule,
        given,
        parents,
        position=next(numbers),
        on_key="question_0",
        operator=operator,
    )


async def participation(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "survey_id": survey}
    return await fake(connection, surveys.Participation, given, parents, status=surveys.ParticipationStatus.STARTED)


async def answer_sheet(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, surveys.AnswerSheet, given, {"survey_id": survey})


async def answer(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"answer_sheet_id": answer_sheet, "question_id": question}
    return await fake(connection, surveys.Answer, given, parents, codes=["c1"])


async def consent(connection: Connection, **given: Any) -> asyncpg.Record:
    purpose = surveys.ConsentPurpose.SURVEY_RESEARCH
    parents = {"member_id": member}
    return await fake(
        connection, surveys.Consent, given, parents, purpose=purpose, granted=True, notice_version="2026-01"
    )


async def consent_change(connection: Connection, **given: Any) -> asyncpg.Record:
    purpose = surveys.ConsentPurpose.SURVEY_RESEARCH
    parents = {"member_id": member}
    return await fake(
        connection, surveys.ConsentChange, given, parents, purpose=purpose, granted=True, notice_version="2025-1"
    )


async def notice(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        surveys.Notice,
        given,
        purpose=surveys.ConsentPurpose.SURVEY_RESEARCH,
        version=f"fake-{number}",
        in_force_on=date(2020, 1, 1) + timedelta(days=number),
        text="What is done with answers.",
    )


async def organization(connection: Connection, **given: Any) -> asyncpg.Record:
    kind = organizations.OrganizationKind.LABORATORY
    return await fake(connection, organizations.Organization, given, name=f"Organization {next(numbers)}", kind=kind)


async def licence(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        organizations.Licence,
        given,
        {"organization_id": organization, "community_id": community},
        purpose="Sleep and fatigue",
        starts_on=DAY,
        ends_on=DAY + timedelta(days=365),
        status=organizations.LicenceStatus.GRANTED,
    )


async def api_key(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        organizations.ApiKey,
        given,
        {"organization_id": organization},
        name="Reporting",
        prefix=f"coh_{number}",
        secret_hash=digest(f"key {number}"),
        expires_at=NOON + timedelta(days=3650),
    )


async def staff(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, accounts.Staff, given, name="Camille", roles=[accounts.StaffRole.MODERATOR])


async def account(connection: Connection, **given: Any) -> asyncpg.Record:
    """An account: a member's, unless an organization or staff is given."""
    whose = {"member_id": member} if not {"organization_id", "staff_id"} & set(given) else {}
    return await fake(connection, accounts.Account, given, whose, email=f"account-{next(numbers)}@example.org")


async def credential(connection: Connection, **given: Any) -> asyncpg.Record:
    """A credential whose hash no password has."""
    return await fake(connection, accounts.Credential, given, {"account_id": account}, password_hash="none")  # noqa: S106


async def session(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"account_id": account}
    token = digest(f"token {next(numbers)}")
    expires = NOON + timedelta(days=3650)
    return await fake(connection, accounts.Session, given, parents, token_hash=token, expires_at=expires)


Maker = Callable[..., Awaitable[asyncpg.Record]]


async def fake(
    connection: Connection,
    table: type[Table],
    given: Mapping[str, Any],
    parents: Mapping[str, Maker] | None = None,
    **filled: Any,
) -> asyncpg.Record:
    """Inserts the row, with parents made where no id is given; the row as PostgreSQL has it."""
    values = {**filled, **given}
    for column, maker in (parents or {}).items():
        if column not in values:
            values[column] = (await maker(connection))["id"]
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    target = table.__table__.fullname  # type: ignore[attr-defined]
    row = await connection.fetchrow(
        f"INSERT INTO {target} ({names}) VALUES ({places}) RETURNING *",  # noqa: S608 - names are the models' own
        *values.values(),
    )
    assert isinstance(row, asyncpg.Record)
    return row


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
