"""Tables of published figures: releases, the insights that present them, and the public ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Float, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Table, choice, key, moment, reference, within
from models.identity.organizations import PurposeKind
from privacy.measures import Measure, Reliability
from privacy.precision import Precision


class Release(Table, table=True):
    """A noisy histogram over a cube of variables, or the sums of one by the others, published once and never changed.

    Cells are in the order of the variables' positions, the last variable running fastest. `noisy` is the release's own
    independent draw; `estimates`, with standard deviation `sigma`, combine it with the release it improves on.
    Of a dataset's size, the first of two cells is published and the second decides whether the dataset opens. Of means,
    the sums of privacy.means.DRAWN take the place of the categories of `measured`: `noisy` in its unit, `estimates` and
    `sigma` in members.
    """

    __table_args__ = within(
        "insight",
        UniqueConstraint("dataset_id", "cube", "precision"),
        CheckConstraint("micro_rho > 0 AND total_micro_rho >= micro_rho AND sigma > 0", name="costs"),
        CheckConstraint("cardinality(noisy) = cardinality(estimates)", name="cells"),
        CheckConstraint("octet_length(salt) = 32", name="salt"),
        CheckConstraint("measured IS NULL OR measured = ANY (variables)", name="measured"),
        CheckConstraint("counts_id IS NULL OR measured IS NOT NULL", name="counts"),
        Index(None, "licence_id"),
    )

    id: UUID = key()
    dataset_id: UUID = reference("insight.dataset.id", gone="RESTRICT")
    cube: str  # the canonical key: the variables' names, sorted, and the domain's version
    variables: list[int] = Field(sa_type=ARRAY(Integer))  # positions, ascending; empty for the dataset's size
    measured: int | None = None  # the position of the variable whose means are published; null for counts
    # Of SUMS, the release with the numbers of members of the groups; null for counts and MEANS.
    counts_id: UUID | None = reference("insight.release.id", gone="RESTRICT", nullable=True)
    precision: Precision = choice(Precision, "precision")
    margin: int  # half-width of the 95 % confidence interval of each cell of `estimates`
    contributions: int  # the most cells that one member may be in
    micro_rho: int  # the charge of this release
    total_micro_rho: int  # including the charges of the releases it improves on
    sigma: float = Field(sa_type=Float(53))
    noisy: list[int] = Field(sa_type=ARRAY(Integer))
    salt: bytes | None = None  # of the ledger entry's commitment; null if the entry is of version 1
    estimates: list[float] = Field(sa_type=ARRAY(Float(53)))
    improves_id: UUID | None = reference("insight.release.id", gone="RESTRICT", nullable=True)
    organization_id: UUID | None = reference("insight.organization.id", gone="RESTRICT", nullable=True)
    licence_id: UUID | None = reference("insight.licence.id", gone="RESTRICT", nullable=True)
    purpose: str
    published_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class Insight(Table, table=True):
    """A release as readers see it: one of its variables, broken down by the others."""

    __table_args__ = within(
        "insight",
        UniqueConstraint("release_id", "variable"),
        Index(None, "dataset_id", "published_at", "id"),
        Index(None, "community_id", "published_at", "id"),
    )

    id: UUID = key()
    release_id: UUID = reference("insight.release.id", gone="RESTRICT")
    dataset_id: UUID = reference("insight.dataset.id", gone="RESTRICT")
    community_id: UUID = reference("catalog.community.id", gone="RESTRICT")  # the dataset's, for scope
    variable: int  # a position
    by: list[int] = Field(sa_type=ARRAY(Integer))  # positions, ascending
    published_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class Cell(Table, table=True):
    """One cell of an insight; readers see the count and share of a HIDDEN cell only on request."""

    __table_args__ = within("insight")

    insight_id: UUID = reference("insight.insight.id", part_of_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # the order of reading
    category: int  # the category's place
    by: list[int] = Field(
        sa_type=ARRAY(Integer)
    )  # the places of the other categories, in the order of the insight's `by`
    count: int  # may be below zero
    margin: int
    share: float | None = Field(default=None, sa_type=Float(53))
    low: float | None = Field(default=None, sa_type=Float(53))  # of the share's 95 % confidence interval
    high: float | None = Field(default=None, sa_type=Float(53))
    reliability: Reliability = choice(Reliability, "reliability")


class Statistic(Table, table=True):
    """The mean or median of an insight's variable in one group; null if there is too little data."""

    __table_args__ = within("insight")

    insight_id: UUID = reference("insight.insight.id", part_of_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    measure: Measure = choice(Measure, "measure")
    by: list[int] = Field(sa_type=ARRAY(Integer))
    value: float | None = Field(default=None, sa_type=Float(53))
    low: float | None = Field(default=None, sa_type=Float(53))
    high: float | None = Field(default=None, sa_type=Float(53))
    reliability: Reliability = choice(Reliability, "reliability")


class LedgerEntry(Table, table=True):
    """An entry of the public ledger: what was published, for whom, at what cost. Append-only, and chained by hashes.

    An entry with `results_of` publishes nothing of members: it links an earlier one to what became of it.
    """

    __table_args__ = within(
        "insight",
        Index(None, "organization_id", "position"),
        Index(None, "community_id", "position"),
        Index(None, "dataset_id", "position"),
        Index(None, "results_of"),
        CheckConstraint("position > 0", name="counts_up"),
        CheckConstraint("num_nonnulls(release_id, count_release_id, results_of) = 1", name="one_release"),
        CheckConstraint(
            "CASE WHEN results_of IS NULL THEN micro_rho > 0 AND commitment IS NOT NULL AND results_url IS NULL"
            " ELSE micro_rho = 0 AND commitment IS NULL AND results_url IS NOT NULL AND results_of < position END",
            name="results",
        ),
        CheckConstraint("(dataset_id IS NULL) = (release_id IS NULL)", name="dataset"),
        CheckConstraint("community_id IS NOT NULL OR count_release_id IS NOT NULL", name="community"),
        CheckConstraint("version IN (1, 2)", name="version"),
    )

    version: int  # of the format that is hashed: see privacy.chain

    position: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})  # from 1
    release_id: UUID | None = Field(
        default=None, foreign_key="insight.release.id", ondelete="RESTRICT", unique=True, nullable=True
    )
    count_release_id: UUID | None = Field(
        default=None, foreign_key="insight.count_release.id", ondelete="RESTRICT", unique=True, nullable=True
    )
    dataset_id: UUID | None = reference("insight.dataset.id", gone="RESTRICT", nullable=True)
    dataset_title: str  # of counts: the name of the community, or of the network
    community_id: UUID | None = reference("catalog.community.id", gone="RESTRICT", nullable=True)  # null: the network's
    organization_id: UUID | None = reference("insight.organization.id", gone="RESTRICT", nullable=True)
    organization_name: str | None = None  # at that time; null for staff and for participants' tables
    purpose: str
    purpose_kind: PurposeKind | None = choice(PurposeKind, "purpose_kind", default=None, nullable=True)
    variables: list[str] = Field(sa_type=ARRAY(Text))  # names
    micro_rho: int
    commitment: bytes | None = None  # SHA-256 of the release's salt and noisy cells
    results_of: int | None = Field(
        default=None,
        sa_type=BigInteger,
        foreign_key="insight.ledger_entry.position",
        ondelete="RESTRICT",
        nullable=True,
    )
    results_url: str | None = None
    published_at: datetime = moment()
    previous_hash: bytes
    hash: bytes = Field(unique=True)
