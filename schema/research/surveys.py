"""Surveys: questions, the viewer's participation and answers, and consents."""

from datetime import date, datetime
from datetime import date as Day
from math import sqrt
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity.members import MemberKind, Sex
from models.identity.organizations import OrganizationKind
from models.research import surveys as tables
from planner.declare import column, computed, graph_enum, graph_type, sql
from privacy import loss
from privacy.budget import COUNT_PRECISION, COUNTED_COMMUNITIES
from resolvers.community import communities
from resolvers.days import LAST_ZONE
from resolvers.insight import datasets
from resolvers.research import surveys as resolve
from resolvers.research.participations_rules import TEXT_LENGTH
from resolvers.research.surveys_mutations import DESCRIPTION_LENGTH
from resolvers.research.surveys_rules import TEXT_LENGTH as QUESTION_LENGTH
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC
from schema.catalogue_texts import ORIGINAL
from schema.community.communities import Community
from schema.in_context import Language
from schema.pagination import Node
from schema.text_lengths import LEGAL_LENGTH
from schema.tracking.treatments import Treatment

if TYPE_CHECKING:
    from schema.insight.costs import PrivacyCost
    from schema.insight.datasets import Dataset


def margin(parts: int) -> str:
    """The margin of error of the sum of this many published counts, as a sentence."""
    return f"Margin of error: {round(COUNT_PRECISION.margin * sqrt(parts))}."


graph_enum(tables.SurveyStatus)
graph_enum(tables.NoDataset)
graph_enum(tables.QuestionKind)
graph_enum(tables.RuleOperator)
graph_enum(tables.ParticipationStatus)
graph_enum(tables.ConsentPurpose)


@graph_type(audience=MANAGER)
class OptionTranslation:
    """The label of an option in one language."""

    language: Language = column("Language.")
    label: str = column("Label.")


@graph_type(audience=MANAGER)
class QuestionTranslation:
    """The texts of a question in one language."""

    language: Language = column("Language.")
    text: str = column("The question.", characters=QUESTION_LENGTH)
    help: str | None = column("Help text. Null if there is none.", characters=QUESTION_LENGTH)


@graph_type(audience=MANAGER)
class SurveyTranslation:
    """The title and the description of a survey in one language."""

    language: Language = column("Language.")
    title: str = column("Title.")
    description: str = column("Description.", characters=DESCRIPTION_LENGTH)


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.QuestionOption)
class QuestionOption:
    """An option of a choice question."""

    code: str = column("Code that stands for the option in answers.")
    label: str = column("Label for people to read.", translated=True)
    original: OptionTranslation = sql(resolve.option_original, ORIGINAL, only=MANAGER)
    translations: list[OptionTranslation] = sql(
        resolve.option_translations, "Its label in languages other than English.", only=MANAGER
    )


