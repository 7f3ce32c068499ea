"""Saves, submits and withdraws members' answers to surveys."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import SurveyId
from models.research.surveys import ParticipationStatus, QuestionKind, RuleOperator, SurveyStatus
from models.viewers import Viewer
from resolvers.faults import Faults
from resolvers.research.participations_rules import AnswerEntry, accepted_answers
from resolvers.research.visibility_rules import AnswerValue, OptionDefinition, QuestionDefinition, RuleDefinition, shown
from resolvers.transactions import Key, Refusal, Refused, conflict, not_eligible, not_found, too_early, too_late


@dataclass(frozen=True)
class Standing:
    """A survey and the viewer's progress in it, locked until the transaction ends."""

    survey: UUID
    status: SurveyStatus
    version: int
    past: bool  # whether its last day has passed
    participation: ParticipationStatus | None
    eligible: bool  # by the survey's conditions, and by the viewer's consent to all of its recipients


async def save_survey(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    survey: SurveyId,
    version: int | None = None,
    answers: Sequence[AnswerEntry],
) -> UUID:
    """Saves a draft, which replaces the earlier one, and returns the participation's id.

    Raises Refused: NOT_FOUND, TOO_EARLY and TOO_LATE unless the survey is open, NOT_ELIGIBLE, CONFLICT if answers have
    been submitted or the survey has another `version`, and NOT_FOUND, INVALID and TOO_LONG for answers, each with its
    path.
    """
    standing = None
    with faults.collected():
        standing = await _standing(connection, survey)
        await _refuse_unless_answerable(connection, viewer, standing, version)
        if standing.participation is ParticipationStatus.COMPLETED:
            raise conflict(message("These answers have been submitted. Submit again to change them."), "survey")
    await _write(connection, standing, answers, faults, whole=False)
    return await _participation(connection, viewer, survey)


async def submit_survey(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    survey: SurveyId,
    version: int | None = None,
    answers: Sequence[AnswerEntry],
) -> UUID:
    """Submits the answers, which replace earlier ones, and returns the participation's id.

    Raises Refused: NOT_FOUND, TOO_EARLY and TOO_LATE unless the survey is open, NOT_ELIGIBLE, CONFLICT if the survey
    has another `version`, and NOT_FOUND, INVALID and TOO_LONG for answers, each with its path.
    """
    standing = None
    with faults.collected():
        standing = await _standing(connection, survey)
        await _refuse_unless_answerable(connection, viewer, standing, version)
    await _write(connection, standing, answers, faults, whole=True)
    await connection.execute("SELECT research.complete($1)", survey)
    return await _participation(connection, viewer, survey)


async def withdraw_survey(connection: Connection, viewer: Viewer, *, survey: SurveyId) -> UUID:
    """Deletes the viewer's answers, and returns the participation's id. Withdrawing again changes nothing.

    Raises Refused: NOT_FOUND if the viewer has no participation, TOO_LATE if the survey has closed.
    """
    standing = await _standing(connection, survey)
    if standing.participation is None:
        raise not_found("survey")
    if standing.status is not SurveyStatus.OPEN:
        raise too_late(message("The survey has closed, and its answers have been deleted."), "survey")
    await connection.execute("SELECT research.withdraw($1)", survey)
    return await _participation(connection, viewer, survey)


@dataclass(frozen=True)
class CheckedAnswers:
    """The keys of the questions that are shown, in order, and the refusals of the answers."""

    shown: Sequence[str]
    refusals: Sequence[Refusal]


async def check_survey(
    connection: Connection, faults: Faults, *, survey: SurveyId, answers: Sequence[AnswerEntry]
) -> CheckedAnswers:
    """Checks answers as `submit_survey` does, and saves nothing. An unknown survey is a refusal like any other."""
    version = await connection.fetchval("SELECT version FROM catalog.survey WHERE id = $1", survey)
    if version is None:
        faults.add(*not_found("survey").refusals)
        return CheckedAnswers((), faults.found)
    questions = list((await questions_of(connection, survey, version)).values())
    accepted = await asyncio.to_thread(_add_answer_faults, questions, answers, faults, whole=True)
    visible = shown(questions, accepted)
    return CheckedAnswers([question.key for question in questions if question.key in visible], faults.found)


async def questions_of(connection: Connection, survey: UUID, version: int) -> dict[UUID, QuestionDefinition]:
    """The questions of one version of a survey by their ids, in order."""
    found = await connection.fetch(
        """
        SELECT id, key, kind, required, minimum, maximum, max_choices FROM catalog.question
        WHERE survey_id = $1 AND version = $2 ORDER BY position
        """,
        survey,
        version,
    )
    ids = [row["id"] for row in found]
    options: dict[UUID, list[OptionDefinition]] = {id: [] for id in ids}
    for row in await connection.fetch(
        "SELECT question_id, code, label FROM catalog.question_option WHERE question_id = any($1) ORDER BY position",
        ids,
    ):
        options[row["question_id"]].append(OptionDefinition(row["code"], row["label"]))
    rules: dict[UUID, list[RuleDefinition]] = {id: [] for id in ids}
    for row in await connection.fetch(
        """
        SELECT question_id, on_key, operator, "values" FROM catalog.visibility_rule
        WHERE question_id = any($1) ORDER BY position
        """,
        ids,
    ):
        rule = RuleDefinition(row["on_key"], RuleOperator(row["operator"]), tuple(row["values"]))
        rules[row["question_id"]].append(rule)
    return {
        row["id"]: QuestionDefinition(
            key=row["key"],
            kind=QuestionKind(row["kind"]),
            required=row["required"],
            minimum=row["minimum"],
            maximum=row["maximum"],
            max_choices=row["max_choices"],
            options=tuple(options[row["id"]]),
            visible_when=tuple(rules[row["id"]]),
        )
        for row in found
    }


