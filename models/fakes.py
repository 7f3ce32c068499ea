"""The only place that makes one plausible row of a table, for tests: what is not given is filled in, parents too."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeAlias

import asyncpg

from models import (
    accounts,
    communities,
    datasets,
    discussions,
    insights,
    members,
    moderation,
    organizations,
    surveys,
    tracking,
    treatments,
)
from models.columns import Table
from privacy import chain
from privacy.measures import Measure, Reliability
from privacy.precision import Precision

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


async def diagnosis(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "community_id": community}
    return await fake(connection, members.Diagnosis, given, parents, diagnosed_in=2019)


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


async def dataset(connection: Connection, **given: Any) -> asyncpg.Record:
    """A wave of a community, without a variable; it ends a year after it was frozen."""
    frozen_on = given.get("frozen_on", DAY)
    return await fake(
        connection,
        datasets.Dataset,
        given,
        {"community_id": community},
        kind=datasets.DatasetKind.TRACKING,
        title="Tracking, spring",
        wave=f"wave {next(numbers)}",
        frozen_on=frozen_on,
        ends_on=frozen_on + timedelta(days=365),
        offered_to=["LABORATORY", "HOSPITAL"],
        domain_version=1,
        status=datasets.DatasetStatus.OPEN,
        size=260,
        cap_micro_rho=250_000,
    )


async def variable(connection: Connection, *, codes: Sequence[str] = (), **given: Any) -> asyncpg.Record:
    """A variable of a dataset, the next one unless its position is given; `codes` are made its categories, in order."""
    if "dataset_id" not in given:
        given["dataset_id"] = (await dataset(connection))["id"]
    place = await row_of(
        connection,
        "SELECT coalesce(max(position), 0) + 1 AS position, coalesce(max(slot + max_per_member), 0) AS slot"
        " FROM insight.variable WHERE dataset_id = $1",
        given["dataset_id"],
    )
    position = given.get("position", place["position"])
    made = await fake(
        connection,
        datasets.Variable,
        given,
        position=position,
        name=f"variable_{position}",
        label=f"Variable {position}",
        ordinal=False,
        max_per_member=1,
        slot=place["slot"],
        rule=datasets.Rule.SEX,
    )
    for number, code in enumerate(codes):
        await category(connection, dataset_id=made["dataset_id"], variable=made["position"], place=number, code=code)
    return made


async def category(connection: Connection, **given: Any) -> asyncpg.Record:
    if "variable" not in given:
        of = {"dataset_id": given["dataset_id"]} if "dataset_id" in given else {}
        made = await variable(connection, **of)
        given |= {"dataset_id": made["dataset_id"], "variable": made["position"]}
    label = given.get("code", "UNKNOWN").capitalize()
    return await fake(connection, datasets.Category, given, place=0, code="UNKNOWN", label=label)


async def enrolment(connection: Connection, **given: Any) -> asyncpg.Record:
    purpose = surveys.ConsentPurpose.TRACKING_RESEARCH
    parents = {"dataset_id": dataset, "member_id": member}
    return await fake(connection, datasets.Enrolment, given, parents, purpose=purpose, reserved_micro_rho=250_000)


async def record(connection: Connection, **given: Any) -> asyncpg.Record:
    """A record of an enrolled member, enrolled for it where it is not yet."""
    if not {"dataset_id", "member_id"} <= set(given):
        made = await enrolment(connection, **{name: id for name, id in given.items() if name.endswith("_id")})
        given |= {"dataset_id": made["dataset_id"], "member_id": made["member_id"]}
    return await fake(connection, datasets.Record, given, codes=b"\0")


async def release(connection: Connection, **given: Any) -> asyncpg.Record:
    """A release of a dataset's size, unless its cube is given; what it cost is not taken off the dataset's budget."""
    cells = len(given.get("noisy", given.get("estimates", [0])))
    return await fake(
        connection,
        insights.Release,
        given,
        {"dataset_id": dataset},
        cube=f"@v{next(numbers)}" if "variables" not in given else f"{given['variables']}@v1",
        variables=[],
        precision=Precision.WITHIN_20,
        margin=20,
        contributions=1,
        micro_rho=4_567,
        total_micro_rho=given.get("micro_rho", 4_567),
        sigma=10.464,
        noisy=[260] * cells,
        estimates=[float(count) for count in given.get("noisy", [260] * cells)],
        purpose="Size of the dataset",
    )


async def insight(connection: Connection, **given: Any) -> asyncpg.Record:
    """An insight of a release, which is of its dataset, which is of its community."""
    if "release_id" not in given:
        of = {"dataset_id": given["dataset_id"]} if "dataset_id" in given else {}
        given["release_id"] = (await release(connection, **of))["id"]
    place = await row_of(
        connection,
        "SELECT d.id, d.community_id, r.published_at FROM insight.release r JOIN insight.dataset d"
        " ON d.id = r.dataset_id WHERE r.id = $1",
        given["release_id"],
    )
    return await fake(
        connection,
        insights.Insight,
        given,
        dataset_id=place["id"],
        community_id=place["community_id"],
        published_at=place["published_at"],
        variable=1,
        by=[],
    )


async def cell(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        insights.Cell,
        given,
        {"insight_id": insight},
        place=0,
        category=0,
        by=[],
        count=120,
        margin=10,
        share=0.46,
        low=0.4,
        high=0.52,
        reliability=Reliability.HIGH,
    )


async def statistic(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        insights.Statistic,
        given,
        {"insight_id": insight},
        place=0,
        measure=Measure.MEAN,
        by=[],
        value=4.2,
        low=4.0,
        high=4.4,
        reliability=Reliability.HIGH,
    )


async def ledger_entry(connection: Connection, **given: Any) -> asyncpg.Record:
    """The register's next line, about a release; its place and its hashes follow from the line before."""
    if "release_id" not in given:
        of = {column: given[column] for column in ("dataset_id", "organization_id") if column in given}
        given["release_id"] = (await release(connection, **of))["id"]
    of_release = await row_of(
        connection,
        "SELECT r.*, d.title, d.community_id, o.name AS organization_name,"
        " array(SELECT v.name FROM insight.variable v WHERE v.dataset_id = d.id AND v.position = ANY (r.variables)"
        " ORDER BY v.position) AS names"
        " FROM insight.release r JOIN insight.dataset d ON d.id = r.dataset_id"
        " LEFT JOIN insight.organization o ON o.id = r.organization_id WHERE r.id = $1",
        given["release_id"],
    )
    last = await row_of(
        connection,
        "SELECT coalesce(max(position), 0) AS position, (array_agg(hash ORDER BY position DESC))[1] AS hash"
        " FROM insight.ledger_entry",
    )
    entry = chain.Entry(
        position=last["position"] + 1,
        release_id=given["release_id"],
        dataset_id=of_release["dataset_id"],
        dataset_title=of_release["title"],
        community_id=of_release["community_id"],
        organization_id=of_release["organization_id"],
        organization_name=of_release["organization_name"],
        purpose=of_release["purpose"],
        variables=tuple(of_release["names"]),
        micro_rho=of_release["micro_rho"],
        cells_digest=chain.digest_of(of_release["noisy"]),
        published_at=of_release["published_at"],
        previous_hash=last["hash"] or chain.GENESIS,
    )
    entry = replace(entry, **{name: value for name, value in given.items() if name in asdict(entry)})
    return await fake(connection, insights.LedgerEntry, given, **(asdict(entry) | {"hash": chain.hash_of(entry)}))


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


async def row_of(connection: Connection, query: str, *values: Any) -> asyncpg.Record:
    row = await connection.fetchrow(query, *values)
    assert isinstance(row, asyncpg.Record)
    return row


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