@graph_type(
    audience=PATIENT | BUYER | MANAGER,
    row=tables.VisibilityRule,
    description="A condition on the answer to another question, earlier or later, which decides whether a question "
    "is shown. A hidden question counts as unanswered, and so does one with a blank text or with an answer that "
    "would be refused.",
)
class VisibilityRule:
    question: str = column("Key of the other question.", of="on_key")
    operator: tables.RuleOperator = column("How the answer is compared with the values.")
    values: list[str] = column(
        "Codes of options, numbers or days to compare with: several for IN, none for ANSWERED, otherwise one."
    )


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.Question, prefix="qst")
class Question(Node):
    """A question of a survey."""

    position: int = column("Position in the survey, from 1.")
    key: str = column("Key that identifies the question within the survey, in answers and visibility rules.")
    text: str = column("The question itself.", translated=True, characters=QUESTION_LENGTH)
    help: str | None = column("Help text. Null if there is none.", translated=True, characters=QUESTION_LENGTH)
    kind: tables.QuestionKind = column("The kind of answer it takes.")
    required: bool = column("Whether an answer is required, if the question is shown.")
    options: list[QuestionOption] = sql(
        resolve.options_of, "The options to choose from, in order. Empty if it is not a choice question."
    )
    minimum: float | None = column("Smallest number accepted. Null if it has no lower bound or does not take a number.")
    maximum: float | None = column("Largest number accepted. Null if it has no upper bound or does not take a number.")
    bins: list[float] | None = column(
        "Ascending edges of the bins that numbers are counted in. Null if there are none."
    )
    max_choices: int | None = column(
        "Number of options that an answer may choose. Null if there is no limit, or if it is not a multiple choice."
    )
    visible_when: list[VisibilityRule] = sql(
        resolve.rules_of,
        "The question is shown if all these rules hold, and hidden otherwise. Empty if it is always shown.",
    )
    original: QuestionTranslation = sql(resolve.question_original, ORIGINAL, only=MANAGER)
    translations: list[QuestionTranslation] = sql(
        resolve.question_translations, "Its texts in languages other than English.", only=MANAGER
    )


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.Eligibility)
class Eligibility:
    """The conditions for answering a survey. An empty list or null means no condition, except for `kinds`."""

    kinds: list[MemberKind] = column("Kinds of member. If empty, only patients.")
    sexes: list[Sex] = column("Sexes.")
    born_from: int | None = column("Earliest year of birth.")
    born_to: int | None = column("Latest year of birth.")
    treatments: list[Treatment] = sql(
        resolve.eligible_treatments, "Treatments, by name: the member has a course of at least one, ended or not."
    )
    regions: list[str] = column("Regions: the member lives in one of them.")


@graph_type(audience=PATIENT | BUYER | MANAGER, row=tables.Survey, prefix="svy")
class Survey(Node):
    """A survey of the members of a community."""

    community: Community = sql(communities.community_of, "The community whose members are surveyed.")
    title: str = column("Title.", translated=True)
    description: str = column("What it is about, and its purpose.", translated=True, characters=DESCRIPTION_LENGTH)
    original: SurveyTranslation = sql(resolve.survey_original, ORIGINAL, only=MANAGER)
    translations: list[SurveyTranslation] = sql(
        resolve.survey_translations, "Its title and description in languages other than English.", only=MANAGER
    )
    status: tables.SurveyStatus = column("Status of the survey.")
    version: int = column("Version of its questions, from 1.")
    revision: int = column(
        "Number that every change by `surveyRevise` raises. Give it to `surveyRevise` and `surveySchedule`.",
        only=MANAGER,
    )
    opens_on: date | None = column("The day it opens, by UTC. Null if it opens as soon as enough members consent.")
    closes_on: date | None = column(
        f"The last day on which it can be answered. It closes when that day is over everywhere ({LAST_ZONE}). Null if "
        "there is none."
    )
    minimum_participants: int | None = sql(
        resolve.minimum_participants,
        "Number of participants needed before anything is published from it. Null while the survey waits, except for "
        "survey managers.",
    )
    offered_to: list[OrganizationKind] = column("The kinds of organization that may publish insights from its answers.")
    cap: Annotated["PrivacyCost", strawberry.lazy("schema.insight.costs")] = sql(
        datasets.cap_of,
        "Privacy budget of the survey's dataset, set when the survey is scheduled: the most that all its insights "
        "together may cost a participant. It counts towards their yearly allowance from the closing.",
    )
    guess: float = computed(
        datasets.cap_micro_rho,
        loss.guess_probability,
        "Upper bound on the probability that an attacker who knows everything else guesses, from all insights of the "
        "survey, which of two answers a participant gave. Pure chance is 0.5.",
    )
    eligibility: Eligibility | None = sql(
        resolve.eligibility_of,
        "Which members of the community can answer. Null if all its patients can, and while the survey waits, except "
        "for survey managers.",
    )
    questions: list[Question] = sql(resolve.questions_of, "The questions of the current version, in order.")
    participation: Annotated["Participation", strawberry.lazy("schema.research.surveys")] | None = sql(
        resolve.viewer_participation, "The viewer's participation. Null if they have none.", only=PATIENT
    )
    progress: Annotated["SurveyProgress", strawberry.lazy("schema.research.surveys")] | None = sql(
        resolve.progress_of,
        "Progress of its participants. Null until it is first published, and for staff who are not survey managers.",
        only=MANAGER,
    )
    dataset: Annotated["Dataset", strawberry.lazy("schema.insight.datasets")] | None = sql(
        datasets.dataset_of_survey,
        "The dataset made from its answers. Null until the survey closes and the data is frozen, or if too few "
        "members answered.",
    )
    no_dataset: tables.NoDataset | None = column(
        "Why it closed without a dataset. Null until it closes and is frozen, and if it has a dataset.", only=MANAGER
    )


