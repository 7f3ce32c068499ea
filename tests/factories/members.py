"""Factories of members and their tracking."""

from typing import Any

import asyncpg

from models.identity import associations, members
from models.tracking import observations, own_indicators, own_treatments, treatments
from tests.factories.catalogue import community, indicator, treatment
from tests.factories.rows import DAY, NOON, Connection, fake, numbers


async def member(connection: Connection, *, sharing: members.Sharing | None = None, **given: Any) -> asyncpg.Record:
    """A member, with a profile if `sharing` is given."""
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


async def association(connection: Connection, *, member_id: Any = None, **given: Any) -> asyncpg.Record:
    """The page of an association, which its member has from the start, with these columns."""
    if member_id is None:
        member_id = (await member(connection, kind=members.MemberKind.ASSOCIATION))["id"]
    given = {"website": "https://www.rare.org", "email": "contact@rare.example"} | given
    columns = ", ".join(f"{name} = ${place}" for place, name in enumerate(given, 2))
    changed = await connection.fetchrow(
        f"UPDATE catalog.association SET {columns} WHERE member_id = $1 RETURNING *", member_id, *given.values()
    )
    assert isinstance(changed, asyncpg.Record)
    return changed


async def verification(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        associations.Verification,
        given,
        {"member_id": member},
        verified=True,
        reason="Its statutes were read.",
        full_name="Rare Together",
        created_at=NOON,
    )


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
    return await fake(connection, observations.Observation, given, parents, value=4.0, observed_on=DAY)


async def own_indicator(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        own_indicators.OwnIndicator,
        given,
        {"member_id": member},
        name=f"Own {next(numbers)}",
        scale=observations.Scale.RATING_0_10,
        minimum=0.0,
        maximum=10.0,
    )


async def own_observation(connection: Connection, **given: Any) -> asyncpg.Record:
    """A value of an own indicator, of the same member unless the indicator is given."""
    if "member_id" not in given:
        given["member_id"] = (await member(connection))["id"]
    if "own_indicator_id" not in given:
        given["own_indicator_id"] = (await own_indicator(connection, member_id=given["member_id"]))["id"]
    return await fake(connection, own_indicators.OwnObservation, given, value=4.0, observed_on=DAY)


async def own_treatment(connection: Connection, **given: Any) -> asyncpg.Record:
    kind = treatments.TreatmentKind.DEVICE
    return await fake(
        connection, own_treatments.OwnTreatment, given, {"member_id": member}, name=f"Own {next(numbers)}", kind=kind
    )


async def own_course(connection: Connection, **given: Any) -> asyncpg.Record:
    """A course of an own treatment, of the same member unless the treatment is given."""
    if "member_id" not in given:
        given["member_id"] = (await member(connection))["id"]
    if "own_treatment_id" not in given:
        given["own_treatment_id"] = (await own_treatment(connection, member_id=given["member_id"]))["id"]
    status = treatments.CourseStatus.ACTIVE
    return await fake(connection, own_treatments.OwnCourse, given, status=status, started_on=DAY)


async def course(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"member_id": member, "treatment_id": treatment}
    status = treatments.CourseStatus.ACTIVE
    return await fake(connection, treatments.Course, given, parents, status=status, started_on=DAY)


async def evaluation(connection: Connection, **given: Any) -> asyncpg.Record:
    """An evaluation, with a course of the same member and treatment unless one is given."""
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
    """A side effect, named in an evaluation by the same member."""
    if "member_id" not in given:
        given["member_id"] = (await member(connection))["id"]
    if "evaluation_id" not in given:
        given["evaluation_id"] = (await evaluation(connection, member_id=given["member_id"]))["id"]
    parents = {"indicator_id": indicator}
    return await fake(
        connection, treatments.SideEffect, given, parents, severity=treatments.Severity.MILD, serious=False
    )
