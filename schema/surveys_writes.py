"""The only place for what survey managers do as the graph offers it: writing, revising, scheduling, closing surveys."""

from datetime import date
from uuid import UUID

import strawberry

from models.members import MemberKind, Sex
from models.organizations import OrganizationKind
from models.surveys import QuestionKind, RuleOperator
from models.viewers import Viewer
from planner.declare import graph_type, sql
from resolvers import surveys
from resolvers import surveys_writes as write
from resolvers.surveys_writes import Draft, Eligible
from resolvers.visibility import Option, Question, Rule
from resolvers.writing import Connection, Made
from schema.access import MANAGER
from schema.context import Context
from schema.surveys import Survey
from schema.writing import Payload, carry_out, client_mutation_id, id_of

Info = strawberry.Info[Context, None]


@strawberry.input(description="A choice that a question offers.")
class QuestionOptionInput:
    code: str = strawberry.field(
        description="What an answer holds: letters, digits and underscores; UNKNOWN stands for no answer at all."
    )
    label: str = strawberry.field(description="What people read.")


@strawberry.input(description="A condition on the answer to another question.")
class VisibilityRuleInput:
    question: str = strawberry.field(description="The key of the other question.")
    operator: RuleOperator = strawberry.field(description="How its answer is compared.")
    values: list[str] = strawberry.field(
        description="What it is compared with: codes, numbers or days; several for IN, none for ANSWERED, else one."
    )


@strawberry.input(description="A question.")
class QuestionInput:
    key: str = strawberry.field(description="Its name within the survey: a letter, then letters, digits, underscores.")
    text: str = strawberry.field(description="What is asked.")
    help: str | None = strawberry.field(default=strawberry.UNSET, description="What helps to answer it.")
    kind: QuestionKind = strawberry.field(description="What sort of answer it takes.")
    required: bool = strawberry.field(description="Whether it has to be answered where it is shown.")
    options: list[QuestionOptionInput] | None = strawberry.field(
        default=strawberry.UNSET, description="The choices it offers, in order: of a question of choice, at least two."
    )
    minimum: float | None = strawberry.field(
        default=strawberry.UNSET, description="The least number it takes; a scale has one."
    )
    maximum: float | None = strawberry.field(
        default=strawberry.UNSET, description="The greatest number it takes; a scale has one."
    )
    bins: list[float] | None = strawberry.field(
        default=strawberry.UNSET, description="The edges, ascending, of the bins that a number is counted by."
    )
    max_choices: int | None = strawberry.field(
        default=strawberry.UNSET, description="How many options one answer may hold, where several may be chosen."
    )
    visible_when: list[VisibilityRuleInput] | None = strawberry.field(
        default=strawberry.UNSET, description="When it is shown: all must hold; always where there is none."
    )


@strawberry.input(description="Whom a survey asks; what is not said is no condition.")
class EligibilityInput:
    kinds: list[MemberKind] | None = strawberry.field(
        default=strawberry.UNSET, description="Members of these kinds; patients where it is not said."
    )
    sexes: list[Sex] | None = strawberry.field(default=strawberry.UNSET, description="Members of these sexes.")
    born_from: int | None = strawberry.field(default=strawberry.UNSET, description="The first year of birth.")
    born_to: int | None = strawberry.field(default=strawberry.UNSET, description="The last year of birth.")
    treatments: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Members with a course of one of these treatments, ended or not."
    )
    regions: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Members who live in one of these regions."
    )


