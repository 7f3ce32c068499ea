"""Tables of conditions and their communities."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, searchable, within
from models.languages import translations
from privacy.budget import FLOOR
from privacy.described import DescribedEnum


class CommunityStatus(DescribedEnum):
    """The status of a community."""

    DRAFT = "DRAFT", "Being prepared; visible to staff only."
    OPEN = "OPEN", "Members can join it."
    MERGED = "MERGED", "Merged into another community, to which its members moved."
    CLOSED = "CLOSED", "Nobody can join it or post in it. Its content stays readable."


CODES = (  # of a condition, as searches find it by them
    "coalesce(icd10 || ', ', '') || coalesce('ORPHA:' || orpha || ', ', '')"
    " || coalesce('OMIM:' || omim || ', ', '') || coalesce(hpo, '')"
)


class Condition(Table, table=True):
    """A disease, with its ICD-10 code and, for rare diseases, its ORPHA and OMIM codes."""

    __table_args__ = within("catalog", Index(None, "search", postgresql_using="gin"))

    id: UUID = key()
    name: str = Field(unique=True)
    icd10: str | None = None
    orpha: str | None = None
    omim: str | None = None
    hpo: str | None = None
    retired_on: date | None = None
    translations: dict[str, dict[str, str]] = translations()
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})  # counts changes by editors
    search: str = searchable(f"entry_words(name, NULL, translations, {CODES})")


class Community(Table, table=True):
    """The community of a condition. Its counts are those published last, with noise and rounded to the nearest ten."""

    __table_args__ = within(
        "catalog",
        Index(None, "search", postgresql_using="gin"),
        CheckConstraint(f"needed_count >= {FLOOR}", name="needed"),
        CheckConstraint("(status = 'MERGED') = (merged_into_id IS NOT NULL)", name="merged"),
        Index(None, "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )

    id: UUID = key()
    slug: str = Field(unique=True)
    name: str
    description: str
    condition_id: UUID = reference("catalog.condition.id", gone="RESTRICT")
    words: str = Field(default="", sa_column_kwargs={"server_default": text("''")})  # further words to search by
    search: str = searchable("entry_words(name, NULL, translations, words)")
    member_count: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    counted_on: date | None = None
    consenting_count: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    needed_count: int = Field(default=200, sa_column_kwargs={"server_default": text("200")})
    status: CommunityStatus = choice(
        CommunityStatus, "status", default=CommunityStatus.OPEN, sa_column_kwargs={"server_default": text("'OPEN'")}
    )
    merged_into_id: UUID | None = reference("catalog.community.id", gone="RESTRICT", nullable=True)
    moves_at: datetime | None = moment(default=None, nullable=True)  # until all members have moved to the other
    translations: dict[str, dict[str, str]] = translations()
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})  # counts changes by editors


class CommunityIndicator(Table, table=True):
    """An indicator of a community's condition, by relevance."""

    __table_args__ = within("catalog")

    community_id: UUID = reference("catalog.community.id", part_of_key=True)
    indicator_id: UUID = reference("catalog.indicator.id", part_of_key=True)
    position: int


class CommunityTreatment(Table, table=True):
    """A treatment of a community, in the catalogue's order."""

    __table_args__ = within("catalog", Index(None, "community_id", "position", "treatment_id"))

    community_id: UUID = reference("catalog.community.id", part_of_key=True)
    treatment_id: UUID = reference("catalog.treatment.id", part_of_key=True)
    position: int
