"""Tables of surveys: definitions, participations, answers (stored apart from members), consents and notices."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Float, Index, Text, UniqueConstraint, Uuid, text
from sqlmodel import Field

from models.columns import Table, choice, choices, key, moment, only_from, reference, some_of, within
from models.identity.members import MemberKind, Sex
from models.identity.organizations import OrganizationKind
from models.languages import Language, translations
from privacy.budget import CAP, FLOOR, LARGEST_CAP, LEAST_CAP
from privacy.described import DescribedEnum
from privacy.domains import REGIONS


class SurveyStatus(DescribedEnum):
    """The status of a survey."""

    DRAFT = "DRAFT", "Being written; visible to survey managers only."
    WAITING = "WAITING", "Scheduled: it opens once its opening day has come and enough eligible members consent."
    OPEN = "OPEN", "Open for answers."
    CLOSED = "CLOSED", "Closed, without a dataset to query: it is being frozen, or there is none."
    RELEASED = "RELEASED", "Closed, and its dataset can be queried."
    ARCHIVED = "ARCHIVED", "Its dataset has ended; published insights remain."


class NoDataset(DescribedEnum):
    """Why a closed survey has no dataset."""

    NOT_OPENED = "NOT_OPENED", "It closed before it opened."
    TOO_FEW = (
        "TOO_FEW",
        "The number of participants who were enrolled, measured with noise, is below the survey's minimum. The cost of"
        " the measurement is charged.",
    )
    LOST = (
        "LOST",
        "Entries of the public ledger were lost, possibly including those of this survey's dataset. The answers were"
        " deleted.",
    )


class QuestionKind(DescribedEnum):
    """The kind of answer that a question takes."""

    SINGLE_CHOICE = "SINGLE_CHOICE", "One of the options."
    MULTIPLE_CHOICE = "MULTIPLE_CHOICE", "One or several of the options."
    SCALE = "SCALE", "A whole number from the minimum to the maximum."
    NUMBER = "NUMBER", "A number, within the bounds if there are any."
    DATE = "DATE", "A day."
    TEXT = "TEXT", "Free text, which is never part of a dataset."


class RuleOperator(DescribedEnum):
    """The comparison that a visibility rule makes between an answer and its values. `5` equals `5.0`."""

    EQUALS = "EQUALS", "The answer, or one of several chosen options, equals the value. False if there is no answer."
    NOT_EQUALS = (
        "NOT_EQUALS",
        "The opposite of EQUALS: the answer, or every chosen option, differs. True if there is no answer.",
    )
    IN = "IN", "The answer, or one of several chosen options, is one of the values. False if there is no answer."
    GREATER_THAN = "GREATER_THAN", "The answer is greater, or later, than the value. False if there is no answer."
    LESS_THAN = "LESS_THAN", "The answer is less, or earlier, than the value. False if there is no answer."
    ANSWERED = "ANSWERED", "There is an answer."


class ParticipationStatus(DescribedEnum):
    """A member's progress in a survey."""

    INVITED = "INVITED", "Invited, but has not answered yet."
    STARTED = "STARTED", "Answers are saved as a draft."
    COMPLETED = "COMPLETED", "Answers are submitted."
    WITHDRAWN = "WITHDRAWN", "Answers were deleted at the member's request."
    LAPSED = "LAPSED", "The survey closed before answers were submitted."


class ConsentPurpose(DescribedEnum):
    """The purpose of a member's consent."""

    SURVEY_RESEARCH = "SURVEY_RESEARCH", "Answers to surveys may be part of datasets."
    TRACKING_RESEARCH = "TRACKING_RESEARCH", "Courses, evaluations and observations may be part of datasets."


class Survey(Table, table=True):
    """A survey's definition; its questions are those of its current version."""

    __table_args__ = within(
        "catalog",
        Index(None, "community_id", "closes_on", "id"),
        only_from(OrganizationKind, "offered_to"),
        CheckConstraint(f"cap_micro_rho BETWEEN {LEAST_CAP} AND {LARGEST_CAP}", name="cap"),
        CheckConstraint("no_dataset IS NULL OR status = 'CLOSED'", name="without"),
        CheckConstraint(f"minimum_participants >= {FLOOR}", name="least_participants"),
    )

    id: UUID = key()
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT")
    title: str
    description: str
    status: SurveyStatus = choice(SurveyStatus, "status")
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    revision: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})  # one more with each change
    opens_on: date | None = None
    closes_on: date
    minimum_participants: int = Field(default=200, sa_column_kwargs={"server_default": text("200")})
    offered_to: list[str] = choices()
    cap_micro_rho: int = Field(default=CAP, sa_column_kwargs={"server_default": text(str(CAP))})  # of its dataset
    no_dataset: NoDataset | None = choice(NoDataset, "no_dataset", default=None, nullable=True)
    translations: dict[str, dict[str, str]] = translations()