@strawberry.input(description="A survey to write, as a draft.")
class SurveyCreateInput:
    community: strawberry.ID = strawberry.field(description="Whom it asks.")
    title: str = strawberry.field(description="Its title: at most 200 characters.")
    description: str = strawberry.field(description="What it is about, and what for: at most 5,000 characters.")
    questions: list[QuestionInput] = strawberry.field(description="Its questions, in order: 1 to 100.")
    minimum_participants: int | None = strawberry.field(
        default=strawberry.UNSET, description="How many must be able to answer before it opens; 200 if not said."
    )
    opens_on: date | None = strawberry.field(
        default=strawberry.UNSET, description="The first day it may open; any day where it is not said."
    )
    closes_on: date = strawberry.field(description="The last day it can be answered.")
    offered_to: list[OrganizationKind] = strawberry.field(
        description="The kinds of organization that may ask what its answers add up to, at least one."
    )
    eligibility: EligibilityInput | None = strawberry.field(
        default=strawberry.UNSET, description="Whom of the community it asks; its patients where it is not said."
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="What to change of a survey that has not closed.")
class SurveyReviseInput:
    survey: strawberry.ID = strawberry.field(description="The survey.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="Its new title.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Its new description.")
    questions: list[QuestionInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="All its questions. A draft's are replaced; for members who see it they are a new version.",
    )
    closes_on: date | None = strawberry.field(
        default=strawberry.UNSET, description="The new last day it can be answered."
    )
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A draft that is to open by itself.")
class SurveyScheduleInput:
    survey: strawberry.ID = strawberry.field(description="The survey.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A survey to end before its day.")
class SurveyCloseInput:
    survey: strawberry.ID = strawberry.field(description="The survey.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=MANAGER)
class SurveyCreatePayload(Payload):
    """What writing a survey came to."""

    survey_id: strawberry.Private[UUID | None] = None
    survey: Survey | None = sql(surveys.survey_of, "The survey; null where it was refused.")


@graph_type(audience=MANAGER)
class SurveyRevisePayload(Payload):
    """What revising a survey came to."""

    survey_id: strawberry.Private[UUID | None] = None
    survey: Survey | None = sql(surveys.survey_of, "The survey; null where it was refused.")


@graph_type(audience=MANAGER)
class SurveySchedulePayload(Payload):
    """What scheduling a survey came to."""

    survey_id: strawberry.Private[UUID | None] = None
    survey: Survey | None = sql(surveys.survey_of, "The survey; null where it was refused.")


@graph_type(audience=MANAGER)
class SurveyClosePayload(Payload):
    """What closing a survey came to."""

    survey_id: strawberry.Private[UUID | None] = None
    survey: Survey | None = sql(surveys.survey_of, "The survey; null where it was refused.")


async def survey_create(info: Info, input: SurveyCreateInput) -> SurveyCreatePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        fewest = input.minimum_participants
        draft = Draft(
            community=id_of(input.community, "com", "input", "community"),
            title=input.title,
            description=input.description,
            questions=[question_of(question) for question in input.questions],
            closes_on=input.closes_on,
            offered_to=input.offered_to,
            opens_on=input.opens_on or None,
            minimum_participants=write.USUAL_PARTICIPANTS if fewest is None or fewest is strawberry.UNSET else fewest,
            eligible=eligible_of(input.eligibility) if input.eligibility else Eligible(),
        )
        return {"survey_id": await write.create_survey(connection, viewer, draft)}

    return await carry_out(info, SurveyCreatePayload, input, work)


async def survey_revise(info: Info, input: SurveyReviseInput) -> SurveyRevisePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        asked = None if input.questions is strawberry.UNSET else input.questions
        survey = await write.revise_survey(
            connection,
            viewer,
            survey=id_of(input.survey, "svy", "input", "survey"),
            title=None if input.title is strawberry.UNSET else input.title,
            description=None if input.description is strawberry.UNSET else input.description,
            questions=None if asked is None else [question_of(question) for question in asked],
            closes_on=input.closes_on or None,
        )
        return {"survey_id": survey}

    return await carry_out(info, SurveyRevisePayload, input, work)


async def survey_schedule(info: Info, input: SurveyScheduleInput) -> SurveySchedulePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        survey = id_of(input.survey, "svy", "input", "survey")
        return {"survey_id": await write.schedule_survey(connection, viewer, survey=survey)}

    return await carry_out(info, SurveySchedulePayload, input, work)


async def survey_close(info: Info, input: SurveyCloseInput) -> SurveyClosePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        survey = id_of(input.survey, "svy", "input", "survey")
        return {"survey_id": await write.close_survey(connection, viewer, survey=survey)}

    seconds = info.context.settings.limits.freezing_seconds
    return await carry_out(info, SurveyClosePayload, input, work, as_publisher=True, seconds=seconds)


def question_of(question: QuestionInput) -> Question:
    return Question(
        key=question.key,
        kind=question.kind,
        text=question.text,
        required=question.required,
        help=None if question.help is strawberry.UNSET else question.help,
        options=tuple(Option(option.code, option.label) for option in question.options or ()),
        minimum=None if question.minimum is strawberry.UNSET else question.minimum,
        maximum=None if question.maximum is strawberry.UNSET else question.maximum,
        bins=tuple(question.bins or ()),
        max_choices=None if question.max_choices is strawberry.UNSET else question.max_choices,
        rules=tuple(Rule(rule.question, rule.operator, tuple(rule.values)) for rule in question.visible_when or ()),
    )


def eligible_of(eligibility: EligibilityInput) -> Eligible:
    path = ("input", "eligibility", "treatments")
    return Eligible(
        kinds=eligibility.kinds or (),
        sexes=eligibility.sexes or (),
        born_from=None if eligibility.born_from is strawberry.UNSET else eligibility.born_from,
        born_to=None if eligibility.born_to is strawberry.UNSET else eligibility.born_to,
        treatments=[id_of(id, "trt", *path, str(number)) for number, id in enumerate(eligibility.treatments or ())],
        regions=eligibility.regions or (),
    )
