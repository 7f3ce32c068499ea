"""Creates and revises surveys, for survey managers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from uuid import UUID, uuid4

import asyncpg

from models.database import Connection
from models.identity.accounts import StaffRole
from models.identity.members import MemberKind, Sex
from models.identity.organizations import OrganizationKind
from models.parameters import CommunityId, SurveyId, TreatmentId
from models.research.surveys import SurveyStatus
from models.viewers import Viewer
from resolvers.days import Days, current_days
from resolvers.regions import region_of
from resolvers.research.revisions_mutations import question_refusals, text_refusals
from resolvers.research.surveys_rules import definition_refusals
from resolvers.research.visibility_rules import QuestionDefinition
from resolvers.transactions import (
    UNSET,
    Maybe,
    Refusal,
    RefusalCode,
    Refused,
    conflict,
    invalid,
    line_within,
    not_found,
    require_role,
    text_within,
    too_late,
)

TITLE_LENGTH = 200
DESCRIPTION_LENGTH = 5_000
MOST_PARTICIPANTS = 1_000_000
FIRST_YEAR = 1900
ONLY_IN_DRAFTS = "This can change in a draft only. A survey that has not opened can be put back to draft."
REVISABLE = (SurveyStatus.DRAFT, SurveyStatus.WAITING, SurveyStatus.OPEN)


@dataclass(frozen=True)
class EligibilityDefinition:
    """The conditions on a survey's participants. Empty and None are no condition, but without `kinds` only patients."""

    kinds: Sequence[MemberKind] = ()
    sexes: Sequence[Sex] = ()
    born_from: int | None = None
    born_to: int | None = None
    treatments: Sequence[TreatmentId] = ()
    regions: Sequence[str] = ()


ANY_PATIENT = EligibilityDefinition()


async def create_survey(
    connection: Connection,
    viewer: Viewer,
    *,
    community: CommunityId,
    title: str,
    description: str,
    questions: Sequence[QuestionDefinition],
    minimum_participants: int | None,
    opens_on: date | None,
    closes_on: date,
    offered_to: Sequence[OrganizationKind],
    eligibility: EligibilityDefinition = ANY_PATIENT,
) -> UUID:
    """Creates a survey as a draft, which only staff can see, and returns its id.

    The minimum of participants is at least, and by default, what the community's readiness needs. Raises Forbidden if
    the viewer is not a survey manager, and Refused: NOT_FOUND for the community or a treatment, INVALID and TOO_LONG
    for a field, each fault of the questions with its path.
    """
    require_role(viewer, StaffRole.SURVEY_MANAGER)
    needed = await connection.fetchval("SELECT needed_count FROM catalog.community WHERE id = $1", community)
    if needed is None:
        raise not_found("community")
    title = line_within(title, TITLE_LENGTH, "title")
    description = text_within(description, DESCRIPTION_LENGTH, "description")
    days = await current_days(connection)
    _refuse_past(opens_on, days)
    _refuse_unless_later(closes_on, opens_on, days)
    if minimum_participants is not None:
        _refuse_bad_minimum(minimum_participants, needed)
    _refuse_no_recipient(offered_to)
    _refuse_bad_questions(questions)
    eligibility = await _checked_eligibility(connection, eligibility, days)
    survey: UUID = await connection.fetchval(
        """
        INSERT INTO catalog.survey
            (community_id, title, description, status, opens_on, closes_on, minimum_participants, offered_to)
        VALUES ($1, $2, $3, 'DRAFT', $4, $5, $6, $7) RETURNING id
        """,
        community,
        title,
        description,
        opens_on,
        closes_on,
        needed if minimum_participants is None else minimum_participants,
        _names(offered_to),
    )
    await _write_eligibility(connection, survey, eligibility)
    await _write_questions(connection, survey, 1, questions)
    return survey


