"""Lists the texts that nobody has translated yet, which readers are shown in English.

Notices, terms, privacy notices and help lines are never among them: none is published in one language alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, Uuid, cast, collate, func, literal_column, or_, union_all
from sqlalchemy.dialects.postgresql import array
from sqlmodel import SQLModel

from models.community import communities
from models.identity import accounts, associations
from models.identity.accounts import StaffRole
from models.languages import DEFAULT, Language
from models.research import surveys
from models.research.surveys import SurveyStatus
from models.research.translations import TranslatedKind
from models.rows import Branches, Expression, Row, Rows, ViewerIds, row, select, word
from models.tracking import observations, treatments

READERS = (StaffRole.CATALOGUE_EDITOR, StaffRole.SURVEY_MANAGER)
CHANGEABLE = (SurveyStatus.DRAFT, SurveyStatus.WAITING, SurveyStatus.OPEN)  # surveys that members answer, or will
INDICATOR = ("name", "unit", "lay_names")
LISTS = {"lay_names": "layNames"}  # columns that are lists, and the fields that have them
Parts = Iterator[Select[tuple[object, ...]]]


@dataclass(frozen=True)
class Texts:
    """The texts of one row: its id and the prefix of its type, and the columns; `option` is the code of an option."""

    prefix: str
    id: Expression
    of: Row
    columns: tuple[str, ...]
    conditions: tuple[Expression, ...]
    option: Expression


def missing_translations(
    *, language: Language | None = None, kind: TranslatedKind | None = None, viewer: ViewerIds
) -> Rows:
    """One row for each missing text: `language`, `subject_type`, `subject_id`, `field`, `option`, `text`.

    Nothing for viewers who are neither catalogue editors nor survey managers.
    """
    kinds = TranslatedKind if kind is None else (kind,)
    languages = Language if language is None else (language,)
    parts = [part for each in kinds for tag in languages for part in _of_kind(each, tag)]
    found = union_all(*parts).subquery() if parts else _nothing().subquery()
    reader = row(accounts.Staff)
    may_read = select(reader.id).where(reader.id == viewer.staff, reader.roles.op("&&")(_roles())).exists()
    listed = select(*found.c).where(may_read)
    return listed.order_by(found.c.rank, found.c.language, found.c.subject_id, found.c.field, found.c.option)


def _roles() -> Expression:
    return array([word(role.value) for role in READERS])


def _nothing() -> Select[tuple[object, ...]]:
    return next(_of_kind(TranslatedKind.CONDITION, Language.FR)).where(literal_column("false"))


def _of_kind(kind: TranslatedKind, language: Language) -> Parts:
    if kind is not TranslatedKind.ASSOCIATION and language is DEFAULT:
        return  # texts of rows are in English
    for texts in _texts_of(kind):
        for column in texts.columns:
            yield _missing(kind, language, texts, column)


def _missing(kind: TranslatedKind, language: Language, texts: Texts, column: str) -> Select[tuple[object, ...]]:
    text = getattr(texts.of, column)
    translated: ColumnElement[Any] = texts.of.translations[language.tag].op("->>")(literal_column(f"'{column}'"))
    if column in LISTS:  # an empty list in a language says that there are none
        text = func.array_to_string(text, literal_column("', '"))
    rank = list(TranslatedKind).index(kind)
    return select(
        literal_column(str(rank), Integer()).label("rank"),
        word(language.value).label("language"),
        word(texts.prefix).label("subject_type"),
        cast(texts.id, Uuid).label("subject_id"),
        collate(word(LISTS.get(column, column)), "C").label("field"),
        collate(texts.option, "C").label("option"),
        cast(text, Text).label("text"),
    ).where(func.coalesce(text, "") != "", func.coalesce(translated, "") == "", *texts.conditions)


def _texts_of(kind: TranslatedKind) -> Iterator[Texts]:
    none = word("")
    match kind:
        case TranslatedKind.CONDITION:
            condition = row(communities.Condition)
            yield Texts("con", condition.id, condition, ("name",), (condition.retired_on.is_(None),), none)
        case TranslatedKind.COMMUNITY:
            community = row(communities.Community)
            current = (community.merged_into_id.is_(None),)
            yield Texts("com", community.id, community, ("name", "description"), current, none)
        case TranslatedKind.INDICATOR:
            indicator = row(observations.Indicator)
            yield Texts("ind", indicator.id, indicator, INDICATOR, (indicator.retired_on.is_(None),), none)
        case TranslatedKind.TREATMENT:
            treatment = row(treatments.Treatment)
            offered = (treatment.retired_on.is_(None), treatment.kind != treatments.TreatmentKind.MEDICATION)
            yield Texts("trt", treatment.id, treatment, ("name",), offered, none)
        case TranslatedKind.SURVEY:
            yield from _texts_of_surveys()
        case TranslatedKind.ASSOCIATION:
            page = row(associations.Association)
            yield Texts("asn", page.member_id, page, ("description",), (), none)


def _is_answered(survey: Row) -> Expression:
    return or_(*(survey.status == status for status in CHANGEABLE))


def _texts_of_surveys() -> Iterator[Texts]:
    none = word("")
    survey = row(surveys.Survey)
    yield Texts("svy", survey.id, survey, ("title", "description"), (_is_answered(survey),), none)
    survey, question = row(surveys.Survey), row(surveys.Question)
    asked = (
        question.survey_id == survey.id, question.version == survey.version, _is_answered(survey)
    )  # fmt: skip
    yield Texts("qst", question.id, question, ("text", "help"), asked, none)
    survey, question, option = row(surveys.Survey), row(surveys.Question), row(surveys.QuestionOption)
    offered = (
        option.question_id == question.id, question.survey_id == survey.id, question.version == survey.version,
        _is_answered(survey),
    )  # fmt: skip
    yield Texts("qst", question.id, option, ("label",), offered, option.code)


SUBJECTS: tuple[tuple[str, type[SQLModel], str], ...] = (
    ("con", communities.Condition, "id"),
    ("com", communities.Community, "id"),
    ("ind", observations.Indicator, "id"),
    ("trt", treatments.Treatment, "id"),
    ("svy", surveys.Survey, "id"),
    ("qst", surveys.Question, "id"),
    ("asn", associations.Association, "member_id"),
)


def subject_of(missing: Row) -> Branches:
    """What the text belongs to, found by the id prefix of its type."""
    rows = [(prefix, row(table), key) for prefix, table, key in SUBJECTS]
    return Branches(
        tuple(
            select(of).where(missing.subject_type == prefix, getattr(of, key) == missing.subject_id)
            for prefix, of, key in rows
        )
    )


def option_of(missing: Row) -> Expression:
    """An option's code; null if it is a text of the survey or of a question that is missing."""
    return func.nullif(missing.option, "")
