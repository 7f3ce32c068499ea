"""Reads datasets, their variables and categories, and their privacy budgets."""

from uuid import UUID

from sqlalchemy import ARRAY, Text, case, cast, func, literal_column, or_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.insight import datasets as tables
from models.languages import DEFAULT
from models.messages import message
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select, word
from models.viewers import Audience
from privacy.budget import SOLD_SHARE
from privacy.precision import Precision, price
from resolvers.exporting import TEXT, TEXTS, ExportColumn, ExportKind, GraphNames, as_json, translated
from resolvers.insight.costs import cost
from resolvers.lookup import community_called, computed_once, in_language

NO_TEXTS: Expression = cast(literal_column("'{}'"), ARRAY(Text))
REQUEST = message(
    "Sign in for an organization of a kind that the dataset is offered to, and request a licence for its community "
    "with licenceRequest. A data steward decides on it. The undertakings that you accept with it are in undertakings."
)
ENDED = message("It has ended: nothing more is published from it, and its records were destroyed.")


def dataset(*, id: Value[UUID]) -> Rows:
    """One row, or none if the viewer may not read it."""
    found = row(tables.Dataset)
    return select(found).where(found.id == id)


def datasets(*, community: Value[str] | None = None, kind: tables.DatasetKind | None = None) -> Rows:
    """Datasets, the newest first; those of one community and kind, if given."""
    dataset = row(tables.Dataset)
    found = _newest(dataset)
    if community is not None:
        found = found.where(dataset.community_id == community_called(community))
    return found if kind is None else found.where(dataset.kind == kind)


def datasets_of(community: Row) -> Rows:
    """Datasets, the newest first."""
    dataset = row(tables.Dataset)
    return _newest(dataset).where(dataset.community_id == community.id)


def _newest(dataset: Row) -> Rows:
    return select(dataset).order_by(dataset.frozen_on.desc(), dataset.id.desc())


def dataset_of(owner: Row) -> Rows:
    """One row, by `dataset_id`."""
    dataset = row(tables.Dataset)
    return select(dataset).where(dataset.id == owner.dataset_id)


def dataset_of_survey(survey: Row) -> Rows:
    """The dataset made from the survey; no row until it closes, or if too few members were enrolled."""
    dataset = row(tables.Dataset)
    return select(dataset).where(dataset.survey_id == survey.id)


def languages_of(dataset: Row) -> Expression:
    """The languages of its title and labels: English, and those that it is translated into."""
    tags = func.jsonb_object_keys(dataset.translations).column_valued("tag")
    others = select(func.array_agg(aggregate_order_by(func.upper(tags), tags))).scalar_subquery()
    return func.array_prepend(word(DEFAULT.value), func.coalesce(others, NO_TEXTS))


def how_to_request(dataset: Row, *, viewer: ViewerIds) -> Expression:
    """A sentence in the language of the viewer."""
    is_over = or_(*(dataset.status == each for each in (tables.DatasetStatus.ENDED, tables.DatasetStatus.TOO_SMALL)))
    return case((is_over, in_language(ENDED, viewer.language)), else_=in_language(REQUEST, viewer.language))


def is_synthetic(_owner: Row) -> Expression:
    """Whether the database is a sandbox, of which everything is synthetic."""
    return computed_once(func.insight.is_sandbox())


def budget_of(dataset: Row) -> Row:
    """The same row, as its budget."""
    return dataset


def cap_of(owner: Row) -> Rows:
    """The cap of a dataset, or of the dataset that is made from a survey."""
    return cost(owner.cap_micro_rho)


def cap_micro_rho(survey: Row) -> Expression:
    """A number of micro-rho: what its dataset may spend at the most."""
    return survey.cap_micro_rho


def spent_on(dataset: Row) -> Rows:
    """One row: what was spent on the dataset, in micro-rho."""
    return cost(dataset.spent_micro_rho)


def remaining_of(dataset: Row, *, viewer: ViewerIds) -> Rows:
    """One row: what is left of the viewer's share of the budget, in micro-rho."""
    return cost(_remaining(dataset, viewer))


def insights_left(dataset: Row, *, viewer: ViewerIds, precision: Precision) -> Expression:
    """The number of insights that the remaining budget covers, if each member is in one cell of each."""
    return _remaining(dataset, viewer) // price(precision)


def _remaining(dataset: Row, viewer: ViewerIds) -> Expression:
    """Micro-rho that can still be spent; in the buyer view, of the budget share of all licensed buyers together."""
    left = dataset.cap_micro_rho - dataset.spent_micro_rho
    if viewer.view is Audience.BUYER:
        for_sale = dataset.cap_micro_rho * SOLD_SHARE // 100 - dataset.sold_micro_rho
        left = func.least(left, for_sale)
    return case((dataset.status == tables.DatasetStatus.OPEN, left), else_=0)


def exported_records(names: GraphNames) -> ExportKind:
    """The member's records in open datasets, as an export has them."""
    listed = (
        f'SELECT {names.id("insight.dataset", "o.dataset_id")} AS "datasetId",'  # noqa: S608
        f" {translated('d', 'title')} AS dataset, o.variable, o.label, o.codes, o.labels"
        " FROM research.own_records($2::text) o JOIN insight.dataset d ON d.id = o.dataset_id"
        " ORDER BY d.frozen_on, d.id, o.position"
    )
    return ExportKind(
        "records",
        "Their categories in a dataset that can still be queried: one item for each variable of their record.",
        (
            ExportColumn("datasetId", "Id of the dataset.", names.id_schema("insight.dataset")),
            ExportColumn("dataset", "Title of the dataset.", TEXT),
            ExportColumn("variable", "Name of the variable.", TEXT),
            ExportColumn("label", "Label of the variable.", TEXT),
            ExportColumn("codes", "Codes of their categories: several if the variable can have several values.", TEXTS),
            ExportColumn("labels", "Labels of these categories.", TEXTS),
        ),
        as_json(listed),
    )
