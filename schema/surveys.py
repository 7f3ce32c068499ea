"""The only place for surveys as the graph shows them: questions, a member's part and answers, and consents."""

from datetime import date, datetime
from datetime import date as Day
from typing import TYPE_CHECKING, Annotated

import strawberry

from models import surveys as tables
from models.members import MemberKind, Sex
from models.organizations import OrganizationKind
from planner.declare import column, graph_type, sql
from resolvers import communities, datasets
from resolvers import surveys as resolve
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC
from schema.communities import Community
from schema.pagination import Node
from schema.treatments import Treatment

if TYPE_CHECKING:
    from schema.datasets import Dataset

strawberry.enum(tables.SurveyStatus, description="Where a survey stands; WAITING opens by itself once enough consent.")
strawberry.enum(tables.QuestionKind, description="What sort of answer a question takes.")
strawberry.enum(tables.RuleOperator, description="How a visibility rule compares an answer with its values.")
strawberry.enum(tables.ParticipationStatus, description="How far a member is with a survey.")
strawberry.enum(tables.ConsentPurpose, description="What a member consents to.")


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.QuestionOption)
class QuestionOption:
    """A choice that a question offers."""

    code: str = column("What an answer holds.")
    label: str = column("What people read.")


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.VisibilityRule)
class VisibilityRule:
    """A condition on the answer to another question."""

    question: str = column("The key of the other question.", of="on_key")
    operator: tables.RuleOperator = column("How its answer is compared.")
    values: list[str] = column("What it is compared with; empty for ANSWERED.")


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.Question, prefix="qst")
class Question:
    """A question of a survey."""

    id: strawberry.ID = column("Opaque and random.")
    position: int = column("Its place in the survey, from 1.")
    key: str = column("Its name within the survey: answers and rules go by it.")
    text: str = column("What is asked.")
    help: str | None = column("What helps to answer it; null where nothing does.")
    kind: tables.QuestionKind = column("What sort of answer it takes.")
    required: bool = column("Whether it has to be answered.")
    options: list[QuestionOption] = sql(
        resolve.options_of, "The choices it offers, in order; empty where it takes none."
    )
    minimum: float | None = column("The least number it takes; null where there is no bound, or no number.")
    maximum: float | None = column("The greatest number it takes; null where there is no bound, or no number.")
    bins: list[float] | None = column(
        "The edges, ascending, of the bins that a number is counted by; null where it takes none."
    )
    max_choices: int | None = column("How many options one answer may hold; null unless several may be chosen.")
    visible_when: list[VisibilityRule] = sql(resolve.rules_of, "When it is asked: all must hold; empty for always.")


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.Eligibility)
class Eligibility:
    """Whom of its community a survey asks; empty or null is no condition."""

    kinds: list[MemberKind] = column("Members of these kinds; patients where it is empty.")
    sexes: list[Sex] = column("Members of these sexes.")
    born_from: int | None = column("The first year of birth.")
    born_to: int | None = column("The last year of birth.")
    treatments: list[Treatment] = sql(
        resolve.eligible_treatments, "Members with a course of one of these treatments, ended or not; by name."
    )
    regions: list[str] = column("Members who live in one of these regions.")


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.Survey, prefix="svy")
class Survey(Node):
    """A survey among the members of a community."""

    community: Community = sql(communities.community_of, "Whom it asks.")
    title: str = column("Its title.")
    description: str = column("What it is about, and what for.")
    status: tables.SurveyStatus = column("Where it stands.")
    version: int = column("Which version of its questions it asks, from 1.")
    opens_on: date | None = column("The day it opens; null when that depends on enough members consenting.")
    closes_on: date | None = column("The last day it can be answered; null where it has none.")
    minimum_participants: int = column("How many members must take part before anything is released.")
    offered_to: list[OrganizationKind] = column("The kinds of organization that may ask what its answers add up to.")
    eligibility: Eligibility | None = sql(
        resolve.eligibility_of, "Whom of the community it asks; null where it asks all its patients."
    )
    questions: list[Question] = sql(resolve.questions_of, "The questions of its present version, in order.")
    participation: Annotated["Participation", strawberry.lazy("schema.surveys")] | None = sql(
        resolve.viewer_participation, "The viewer's part in it; null when the viewer has none.", only=PATIENT
    )
    completed_count: int = sql(resolve.completed_count, "How many members have completed it.", only=MANAGER)
    dataset: Annotated["Dataset", strawberry.lazy("schema.datasets")] | None = sql(
        datasets.dataset_of_survey, "What its answers were frozen to; null until it closes, and where too few answered."
    )


@graph_type(audience=PATIENT, row=tables.Answer)
class Answer:
    """One answer: one of its fields bears it, as the question's kind has it."""

    question: Question = sql(resolve.question_of, "The question.")
    codes: list[str] = column("The options chosen; empty where the question takes none.")
    number: float | None = column("The number given; null where the question takes none.")
    date: Day | None = column("The day given; null where the question takes none.", of="day")
    text: str | None = column("The words given; null where the question takes none.")


@graph_type(audience=PATIENT, row=tables.Participation)
class Participation:
    """The viewer's part in a survey."""

    survey: Survey = sql(resolve.survey_of, "The survey.")
    status: tables.ParticipationStatus = column("How far the viewer is.")
    completed_at: datetime | None = column("When it was completed; null until then.")
    answers: list[Answer] = sql(
        resolve.answers_of, "The viewer's answers, in the questions' order; empty once the survey has closed."
    )


@graph_type(audience=PATIENT, row=tables.Consent)
class Consent:
    """What the viewer allows to be done with its answers or its tracking."""

    purpose: tables.ConsentPurpose = column("What for.")
    granted: bool = column("Whether it is allowed.")
    recipients: list[OrganizationKind] = column(
        "The kinds of organization it extends to; empty where it is not allowed."
    )
    notice_version: str = column("The version of the notice that the viewer was shown.")
    changed_at: datetime = column("When the viewer last decided.")


@graph_type(audience=PUBLIC, row=tables.Notice)
class Notice:
    """What people are told before they consent."""

    purpose: tables.ConsentPurpose = column("What it asks consent for.")
    version: str = column("Its version, which a consent names.")
    text: str = column("Its words.")
    in_force_on: date = column("The day from which it is the one to be shown.")