async def _standing(connection: Connection, survey: UUID) -> Standing:
    row = await connection.fetchrow("SELECT * FROM research.standing($1)", survey)
    if row is None:
        raise not_found("survey")
    part = row["participation"]
    return Standing(
        survey=survey,
        status=SurveyStatus(row["survey_status"]),
        version=row["version"],
        past=row["past"],
        participation=None if part is None else ParticipationStatus(part),
        eligible=row["eligible"],
    )


async def _refuse_unless_answerable(
    connection: Connection, viewer: Viewer, standing: Standing, version: int | None
) -> None:
    if standing.status is SurveyStatus.WAITING:
        raise too_early(message("The survey has not opened yet."), "survey")
    if standing.status is not SurveyStatus.OPEN or standing.past:
        raise too_late(message("The survey has closed."), "survey")
    if not standing.eligible:
        raise await _not_eligible_because(connection, viewer, standing.survey)
    if version is not None and not 1 <= version <= standing.version:
        raise conflict(message("The survey has never had this version."), "version")
    if version not in (None, standing.version):
        raise conflict(message("The questions have changed. Show the new ones, and answer them."), "version")


async def _not_eligible_because(connection: Connection, viewer: Viewer, survey: UUID) -> Refused:
    """The refusal, which says what the viewer lacks if it is membership or consent: both are their own rows."""
    row = await connection.fetchrow(
        """
        SELECT EXISTS (SELECT FROM care.membership b
                WHERE b.member_id = $2 AND b.community_id = s.community_id) AS joined,
            EXISTS (SELECT FROM research.consent k WHERE k.member_id = $2 AND k.purpose = 'SURVEY_RESEARCH'
                AND k.granted AND k.recipients @> s.offered_to) AS consents
        FROM catalog.survey s WHERE s.id = $1
        """,
        survey,
        viewer.member,
    )
    if row is not None and not row["joined"]:
        return not_eligible(message("Join the survey's community first, with `communityJoin`."), "survey")
    if row is not None and not row["consents"]:
        reason = message("Consent first, with `consentSet`, to every kind of organization in the survey's `offeredTo`.")
        return not_eligible(reason, "survey")
    return _not_eligible()


def _not_eligible() -> Refused:
    reason = message("The survey is for eligible members of its community whose consent covers its recipients.")
    return not_eligible(reason, "survey")


async def _write(
    connection: Connection, standing: Standing | None, entries: Sequence[AnswerEntry], faults: Faults, *, whole: bool
) -> None:
    answers: Mapping[str, AnswerValue] = {}
    questions: Mapping[UUID, QuestionDefinition] = {}
    if standing is not None:
        questions = await questions_of(connection, standing.survey, standing.version)
        answers = await asyncio.to_thread(_add_answer_faults, list(questions.values()), entries, faults, whole=whole)
    faults.refuse()
    assert standing is not None
    sheet = await connection.fetchval("SELECT research.begin_sheet($1)", standing.survey)
    if sheet is None:  # for instance, the viewer has just left the community
        raise _not_eligible()
    await _insert(
        connection, sheet, {id: answers[questions[id].key] for id in questions if questions[id].key in answers}
    )


def _add_answer_faults(
    questions: Sequence[QuestionDefinition], entries: Sequence[AnswerEntry], faults: Faults, *, whole: bool
) -> Mapping[str, AnswerValue]:
    """Adds the faults of the entries, and returns the answers that are accepted."""
    answers, refusals = accepted_answers(questions, entries, "answers", whole=whole)
    # An answer that could not be read is not missing.
    unreadable = {("answers", Key(each.question)) for at, each in enumerate(entries) if faults.at("answers", at)}
    faults.add(*(refusal for refusal in refusals if refusal.path not in unreadable))
    return answers


async def _insert(connection: Connection, sheet: UUID, answers: Mapping[UUID, AnswerValue]) -> None:
    await connection.executemany(
        """
        INSERT INTO research.answer (answer_sheet_id, question_id, codes, number, day, text)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [
            (sheet, question, list(given.codes), given.number, given.day, given.text)
            for question, given in answers.items()
        ],
    )


async def _participation(connection: Connection, viewer: Viewer, survey: UUID) -> UUID:
    found: UUID = await connection.fetchval(
        "SELECT id FROM research.participation WHERE member_id = $1 AND survey_id = $2", viewer.member, survey
    )
    return found