async def revise_survey(
    connection: Connection,
    viewer: Viewer,
    *,
    survey: SurveyId,
    title: str | None,
    description: str | None,
    questions: Sequence[QuestionDefinition] | None,
    minimum_participants: int | None,
    opens_on: Maybe[date] = UNSET,
    closes_on: date | None,
    offered_to: Sequence[OrganizationKind] | None,
    eligibility: EligibilityDefinition | None,
) -> UUID:
    """Changes the fields that are given, and returns the survey's id.

    Everything in a draft can change, and its questions are replaced. The questions of a survey that members can see
    stay, with their answers, and the new ones become its next version. Raises Forbidden if the viewer is not a survey
    manager, and Refused: NOT_FOUND, TOO_LATE if the survey has closed, INVALID and TOO_LONG for a field, TOO_LATE for
    what would change the meaning of answers, and for what can change in a draft only.
    """
    require_role(viewer, StaffRole.SURVEY_MANAGER)
    found = await _locked(connection, survey)
    status = SurveyStatus(found["status"])
    if status not in REVISABLE:
        raise too_late("The survey has closed.", "survey")
    title = found["title"] if title is None else line_within(title, TITLE_LENGTH, "title")
    if description is None:
        description = found["description"]
    else:
        description = text_within(description, DESCRIPTION_LENGTH, "description")
    days = await current_days(connection)
    first_day = found["opens_on"] if opens_on is UNSET else opens_on
    if opens_on is not UNSET:
        _refuse_past(first_day, days)
    if closes_on is not None:
        _refuse_unless_later(closes_on, first_day, days)
    elif opens_on is not UNSET and first_day is not None and first_day > found["closes_on"]:
        raise invalid("The first day must not be after the last.", "opens_on")
    if minimum_participants is not None:
        needed = "SELECT needed_count FROM catalog.community WHERE id = $1"
        _refuse_bad_minimum(minimum_participants, await connection.fetchval(needed, found["community_id"]))
    if offered_to is not None:
        _refuse_no_recipient(offered_to)
    if eligibility is not None:
        eligibility = await _checked_eligibility(connection, eligibility, days)
    refusals: list[Refusal] = []
    if questions is not None:
        refusals += definition_refusals(questions, "questions")
    if status is not SurveyStatus.DRAFT:
        if questions is not None and not refusals:
            refusals += await question_refusals(connection, survey, questions)
        fixed = {
            "minimum_participants": minimum_participants is not None,
            "opens_on": opens_on is not UNSET,
            "offered_to": offered_to is not None,
            "eligibility": eligibility is not None,
        }
        refusals += [
            Refusal(RefusalCode.TOO_LATE, ONLY_IN_DRAFTS, (name,)) for name, is_given in fixed.items() if is_given
        ]
    if status is SurveyStatus.OPEN:
        texts = {"title": (found["title"], title), "description": (found["description"], description)}
        refusals += await text_refusals(connection, texts)
    if refusals:
        raise Refused(*refusals)
    version: int = found["version"]
    if questions is not None:
        if status is SurveyStatus.DRAFT:
            await connection.execute("DELETE FROM catalog.question WHERE survey_id = $1", survey)
        else:
            version += 1
        await _write_questions(connection, survey, version, questions)
    await connection.execute(
        "UPDATE catalog.survey SET title = $2, description = $3, closes_on = $4, version = $5 WHERE id = $1",
        survey,
        title,
        description,
        closes_on or found["closes_on"],
        version,
    )
    if status is SurveyStatus.DRAFT:
        await connection.execute(
            "SELECT catalog.set_survey_terms($1, $2, $3, $4)",
            survey,
            first_day,
            minimum_participants or found["minimum_participants"],
            found["offered_to"] if offered_to is None else _names(offered_to),
        )
    if eligibility is not None:
        await _write_eligibility(connection, survey, eligibility)
    return survey


async def unschedule_survey(connection: Connection, viewer: Viewer, *, survey: SurveyId) -> UUID:
    """Puts a survey that waits to open back to draft, and returns its id. Its questions keep their ids.

    Raises Forbidden if the viewer is not a survey manager, and Refused: NOT_FOUND, CONFLICT if it is a draft, TOO_LATE
    if it has opened or closed.
    """
    require_role(viewer, StaffRole.SURVEY_MANAGER)
    status = SurveyStatus((await _locked(connection, survey))["status"])
    if status is SurveyStatus.DRAFT:
        raise conflict("The survey is a draft.", "survey")
    if status is not SurveyStatus.WAITING:
        raise too_late("The survey has opened, or has closed.", "survey")
    await connection.execute("SELECT catalog.unschedule_survey($1)", survey)
    return survey


async def _locked(connection: Connection, survey: UUID) -> asyncpg.Record:
    found = (
        "SELECT community_id, title, description, status, version, opens_on, closes_on, minimum_participants,"
        " offered_to FROM catalog.survey WHERE id = $1"
    )
    # A survey that has closed does not change any more, and the role may not lock it: it is read without a lock.
    row = await connection.fetchrow(f"{found} FOR UPDATE", survey) or await connection.fetchrow(found, survey)
    if row is None:
        raise not_found("survey")
    return row