class Eligibility(Table, table=True):
    """Conditions on a survey's participants, besides membership and consent; an empty list or null is no condition."""

    __table_args__ = within(
        "catalog", only_from(MemberKind, "kinds"), only_from(Sex, "sexes"), some_of(REGIONS, "regions")
    )

    survey_id: UUID = reference("catalog.survey.id", part_of_key=True)
    kinds: list[str] = choices()  # empty: patients only
    sexes: list[str] = choices()
    born_from: int | None = None  # years, both inclusive
    born_to: int | None = None
    treatment_ids: list[UUID] = Field(
        default_factory=list, sa_type=ARRAY(Uuid), sa_column_kwargs={"server_default": text("'{}'")}
    )
    regions: list[str] = Field(
        default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")}
    )


class SurveyProgress(Table, table=True):
    """The counts of a survey that were published last, with noise and rounded; readable by survey managers only."""

    __table_args__ = within("catalog")

    survey_id: UUID = reference("catalog.survey.id", part_of_key=True)
    counted_on: date
    eligible: int  # now or when they were invited
    invited: int
    started: int  # or completed
    completed: int


class Question(Table, table=True):
    """A question of one version of a survey; NUMBER questions declare their bins."""

    __table_args__ = within(
        "catalog",
        UniqueConstraint("survey_id", "version", "position"),
        UniqueConstraint("survey_id", "version", "key"),
    )

    id: UUID = key()
    survey_id: UUID = reference("catalog.survey.id")
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    position: int
    key: str
    text: str
    help: str | None = None
    kind: QuestionKind = choice(QuestionKind, "kind")
    required: bool
    minimum: float | None = None
    maximum: float | None = None
    bins: list[float] | None = Field(default=None, sa_type=ARRAY(Float(53)))
    max_choices: int | None = None
    translations: dict[str, dict[str, str]] = translations()


class QuestionOption(Table, table=True):
    """An option of a choice question."""

    __table_args__ = within("catalog")

    question_id: UUID = reference("catalog.question.id", part_of_key=True)
    code: str = Field(primary_key=True)
    label: str
    position: int
    translations: dict[str, dict[str, str]] = translations()


class VisibilityRule(Table, table=True):
    """A condition on another question's answer; a question is shown if all of its rules hold."""

    __table_args__ = within("catalog")

    question_id: UUID = reference("catalog.question.id", part_of_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    on_key: str
    operator: RuleOperator = choice(RuleOperator, "operator")
    values: list[str] = Field(
        default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")}
    )


class Participation(Table, table=True):
    """A member's participation in a survey. Closing the survey removes the link to the answers.

    `begun` stays once the survey has closed: whether the member had begun to answer it, and did not withdraw.
    """

    __table_args__ = within(
        "research", UniqueConstraint("member_id", "survey_id"), Index(None, "survey_id", "member_id")
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    survey_id: UUID = reference("catalog.survey.id")
    status: ParticipationStatus = choice(ParticipationStatus, "status")
    begun: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    completed_at: datetime | None = moment(default=None, nullable=True)
    answer_sheet_id: UUID | None = Field(
        default=None, foreign_key="research.answer_sheet.id", ondelete="SET NULL", unique=True
    )


class AnswerSheet(Table, table=True):
    """A set of answers to one survey, without a reference to the member."""

    __table_args__ = within("research", Index(None, "survey_id"))

    id: UUID = key()
    survey_id: UUID = reference("catalog.survey.id")


class Answer(Table, table=True):
    """One answer on an answer sheet."""

    __table_args__ = within("research")

    answer_sheet_id: UUID = reference("research.answer_sheet.id", part_of_key=True)
    question_id: UUID = reference("catalog.question.id", part_of_key=True)
    codes: list[str] = Field(
        default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")}
    )
    number: float | None = None
    day: date | None = None
    text: str | None = None


class Consent(Table, table=True):
    """A member's current consent for one purpose, and the kinds of organization it extends to."""

    __table_args__ = within("research", only_from(OrganizationKind, "recipients"))

    member_id: UUID = reference("care.member.id", part_of_key=True)
    purpose: ConsentPurpose = choice(ConsentPurpose, "purpose", primary_key=True)
    granted: bool
    recipients: list[str] = choices()
    notice_version: str
    notice_language: Language | None = choice(
        Language, "notice_language", default=None, nullable=True
    )  # in which the notice was shown; null if the consent is older than this column
    changed_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class ConsentChange(Table, table=True):
    """A change of a member's consent: the append-only history that proves each consent."""

    __table_args__ = within("research", Index(None, "member_id", "changed_at"))

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    purpose: ConsentPurpose = choice(ConsentPurpose, "purpose")
    granted: bool
    recipients: list[str] = choices()
    notice_version: str
    notice_language: Language | None = choice(
        Language, "notice_language", default=None, nullable=True
    )  # in which the notice was shown; null if the consent is older than this column
    changed_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class Notice(Table, table=True):
    """The text, in one language, of an information notice shown before consent.

    The latest version whose date has been reached is in force. A trigger refuses a version that lacks a language.
    """

    __table_args__ = within("catalog", UniqueConstraint("purpose", "language", "in_force_on"))

    purpose: ConsentPurpose = choice(ConsentPurpose, "purpose", primary_key=True)
    version: str = Field(primary_key=True)
    language: Language = choice(Language, "language", primary_key=True)
    in_force_on: date
    text: str
