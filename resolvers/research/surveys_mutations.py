"""Creates and revises surveys, for survey managers."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

import asyncpg

from models.community.communities import CommunityStatus
from models.database import Connection
from models.identity.organizations import OrganizationKind
from models.messages import message
from models.parameters import CommunityId, SurveyId
from models.research.surveys import SurveyStatus
from privacy.budget import FLOOR
from resolvers.community.communities_rules import refuse_unless_open
from resolvers.days import Days, current_days
from resolvers.faults import Faults
from resolvers.research.eligibility_mutations import (
    ANY_PATIENT,
    EligibilityDefinition,
    checked_eligibility,
    names_of,
    write_eligibility,
)
from resolvers.research.questions_mutations import write_questions
from resolvers.research.revisions_mutations import (
    asked_before,
    current_questions,
    question_refusals,
    stored,
    survey_translations,
    text_refusals,
)
from resolvers.research.surveys_rules import definition_refusals
from resolvers.research.translations_rules import SurveyTranslation, language_refusals, missing_texts, with_kept
from resolvers.research.visibility_rules import QuestionDefinition
from resolvers.transactions import (
    UNSET,
    Maybe,
    Path,
    Refusal,
    RefusalCode,
    changed_meanwhile,
    conflict,
    invalid,
    line_within,
    not_found,
    not_null,
    text_within,
    too_late,
)

T = TypeVar("T")

TITLE_LENGTH = 200
DESCRIPTION_LENGTH = 5_000
MOST_PARTICIPANTS = 1_000_000
ONLY_IN_DRAFTS = message("This can change in a draft only. A survey that has not opened can be put back to draft.")
REVISABLE = (SurveyStatus.DRAFT, SurveyStatus.WAITING, SurveyStatus.OPEN)


async def create_survey(
    connection: Connection,
    faults: Faults,
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
    translations: Sequence[SurveyTranslation] = (),
) -> UUID:
    """Creates a survey as a draft, which only survey managers can see, and returns its id.

    The minimum of participants is at least, and by default, what the community's readiness needs. Raises Refused:
    NOT_FOUND for the community or a treatment, TOO_LATE if the community has closed or merged, INVALID and TOO_LONG for
    a field, each fault of the questions with its path.
    """
    needed = await _needed(connection, community)
    with faults.collected():
        if needed is None:
            raise not_found("community")
        await _expect_prepared(connection, community)
    with faults.collected():
        title = line_within(title, TITLE_LENGTH, "title")
    with faults.collected():
        description = text_within(description, DESCRIPTION_LENGTH, "description")
    days = await current_days(connection)
    with faults.collected():
        _refuse_past(opens_on, days)
    with faults.collected():
        _refuse_unless_later(closes_on, None if faults.at("opens_on") else opens_on, days)
    with faults.collected():
        _refuse_bad_minimum(minimum_participants, needed)
    with faults.collected():
        _refuse_no_recipient(offered_to)
    faults.add(*await asyncio.to_thread(definition_refusals, questions, "questions"))
    translations = _checked(translations, faults)
    eligibility = await checked_eligibility(connection, eligibility, days, faults)
    faults.refuse()
    survey: UUID = await connection.fetchval(
        """
        INSERT INTO catalog.survey
            (community_id, title, description, status, opens_on, closes_on, minimum_participants, offered_to,
             translations)
        VALUES ($1, $2, $3, 'DRAFT', $4, $5, $6, $7, $8) RETURNING id
        """,
        community,
        title,
        description,
        opens_on,
        closes_on,
        needed if minimum_participants is None else minimum_participants,
        names_of(offered_to),
        stored(translations),
    )
    await write_eligibility(connection, survey, eligibility)
    await write_questions(connection, survey, 1, questions)
    return survey


async def revise_survey(
    connection: Connection,
    faults: Faults,
    *,
    survey: SurveyId,
    revision: int | None = None,
    title: Maybe[str] = UNSET,
    description: Maybe[str] = UNSET,
    questions: Maybe[Sequence[QuestionDefinition]] = UNSET,
    minimum_participants: Maybe[int] = UNSET,
    opens_on: Maybe[date] = UNSET,
    closes_on: Maybe[date] = UNSET,
    offered_to: Maybe[Sequence[OrganizationKind]] = UNSET,
    eligibility: Maybe[EligibilityDefinition] = UNSET,
    translations: Maybe[Sequence[SurveyTranslation]] = UNSET,
) -> UUID:
    """Changes the fields that are given, and returns the survey's id.

    Null removes a first day and the conditions on participants, and is refused for fields that every survey has.
    Everything in a draft can change, and its questions are replaced. The questions of a survey that members can see
    stay, with their answers, and the new ones become its next version. Raises Refused: NOT_FOUND, TOO_LATE if the
    survey has closed, CONFLICT if it has another `revision` than the one that is given, INVALID and TOO_LONG for a
    field, TOO_LATE for what would change the meaning of answers, and for what can change in a draft only.
    """
    return await _revise(
        connection,
        faults,
        survey,
        revision,
        title=_unless_null(title, "title", faults),
        description=_unless_null(description, "description", faults),
        questions=_unless_null(questions, "questions", faults),
        minimum_participants=_unless_null(minimum_participants, "minimum_participants", faults),
        opens_on=opens_on,
        closes_on=_unless_null(closes_on, "closes_on", faults),
        offered_to=_unless_null(offered_to, "offered_to", faults),
        eligibility=ANY_PATIENT if eligibility is None else None if eligibility is UNSET else eligibility,
        translations=() if translations is None else None if translations is UNSET else translations,
    )


async def _revise(
    connection: Connection,
    faults: Faults,
    survey: UUID,
    revision: int | None,
    *,
    title: str | None,
    description: str | None,
    questions: Sequence[QuestionDefinition] | None,
    minimum_participants: int | None,
    opens_on: Maybe[date],
    closes_on: date | None,
    offered_to: Sequence[OrganizationKind] | None,
    eligibility: EligibilityDefinition | None,
    translations: Sequence[SurveyTranslation] | None,
) -> UUID:
    """As `revise_survey`, where None is left out."""
    found = None
    with faults.collected():
        found = await _locked(connection, survey)
        if SurveyStatus(found["status"]) not in REVISABLE:
            raise too_late(message("The survey has closed."), "survey")
        if revision is not None and found["revision"] != revision:
            raise changed_meanwhile("revision")
    if title is not None:
        with faults.collected():
            title = line_within(title, TITLE_LENGTH, "title")
    if description is not None:
        with faults.collected():
            description = text_within(description, DESCRIPTION_LENGTH, "description")
    days = await current_days(connection)
    first_day = (found["opens_on"] if found else None) if opens_on is UNSET else opens_on
    if opens_on is not UNSET:
        with faults.collected():
            _refuse_past(first_day, days)
    with faults.collected():
        if closes_on is not None:
            _refuse_unless_later(closes_on, None if faults.at("opens_on") else first_day, days)
        elif found is not None and opens_on is not UNSET and first_day is not None and first_day > found["closes_on"]:
            raise invalid(message("The first day must not be after the last."), "opens_on")
    with faults.collected():
        needed = None if found is None else await _needed(connection, found["community_id"])
        _refuse_bad_minimum(minimum_participants, needed)
    if offered_to is not None:
        with faults.collected():
            _refuse_no_recipient(offered_to)
    if eligibility is not None:
        eligibility = await checked_eligibility(connection, eligibility, days, faults)
    if questions is not None:
        faults.add(*await asyncio.to_thread(definition_refusals, questions, "questions"))
    asked = {} if found is None else await asked_before(connection, survey)
    now = {key: versions[-1] for key, versions in asked.items()}
    if questions is not None:
        questions = with_kept(questions, now)
    before = () if found is None else survey_translations(found["translations"])
    translations = before if translations is None else _checked(translations, faults)
    status = SurveyStatus(found["status"]) if found else None
    if found is not None and status is not SurveyStatus.DRAFT:
        if questions is not None and not faults.at("questions"):
            faults.add(*await question_refusals(connection, asked, questions))
        if not faults.at("questions"):
            current = await current_questions(connection, survey) if questions is None else questions
            faults.add(*missing_texts(translations, current, "questions"))
        fixed = {
            "minimum_participants": minimum_participants is not None,
            "opens_on": opens_on is not UNSET,
            "offered_to": offered_to is not None,
            "eligibility": eligibility is not None,
        }
        faults.add(*(Refusal(RefusalCode.TOO_LATE, ONLY_IN_DRAFTS, (name,)) for name in fixed if fixed[name]))
    if found is not None and status is SurveyStatus.OPEN:
        texts = _changed_texts(found, title, description, before, translations)
        faults.add(*await text_refusals(connection, {path: texts[path] for path in texts if not faults.at(*path[:2])}))
    faults.refuse()
    assert found is not None
    version: int = found["version"]
    if questions is not None:
        if status is SurveyStatus.DRAFT:
            await connection.execute("DELETE FROM catalog.question WHERE survey_id = $1", survey)
        else:
            version += 1
        await write_questions(connection, survey, version, questions)
    await connection.execute(
        "UPDATE catalog.survey SET title = $2, description = $3, closes_on = $4, version = $5, translations = $6,"
        " revision = revision + 1 WHERE id = $1",
        survey,
        title or found["title"],
        description or found["description"],
        closes_on or found["closes_on"],
        version,
        stored(translations),
    )
    if status is SurveyStatus.DRAFT:
        await connection.execute(
            "SELECT catalog.set_survey_terms($1, $2, $3, $4)",
            survey,
            first_day,
            minimum_participants or found["minimum_participants"],
            found["offered_to"] if offered_to is None else names_of(offered_to),
        )
    if eligibility is not None:
        await write_eligibility(connection, survey, eligibility)
    return survey


async def unschedule_survey(connection: Connection, *, survey: SurveyId) -> UUID:
    """Puts a survey that waits to open back to draft, and returns its id. Its questions keep their ids.

    Raises Refused: NOT_FOUND, CONFLICT if it is a draft, TOO_LATE if it has opened or closed.
    """
    status = SurveyStatus((await _locked(connection, survey))["status"])
    if status is SurveyStatus.DRAFT:
        raise conflict(message("The survey is a draft."), "survey")
    if status is not SurveyStatus.WAITING:
        raise too_late(message("The survey has opened, or has closed."), "survey")
    await connection.execute("SELECT catalog.unschedule_survey($1)", survey)
    return survey


async def _locked(connection: Connection, survey: UUID) -> asyncpg.Record:
    found = (
        "SELECT community_id, title, description, status, version, revision, opens_on, closes_on,"
        " minimum_participants, offered_to, translations::text AS translations FROM catalog.survey WHERE id = $1"
    )
    # A survey that has closed does not change any more, and the role may not lock it: it is read without a lock.
    row = await connection.fetchrow(f"{found} FOR UPDATE", survey) or await connection.fetchrow(found, survey)
    if row is None:
        raise not_found("survey")
    return row


def _checked(translations: Sequence[SurveyTranslation], faults: Faults) -> Sequence[SurveyTranslation]:
    """The translations as they are stored. Adds INVALID and TOO_LONG to the faults."""
    faults.add(*language_refusals(translations, "translations"))
    found = []
    for number, each in enumerate(translations):
        title, description = each.title, each.description
        with faults.collected():
            title = line_within(title, TITLE_LENGTH, "translations", number, "title")
        with faults.collected():
            description = text_within(description, DESCRIPTION_LENGTH, "translations", number, "description")
        found.append(SurveyTranslation(each.language, title, description))
    return found


def _changed_texts(
    found: asyncpg.Record,
    title: str | None,
    description: str | None,
    before: Sequence[SurveyTranslation],
    translations: Sequence[SurveyTranslation],
) -> dict[Path, tuple[str, str]]:
    """The old and the new text of an open survey, by path, in each language that it had."""
    texts: dict[Path, tuple[str, str]] = {
        ("title",): (found["title"], title or found["title"]),
        ("description",): (found["description"], description or found["description"]),
    }
    seen = {each.language: each for each in before}
    for number, each in enumerate(translations):
        if old := seen.get(each.language):
            texts["translations", number, "title"] = old.title, each.title
            texts["translations", number, "description"] = old.description, each.description
    return texts


def _unless_null(value: Maybe[T], name: str, faults: Faults) -> T | None:
    """The value, None if it is left out. Null is a fault: every survey has this field."""
    if value is None:
        faults.add(*not_null(name).refusals)
    return None if value is UNSET else value


def _refuse_past(opens_on: date | None, days: Days) -> None:
    if opens_on is not None and days.is_over(opens_on):
        raise invalid(message("This day is in the past."), "opens_on")


async def _expect_prepared(connection: Connection, community: UUID) -> None:
    """Raises Refused: TOO_LATE if the community has closed or merged. In a draft, surveys can be prepared."""
    status = CommunityStatus(await connection.fetchval("SELECT status FROM catalog.community WHERE id = $1", community))
    if status is not CommunityStatus.DRAFT:
        refuse_unless_open(status, "community")


async def _needed(connection: Connection, community: UUID) -> int | None:
    """The least minimum of participants of a community's surveys; None if there is no such community."""
    found: int | None = await connection.fetchval("SELECT needed_count FROM catalog.community WHERE id = $1", community)
    return found


def _refuse_bad_minimum(participants: int | None, needed: int | None) -> None:
    least = FLOOR if needed is None else needed  # what every community needs
    if participants is not None and not least <= participants <= MOST_PARTICIPANTS:
        raise invalid(
            message(
                "This must be between {least:,} and {most:,}.",
                least=least,
                most=MOST_PARTICIPANTS,
            ),
            "minimum_participants",
        )


def _refuse_no_recipient(offered_to: Sequence[OrganizationKind]) -> None:
    if not offered_to:
        raise invalid(message("Name at least one kind of organization."), "offered_to")


def _refuse_unless_later(closes_on: date, opens_on: date | None, days: Days) -> None:
    if days.is_over(closes_on) or (opens_on is not None and closes_on < opens_on):
        raise invalid(message("The last day must not be in the past, nor precede the first."), "closes_on")
