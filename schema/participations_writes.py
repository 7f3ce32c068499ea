"""The only place for taking part as the graph offers it: consents, and a member's answers to a survey."""

from datetime import date as Day
from uuid import UUID

import strawberry

from models.organizations import OrganizationKind
from models.surveys import ConsentPurpose
from models.viewers import Viewer
from planner.declare import graph_type, sql
from resolvers import consents_writes, surveys
from resolvers import participations_writes as write
from resolvers.answering import Entry
from resolvers.writing import Connection, Made
from schema.access import PATIENT
from schema.context import Context
from schema.surveys import Consent, Participation
from schema.writing import Payload, carry_out, client_mutation_id, id_of

Info = strawberry.Info[Context, None]


@strawberry.input(description="What the viewer allows from now on.")
class ConsentSetInput:
    purpose: ConsentPurpose = strawberry.field(description="What for.")
    granted: bool = strawberry.field(
        description="Whether it is allowed. Taking it back deletes the answers to open surveys at once."
    )
    recipients: list[OrganizationKind] | None = strawberry.field(
        default=strawberry.UNSET,
        description="The kinds of organization it extends to, at least one; those named before where it is not said.",
    )
    notice_version: str = strawberry.field(description="The version of the notice that the viewer was shown.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="An answer, in the one of its four fields that the question's kind takes.")
class AnswerInput:
    question: str = strawberry.field(description="The question's key.")
    codes: list[str] | None = strawberry.field(default=strawberry.UNSET, description="The options chosen.")
    number: float | None = strawberry.field(default=strawberry.UNSET, description="For a scale or a number.")
    date: Day | None = strawberry.field(default=strawberry.UNSET, description="For a day.")
    text: str | None = strawberry.field(default=strawberry.UNSET, description="For words: at most 5,000 characters.")


@strawberry.input(description="A draft of answers, in place of the one before.")
class SurveySaveInput:
    survey: strawberry.ID = strawberry.field(description="The survey: open, and the viewer's to answer.")
    answers: list[AnswerInput] = strawberry.field(
        description="At most one for each question; those to questions that are not shown are dropped."
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="Answers to send; until the survey closes they can be sent anew or withdrawn.")
class SurveySubmitInput:
    survey: strawberry.ID = strawberry.field(description="The survey: open, and the viewer's to answer.")
    answers: list[AnswerInput] = strawberry.field(
        description="One for every required question that is shown; those to questions that are not shown are dropped."
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A survey to have no part in any more.")
class SurveyWithdrawInput:
    survey: strawberry.ID = strawberry.field(description="The survey, which is still open.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class ConsentSetPayload(Payload):
    """What consenting came to."""

    purpose: strawberry.Private[str | None] = None
    consent: Consent | None = sql(surveys.consent_made, "The consent; null where it was refused.")


@graph_type(audience=PATIENT)
class SurveySavePayload(Payload):
    """What saving a draft came to."""

    participation_id: strawberry.Private[UUID | None] = None
    participation: Participation | None = sql(
        surveys.participation_made, "The viewer's part in the survey; null where it was refused."
    )


@graph_type(audience=PATIENT)
class SurveySubmitPayload(Payload):
    """What sending answers came to."""

    participation_id: strawberry.Private[UUID | None] = None
    participation: Participation | None = sql(
        surveys.participation_made, "The viewer's part in the survey; null where it was refused."
    )


@graph_type(audience=PATIENT)
class SurveyWithdrawPayload(Payload):
    """What withdrawing came to."""

    participation_id: strawberry.Private[UUID | None] = None
    participation: Participation | None = sql(
        surveys.participation_made, "The viewer's part in the survey; null where it was refused."
    )


async def consent_set(info: Info, input: ConsentSetInput) -> ConsentSetPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        await consents_writes.set_consent(
            connection,
            viewer,
            purpose=input.purpose,
            granted=input.granted,
            recipients=None if input.recipients is strawberry.UNSET else input.recipients,
            notice_version=input.notice_version,
        )
        return {"purpose": input.purpose.value}

    return await carry_out(info, ConsentSetPayload, input, work)


async def survey_save(info: Info, input: SurveySaveInput) -> SurveySavePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        survey = id_of(input.survey, "svy", "input", "survey")
        saved = await write.save_survey(connection, viewer, survey=survey, answers=entries_of(input.answers))
        return {"participation_id": saved}

    return await carry_out(info, SurveySavePayload, input, work)


async def survey_submit(info: Info, input: SurveySubmitInput) -> SurveySubmitPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        survey = id_of(input.survey, "svy", "input", "survey")
        sent = await write.submit_survey(connection, viewer, survey=survey, answers=entries_of(input.answers))
        return {"participation_id": sent}

    return await carry_out(info, SurveySubmitPayload, input, work)


async def survey_withdraw(info: Info, input: SurveyWithdrawInput) -> SurveyWithdrawPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        survey = id_of(input.survey, "svy", "input", "survey")
        return {"participation_id": await write.withdraw_survey(connection, viewer, survey=survey)}

    return await carry_out(info, SurveyWithdrawPayload, input, work)


def entries_of(answers: list[AnswerInput]) -> list[Entry]:
    return [
        Entry(
            key=answer.question,
            codes=tuple(answer.codes or ()),
            number=None if answer.number is strawberry.UNSET else answer.number,
            day=answer.date or None,
            text=answer.text or None,
        )
        for answer in answers
    ]
