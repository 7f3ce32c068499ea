"""Reads published insights, their cells and their statistics, as they were stored."""

from uuid import UUID

from sqlalchemy import and_, case, func, literal_column, true, type_coerce

from models.identity.organizations import Organization
from models.insight import datasets
from models.insight import insights as tables
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select, word
from privacy.means import InsightKind
from privacy.measures import PRECISE_WIDTH, Reliability
from resolvers.insight.costs import cost
from resolvers.insight.purposes import purpose_shown
from resolvers.lookup import community_called

NO_SHARE: Expression = literal_column("0")  # the range of shares
WHOLE_SHARE: Expression = literal_column("1")
ONE: Expression = literal_column("1")


def insight(*, id: Value[UUID]) -> Rows:
    """One row, or none if the viewer may not read it."""
    found = row(tables.Insight)
    return select(found).where(found.id == id)


def insights_of_dataset(dataset: Row) -> Rows:
    """Insights, the newest first."""
    insight = row(tables.Insight)
    return _newest(insight).where(insight.dataset_id == dataset.id)


def insights_of_community(community: Row) -> Rows:
    """Insights, the newest first."""
    insight = row(tables.Insight)
    return _newest(insight).where(insight.community_id == community.id)


def insights_of_treatment(treatment: Row, *, community: Value[str] | None = None) -> Rows:
    """The insights with a variable about the treatment, newest first."""
    insight, variable = row(tables.Insight), row(datasets.Variable)
    about = select(variable.position).where(
        variable.subject_id == treatment.id,
        variable.dataset_id == insight.dataset_id,
        (variable.position == insight.variable) | (variable.position == func.any(insight.by)),
    )
    found = _newest(insight).where(about.exists())
    return found if community is None else found.where(insight.community_id == community_called(community))


def _newest(insight: Row) -> Rows:
    return select(insight).order_by(insight.published_at.desc(), insight.id.desc())


def variable_of(insight: Row) -> Rows:
    """One row: the variable that is counted."""
    variable = row(datasets.Variable)
    return select(variable).where(variable.dataset_id == insight.dataset_id, variable.position == insight.variable)


def variables_by(insight: Row) -> Rows:
    """The variables that it is broken down by, in the dataset's order."""
    variable = row(datasets.Variable)
    among = (variable.dataset_id == insight.dataset_id, variable.position == func.any(insight.by))
    return select(variable).where(*among).order_by(variable.position)


def precision_of(insight: Row) -> Expression:
    """A Precision."""
    return _of_release(insight, "precision")


def kind_of(insight: Row) -> Expression:
    """An InsightKind."""
    counts, means, sums = (word(each.value) for each in (InsightKind.COUNTS, InsightKind.MEANS, InsightKind.SUMS))
    return case(
        (_of_release(insight, "measured").is_(None), counts),
        (_of_release(insight, "counts_id").is_(None), means),
        else_=sums,
    )


def margin_of(insight: Row) -> Expression:
    """The half-width of 95 % confidence intervals of counts, in members."""
    return _of_release(insight, "margin")


def purpose_of(insight: Row, *, viewer: ViewerIds) -> Expression:
    """The purpose as it was given, or what `purpose_shown` puts in its place."""
    release = row(tables.Release)
    shown = purpose_shown(release.purpose, release.organization_id, viewer)
    return select(shown).where(release.id == insight.release_id).scalar_subquery()


def cost_of(insight: Row) -> Rows:
    """One row with the cost, in micro-rho."""
    return cost(_of_release(insight, "micro_rho"))


def requested_by(insight: Row) -> Rows:
    """One row, or none if the network published it itself."""
    organization = row(Organization)
    return select(organization).where(organization.id == _of_release(insight, "organization_id"))


def _of_release(insight: Row, column: str) -> Expression:
    release = row(tables.Release)
    return select(getattr(release, column)).where(release.id == insight.release_id).scalar_subquery()


def ledger_entry_of(insight: Row) -> Rows:
    """One row: the line of the ledger that charged it."""
    entry = row(tables.LedgerEntry)
    return select(entry).where(entry.release_id == insight.release_id)


def counted_by(insight: Row) -> Rows:
    """One row: an insight of the release with the numbers of members of SUMS; no row if these are the dataset's size.

    All insights of a release show the same counts.
    """
    found = row(tables.Insight)
    return select(found).where(found.id == first_insight_of(_of_release(insight, "counts_id")))


def first_insight_of(release_id: Expression) -> Expression:
    """The id of the insight of a release whose variable comes first."""
    found = row(tables.Insight)
    chosen = select(found.id).where(found.release_id == release_id).order_by(found.variable).limit(ONE)
    return chosen.scalar_subquery()


def proof_of(insight: Row) -> Rows:
    """One row: the release, of which the ledger has a commitment."""
    release = row(tables.Release)
    return select(release).where(release.id == insight.release_id)


