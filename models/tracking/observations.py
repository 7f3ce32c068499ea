"""Tables of tracking: indicators and members' observations."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Float, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, searchable, within
from models.languages import translations
from privacy.described import DescribedEnum


class IndicatorKind(DescribedEnum):
    """The kind of an indicator."""

    SYMPTOM = "SYMPTOM", "A symptom, such as pain."
    MOOD = "MOOD", "A mood."
    QUALITY_OF_LIFE = "QUALITY_OF_LIFE", "An aspect of quality of life."
    MEASUREMENT = "MEASUREMENT", "A measured quantity, such as weight."
    SCORE = "SCORE", "The score of a clinical questionnaire."


class Scale(DescribedEnum):
    """The scale of an indicator's values."""

    RATING_0_10 = "RATING_0_10", "A rating from 0 to 10."
    GRADE_NONE_TO_SEVERE = "GRADE_NONE_TO_SEVERE", "A grade in whole numbers, from none to severe."
    QUANTITY = "QUANTITY", "A quantity in the indicator's unit."


class Indicator(Table, table=True):
    """An indicator to track: a symptom (with its HPO term), a mood, a measurement; values lie in [minimum, maximum]."""

    __table_args__ = within(
        "catalog",
        Index(None, "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index(None, "moves_at", postgresql_where=text("moves_at IS NOT NULL")),
        Index(None, "search", postgresql_using="gin"),
    )

    id: UUID = key()
    slug: str = Field(unique=True)
    name: str
    lay_names: list[str] = Field(
        default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")}
    )
    kind: IndicatorKind = choice(IndicatorKind, "kind")
    scale: Scale = choice(Scale, "scale")
    unit: str | None = None  # as it is shown
    ucum: str | None = None  # the same unit as a code
    minimum: float
    maximum: float
    hpo: str | None = Field(default=None, unique=True)
    loinc: str | None = None
    retired_on: date | None = None
    merged_into_id: UUID | None = reference("catalog.indicator.id", gone="RESTRICT", nullable=True)
    moves_at: datetime | None = moment(default=None, nullable=True)  # when members' rows move to what it merged into
    translations: dict[str, dict[str, str]] = translations()
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})  # counts changes by editors
    words: str = Field(default="", sa_column_kwargs={"server_default": text("''")})  # further words to search by
    search: str = searchable("entry_words(name, lay_names, translations, words)")


class Observation(Table, table=True):
    """A member's value of one indicator on one day; a second value for the same day replaces the first."""

    __table_args__ = within(
        "care",
        UniqueConstraint("member_id", "indicator_id", "observed_on"),
        Index(None, "member_id", "observed_on", "id"),
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    indicator_id: UUID = reference("catalog.indicator.id", gone="RESTRICT")
    value: float = Field(sa_type=Float(53))
    observed_on: date
    by_relative: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    note: str | None = None