def _refuse_past(opens_on: date | None, days: Days) -> None:
    if opens_on is not None and days.is_over(opens_on):
        raise invalid("This day is in the past.", "opens_on")


def _refuse_bad_minimum(participants: int, needed: int) -> None:
    if not needed <= participants <= MOST_PARTICIPANTS:
        raise invalid(f"This must be between {needed:,} and {MOST_PARTICIPANTS:,}.", "minimum_participants")


def _refuse_no_recipient(offered_to: Sequence[OrganizationKind]) -> None:
    if not offered_to:
        raise invalid("Name at least one kind of organization.", "offered_to")


def _names(kinds: Sequence[Enum]) -> list[str]:
    return sorted({kind.value for kind in kinds})


def _refuse_unless_later(closes_on: date, opens_on: date | None, days: Days) -> None:
    if days.is_over(closes_on) or (opens_on is not None and closes_on < opens_on):
        raise invalid("The last day must not be in the past, nor precede the first.", "closes_on")


def _refuse_bad_questions(questions: Sequence[QuestionDefinition]) -> None:
    refusals = definition_refusals(questions, "questions")
    if refusals:
        raise Refused(*refusals)


async def _checked_eligibility(
    connection: Connection, eligible: EligibilityDefinition, days: Days
) -> EligibilityDefinition:
    """The eligibility as it is stored. Raises Refused: INVALID and NOT_FOUND."""
    path = ("eligibility",)
    for name, year in (("born_from", eligible.born_from), ("born_to", eligible.born_to)):
        if year is not None and not FIRST_YEAR <= year <= days.latest.year:
            raise invalid(f"The year of birth must be between {FIRST_YEAR} and the current year.", *path, name)
    if eligible.born_from is not None and eligible.born_to is not None and eligible.born_from > eligible.born_to:
        raise invalid("The last year must not precede the first.", *path, "born_to")
    known = await connection.fetch("SELECT id FROM catalog.treatment WHERE id = any($1)", list(eligible.treatments))
    found = {row["id"] for row in known}
    unknown = [
        refusal
        for number, treatment in enumerate(eligible.treatments)
        if treatment not in found
        for refusal in not_found(*path, "treatments", number).refusals
    ]
    if unknown:
        raise Refused(*unknown)
    regions = [region_of(region, *path, "regions", number) for number, region in enumerate(eligible.regions)]
    return replace(eligible, regions=list(dict.fromkeys(regions)))


async def _write_eligibility(connection: Connection, survey: UUID, eligible: EligibilityDefinition) -> None:
    await connection.execute(
        """
        INSERT INTO catalog.eligibility (survey_id, kinds, sexes, born_from, born_to, treatment_ids, regions)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (survey_id) DO UPDATE SET kinds = excluded.kinds, sexes = excluded.sexes,
            born_from = excluded.born_from, born_to = excluded.born_to, treatment_ids = excluded.treatment_ids,
            regions = excluded.regions
        """,
        survey,
        _names(eligible.kinds),
        _names(eligible.sexes),
        eligible.born_from,
        eligible.born_to,
        list(dict.fromkeys(eligible.treatments)),
        list(eligible.regions),
    )


async def _write_questions(
    connection: Connection, survey: UUID, version: int, questions: Sequence[QuestionDefinition]
) -> None:
    made = [(uuid4(), position, question) for position, question in enumerate(questions, start=1)]
    await connection.executemany(
        """
        INSERT INTO catalog.question
            (id, survey_id, version, position, key, text, help, kind, required, minimum, maximum, bins, max_choices)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        [
            (
                id, survey, version, position, one.key, one.text.strip(), one.help and one.help.strip(), one.kind,
                one.required, one.minimum, one.maximum, list(one.bins) or None, one.max_choices,
            )
            for id, position, one in made
        ],
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO catalog.question_option (question_id, code, label, position) VALUES ($1, $2, $3, $4)",
        [
            (id, option.code, option.label.strip(), place)
            for id, _, question in made
            for place, option in enumerate(question.options)
        ],
    )
    await connection.executemany(
        """
        INSERT INTO catalog.visibility_rule (question_id, position, on_key, operator, "values")
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (id, place, rule.question, rule.operator, list(rule.values))
            for id, _, question in made
            for place, rule in enumerate(question.visible_when)
        ],
    )