def proof_of_size(dataset: Row) -> Rows:
    """The release of the dataset's size; no row if the viewer may not read it."""
    release = row(tables.Release)
    return select(release).where(release.dataset_id == dataset.id, func.cardinality(release.variables) == 0)


def salt_of(release: Row) -> Expression:
    """Random bytes of the commitment, in hexadecimal digits."""
    return func.encode(release.salt, "hex")


def commitment_of(release: Row) -> Expression:
    """The commitment to the release, as hexadecimal digits, from the ledger."""
    entry = row(tables.LedgerEntry)
    return select(func.encode(entry.commitment, "hex")).where(entry.release_id == release.id).scalar_subquery()


def variables_of(release: Row) -> Rows:
    """The variables of the published table, in the dataset's order."""
    variable = row(datasets.Variable)
    among = (variable.dataset_id == release.dataset_id, variable.position == func.any(release.variables))
    return select(variable).where(*among).order_by(variable.position)


def entry_of(release: Row) -> Rows:
    """One row: the line of the ledger that charged it."""
    entry = row(tables.LedgerEntry)
    return select(entry).where(entry.release_id == release.id)


def cells_of(insight: Row, *, include_unreliable: bool | None = None) -> Rows:
    """The stored cells. The counts of HIDDEN ones are null unless `include_unreliable`."""
    cell = row(tables.Cell)
    count = cell.count if include_unreliable else case((cell.reliability != Reliability.HIDDEN, cell.count))
    precise = cell.high - cell.low <= literal_column(str(PRECISE_WIDTH))
    whole = and_(cell.low <= NO_SHARE, cell.high >= WHOLE_SHARE)
    high, low, none = (
        type_coerce(each, cell.reliability.type) for each in (Reliability.HIGH, Reliability.LOW, Reliability.NONE)
    )
    return (
        select(
            *_places(cell, insight),
            count.label("count"),
            cell.margin.label("margin_of_error"),
            *(_within(cell, name, NO_SHARE, WHOLE_SHARE).label(name) for name in ("share", "low", "high")),
            cell.category.label("category"),
            cell.reliability.label("reliability"),
            case((precise, high), (whole, none), (cell.low.is_not(None), low)).label("share_reliability"),
        )
        .where(cell.insight_id == insight.id)
        .order_by(cell.place)
    )


def statistics_of(insight: Row) -> Rows:
    """Statistics in the table's order, in the unit of the variable, kept within its scale."""
    statistic = row(tables.Statistic)
    category = row(datasets.Category)
    scale = (
        select(func.min(category.value).label("least"), func.max(category.value).label("most"))
        .where(category.dataset_id == insight.dataset_id, category.variable == insight.variable)
        .subquery()
    )
    found = select(
        *_places(statistic, insight),
        statistic.measure.label("measure"),
        *(_within(statistic, name, scale.c.least, scale.c.most).label(name) for name in ("value", "low", "high")),
        statistic.reliability.label("reliability"),
    )
    return found.join(scale, true()).where(statistic.insight_id == insight.id).order_by(statistic.place)


def _within(stored: Row, name: str, least: Expression, most: Expression) -> Expression:
    """A stored figure, clamped: rows of earlier versions may lie outside, and are never changed."""
    figure = getattr(stored, name)
    # PostgreSQL's GREATEST and LEAST leave nulls out.
    return case((figure.is_not(None), func.least(func.greatest(figure, least), most)))


def _places(figure: Row, insight: Row) -> tuple[Expression, ...]:
    """The columns by which the categories of a cell or a statistic are found."""
    return (
        insight.dataset_id.label("dataset_id"),
        insight.variable.label("variable"),
        insight.by.label("variables_by"),
        figure.by.label("categories_by"),
    )


def category_of(cell: Row) -> Rows:
    """One row: the category that is counted."""
    category = row(datasets.Category)
    of_variable = (category.dataset_id == cell.dataset_id, category.variable == cell.variable)
    return select(category).where(*of_variable, category.place == cell.category)


def categories_by(figure: Row) -> Rows:
    """The categories that a figure is broken down by, in the dataset's order of variables."""
    category = row(datasets.Category)
    pair = func.unnest(figure.variables_by, figure.categories_by).table_valued("variable", "place").render_derived()
    # With a LIMIT, each pair is one lookup by primary key. As a join, all categories of the dataset would be read for
    # each cell, and an insight may have thousands of cells.
    found = (
        select(category)
        .where(
            category.dataset_id == figure.dataset_id,
            category.variable == pair.c.variable,
            category.place == pair.c.place,
        )
        .limit(ONE)
        .lateral()
    )
    return select(found).select_from(pair.join(found, true())).order_by(pair.c.variable)


def interval_of(figure: Row) -> Rows:
    """The interval as one row; no row if there is none."""
    return select(figure.low.label("low"), figure.high.label("high")).where(figure.low.is_not(None))