@graph_type(
    audience=MANAGER,
    row=tables.SurveyProgress,
    description="Progress of a survey's participants: counts with noise, published monthly while it waits or is "
    "open, and rounded to tens. The last ones stay readable after it closes. A member counts in at most "
    f"{COUNTED_COMMUNITIES} communities: the first that they joined.",
)
class SurveyProgress:
    counted_on: date = column("The day on which the counts were published, by UTC.")
    eligible: int = column(f"Number of members who can answer it, or were invited. {margin(4)}")
    invited: int = column(f"Number of members who were invited. {margin(3)}")
    started: int = column(f"Number of members who have started or completed it. {margin(2)}")
    completed: int = column(f"Number of members who have completed it. {margin(1)}")


@graph_type(audience=PATIENT, row=tables.Answer)
class Answer:
    """An answer to a question. The question's kind decides which field holds it."""

    question: Question = sql(resolve.question_of, "The question.")
    codes: list[str] = column("Codes of the chosen options. Empty for other kinds of question.")
    number: float | None = column("The number. Null for other kinds of question.")
    date: Day | None = column("The day. Null for other kinds of question.", of="day")
    text: str | None = column("The text. Null for other kinds of question.", characters=TEXT_LENGTH)


@graph_type(audience=PATIENT, row=tables.Participation, prefix="prt", among=resolve.participations)
class Participation(Node):
    """The viewer's participation in a survey."""

    survey: Survey = sql(resolve.survey_of, "The survey.")
    status: tables.ParticipationStatus = column("The viewer's progress.")
    completed_at: datetime | None = column("When the viewer submitted their answers. Null until then.")
    answers: list[Answer] = sql(
        resolve.answers_of,
        "The viewer's answers, in the order of the questions. Empty once the survey has closed, when answers are "
        "deleted.",
    )


@graph_type(audience=PATIENT, row=tables.Consent, prefix="cns", key=("member_id", "purpose"))
class Consent(Node):
    """The viewer's consent, granted or withdrawn, for one purpose."""

    purpose: tables.ConsentPurpose = column("The purpose.")
    granted: bool = column("Whether consent is granted.")
    recipients: list[OrganizationKind] = column(
        "The kinds of organization to which the viewer consents. Empty if consent is not granted."
    )
    notice_version: str = column("Version of the notice that the viewer read.")
    notice_language: Language | None = column(
        "Language in which the viewer read the notice. Null if the consent is older than this field."
    )
    changed_at: datetime = column("When the viewer last granted, changed or withdrew it.")


@graph_type(
    audience=PUBLIC,
    row=tables.Notice,
    prefix="ntc",
    key=("purpose", "language", "version"),
    among=resolve.notices_so_far,
)
class Notice(Node):
    """The information to show to members before they consent."""

    purpose: tables.ConsentPurpose = column("The purpose of the consent.")
    version: str = column("The version of the notice.")
    language: Language = column("Language of the text.")
    text: str = column("Text to show.", characters=LEGAL_LENGTH)
    in_force_on: date = column("The day from which this version applies, by UTC.")
