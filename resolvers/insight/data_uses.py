"""Reads the public ledger, and what it adds up to for one member.

What is reserved of their allowance is computed as `research.reserved_by_datasets` and `research.reserved_by_counts` do
when a member is enrolled or counted, which this role may not call.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CompoundSelect, Text, case, cast, func, literal_column, union_all

from models.insight import counts, datasets, network
from models.insight import insights as tables
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from privacy import budget, chain, loss
from resolvers.days import today
from resolvers.exporting import (
    INTEGER,
    TEXT,
    THE_LANGUAGE,
    THE_MEMBER,
    ExportColumn,
    ExportKind,
    GraphNames,
    as_json,
    camel,
    nullable,
    schema_of,
    sql_of,
)
from resolvers.insight.costs import cost
from resolvers.insight.purposes import purpose_shown
from resolvers.lookup import community_called


def data_uses(*, organization: Value[UUID] | None = None, community: Value[str] | None = None) -> Rows:
    """Lines of the ledger that charged a budget, the newest first; those of one organization or community, if given."""
    entry = row(tables.LedgerEntry)
    found = select(entry).where(entry.results_of.is_(None)).order_by(entry.position.desc())
    if organization is not None:
        found = found.where(entry.organization_id == organization)
    if community is not None:
        found = found.where(entry.community_id == community_called(community))
    return found


def every_data_use() -> Rows:
    """The entries that are uses, and not links to the results of one."""
    entry = row(tables.LedgerEntry)
    return select(entry).where(entry.results_of.is_(None))


def ledger_entries() -> Rows:
    """All lines of the ledger, the newest first."""
    entry = row(tables.LedgerEntry)
    return select(entry).order_by(entry.position.desc())


def data_use_of(payload: Row) -> Rows:
    """One row: the line for which a mutation has added results."""
    entry = row(tables.LedgerEntry)
    return select(entry).where(entry.position == payload.data_use_position)


def results_of(data_use: Row) -> Rows:
    """Later lines of the ledger that link to results of this use, the oldest first."""
    link = row(tables.LedgerEntry)
    return select(link).where(link.results_of == data_use.position).order_by(link.position)


def data_uses_of(me: Row) -> Rows:
    """The uses of the viewer's data, newest first."""
    entry = row(tables.LedgerEntry)
    return select(entry).where(entry.position.in_(_uses(me))).order_by(entry.position.desc())


def _uses(me: Row) -> CompoundSelect[Any]:
    """The positions of the entries of datasets that the viewer was in, and of counts that included them."""
    entry, enrolment = row(tables.LedgerEntry), row(datasets.Enrolment)
    of_datasets = (
        select(entry.position)
        .join(enrolment, enrolment.dataset_id == entry.dataset_id)
        .where(
            enrolment.member_id == me.member_id,
            enrolment.withdrawn_at.is_(None) | (entry.published_at <= enrolment.withdrawn_at),
        )
    )
    entry, counted = row(tables.LedgerEntry), row(counts.CountedMembership)
    of_counts = (
        select(entry.position)
        .join(counted, counted.community_id == entry.community_id)
        .where(
            counted.member_id == me.member_id,
            entry.count_release_id.is_not(None),
            (
                (entry.published_at >= counted.counted_since)
                & (counted.left_at.is_(None) | (entry.published_at <= counted.left_at))
            )
            | (entry.position == counted.openings.any_()),
        )
    )
    entry, member = row(tables.LedgerEntry), row(network.CountedMember)
    of_network = (
        select(entry.position)
        .join(member, entry.published_at >= member.counted_since)
        .where(member.member_id == me.member_id, entry.community_id.is_(None))
    )
    return union_all(of_datasets, of_counts, of_network)


def purpose_of(entry: Row, *, viewer: ViewerIds) -> Expression:
    """The purpose as it was given, or what `purpose_shown` puts in its place."""
    return purpose_shown(entry.purpose, entry.organization_id, viewer)


def cost_of(entry: Row) -> Rows:
    """One row with the cost, in micro-rho."""
    return cost(entry.micro_rho)


def entry_of(data_use: Row) -> Row:
    """The same row, as a line of the ledger."""
    return data_use


def insight_of(entry: Row) -> Rows:
    """The earliest insight of the release: the same table may be read by another of its variables later on."""
    insight = row(tables.Insight)
    of_release = select(insight).where(insight.release_id == entry.release_id)
    return of_release.order_by(insight.published_at, insight.id).limit(1)


def counted_in(entry: Row) -> Rows:
    """The variables of the table, in the order of the entry; none of counts."""
    variable = row(datasets.Variable)
    name = variable.name + variable.groups
    # As the entry names it, by what was published of it: counts, MEANS or SUMS.
    opened, closed = ("", "mean(", "sum("), literal_column("')'", Text)
    names = (literal_column(f"'{kind}'", Text) + name + closed if kind else name for kind in opened)
    places = (func.array_position(entry.variables, each) for each in names)
    place = func.coalesce(*places)
    return select(variable).where(variable.dataset_id == entry.dataset_id, place.is_not(None)).order_by(place)


def hash_of(entry: Row) -> Expression:
    """SHA-256 of the line, as hexadecimal digits."""
    return func.encode(entry.hash, "hex")


def previous_hash_of(entry: Row) -> Expression:
    """SHA-256 of the line before, as hexadecimal digits."""
    return func.encode(entry.previous_hash, "hex")


def line_of(entry: Row) -> Expression:
    """The values that the hash is computed of, as an array of JSON."""
    return func.json_build_array(
        entry.version,
        entry.position,
        func.coalesce(entry.release_id, entry.count_release_id),
        entry.dataset_id,
        entry.dataset_title,
        entry.community_id,
        entry.organization_id,
        entry.organization_name,
        entry.purpose,
        entry.variables,
        entry.micro_rho,
        func.encode(entry.commitment, "hex"),
        entry.published_at,
        previous_hash_of(entry),
        entry.purpose_kind,
        entry.results_of,
        entry.results_url,
    )


def line(found: Any) -> str:
    """The entry's text as it was hashed, from the JSON of `line_of`: a ChainEntry's fields in order."""
    *known, commitment, published_at, previous, purpose_kind, results_of, results_url = found
    known += [commitment and bytes.fromhex(commitment), datetime.fromisoformat(published_at), bytes.fromhex(previous)]
    known += [purpose_kind, results_of, results_url]
    return chain.text_of(chain.ChainEntry(*known))


def privacy_loss_of(me: Row, *, viewer: ViewerIds) -> Rows:
    """One row: the micro-rho reserved of the viewer's allowance and those spent, and the language to say it in."""
    entry = row(tables.LedgerEntry)
    reserved = _reserved_by_datasets(me) + _reserved_by_counts(me)
    spent = select(func.coalesce(func.sum(entry.micro_rho), 0)).where(entry.position.in_(_uses(me)))
    return select(
        cast(reserved, BigInteger).label("reserved_micro_rho"),
        cast(spent.scalar_subquery(), BigInteger).label("spent_micro_rho"),
        viewer.language.label("language"),
    )


def _reserved_by_datasets(me: Row) -> Expression:
    """The cap of those that can or will be queried, and of others what was published within the year."""
    enrolment, dataset, entry = row(datasets.Enrolment), row(datasets.Dataset), row(tables.LedgerEntry)
    ended = select(dataset.id).where(
        dataset.id == enrolment.dataset_id,
        (dataset.status != datasets.DatasetStatus.OPEN) | (dataset.ends_on < today()),
    )
    is_seen = select(dataset.id).where(dataset.id == enrolment.dataset_id).exists()
    used = select(entry.position).where(entry.dataset_id == enrolment.dataset_id).exists()
    published = select(func.sum(entry.micro_rho)).where(
        entry.dataset_id == enrolment.dataset_id, entry.published_at >= _year_before()
    )
    # Members see neither a dataset that is being frozen nor one that was too small; the second is in the ledger.
    is_over = ended.exists() | (~is_seen & used)
    of_each = case(
        (~is_over, enrolment.reserved_micro_rho),
        else_=func.least(enrolment.reserved_micro_rho, func.coalesce(published.scalar_subquery(), 0)),
    )
    return func.coalesce(select(func.sum(of_each)).where(enrolment.member_id == me.member_id).scalar_subquery(), 0)


def _reserved_by_counts(me: Row) -> Expression:
    counted, member = row(counts.CountedMembership), row(network.CountedMember)
    communities = select(func.count(counted.community_id.distinct())).where(
        counted.member_id == me.member_id, counted.left_at.is_(None) | (counted.left_at >= _year_before())
    )
    in_network = select(func.count()).select_from(member).where(member.member_id == me.member_id)
    return communities.scalar_subquery() * budget.COUNTED_YEARLY + in_network.scalar_subquery() * budget.NETWORK_YEARLY


def _year_before() -> Expression:
    return func.catalog.year_before(today())


def allowance_of(privacy_loss: Row) -> Rows:
    """One row: what may be spent on a member within a year, in micro-rho."""
    return cost(literal_column(str(budget.YEARLY)))


def reserved_of(privacy_loss: Row) -> Rows:
    """One row: the part of the allowance that is reserved for the member, in micro-rho."""
    return cost(privacy_loss.reserved_micro_rho)


def spent_of(privacy_loss: Row) -> Rows:
    """One row: what was spent on the member, in micro-rho."""
    return cost(privacy_loss.spent_micro_rho)


def spent_micro_rho(privacy_loss: Row) -> Expression:
    """The number that Python computes a sentence from."""
    return privacy_loss.spent_micro_rho


def spent_and_language(privacy_loss: Row) -> Expression:
    """An array of JSON: micro-rho, and the code of a language."""
    return func.json_build_array(privacy_loss.spent_micro_rho, privacy_loss.language)


def statement(found: Any) -> str:
    """The privacy loss in one sentence."""
    spent, language = found
    return loss.statement(spent, language)


# The columns of an entry that an export has; what they mean, or the table whose rows' ids they are.
EXPORTED = {
    "position": "Its position in the public ledger.",
    "published_at": "When it was published.",
    "dataset_id": "insight.dataset",
    "dataset_title": "Title of the dataset, as the ledger records it.",
    "community_id": "catalog.community",
    "organization_id": "insight.organization",
    "organization_name": "Name of the organization at that time. Null for Cohorte and for members' own tables.",
    "purpose": "What it was made for.",
    "variables": "Names of the variables whose table it is.",
    "micro_rho": "Privacy cost, in micro-rho.",
}


def exported_data_uses(names: GraphNames) -> ExportKind:
    """The uses of the member's data, as an export has them."""
    columns, values = [], []
    of_use = {"purpose": _exported_purpose()}
    for name, about in EXPORTED.items():
        column = tables.LedgerEntry.__table__.columns[name]  # type: ignore[attr-defined]
        is_id = name.endswith("_id")
        schema = names.id_schema(about) if is_id else schema_of(column.type)
        about = f"Id of the {about.rpartition('.')[2]}." if is_id else about
        value = names.id(EXPORTED[name], f"u.{name}") if is_id else of_use.get(name, f"u.{name}")
        values.append(f'{value} AS "{camel(name)}"')
        columns.append(ExportColumn(camel(name), about, nullable(schema) if column.nullable else schema))
    uses = sql_of(data_uses_of(THE_VIEWER).order_by(None))
    listed = f"SELECT {', '.join(values)} FROM ({uses}) u ORDER BY u.position"  # noqa: S608 - names of this program
    return ExportKind(
        "dataUses",
        "A use of a dataset that they are enrolled in, or a count that includes them, as in the public ledger.",
        tuple(columns),
        as_json(listed),
    )


def _exported_purpose() -> str:
    """SQL of the purpose of a use, in the member's language if it is Cohorte's own."""
    viewer = ViewerIds()
    viewer.language = THE_LANGUAGE
    return sql_of(purpose_shown(literal_column("u.purpose"), literal_column("u.organization_id"), viewer))


def exported_privacy_loss() -> ExportKind:
    """The member's privacy loss, as an export has it: one row."""
    viewer = ViewerIds()
    viewer.language = THE_LANGUAGE
    loss_now = sql_of(privacy_loss_of(THE_VIEWER, viewer=viewer))
    return ExportKind(
        "privacyLoss",
        "An upper bound on what can be learned about them from all these uses.",
        (
            ExportColumn("reservedMicroRho", "Part of the yearly allowance that is reserved, in micro-rho.", INTEGER),
            ExportColumn("spentMicroRho", "Privacy cost of all uses, in micro-rho.", INTEGER),
            ExportColumn("allowanceMicroRho", "The yearly allowance, in micro-rho.", INTEGER),
            ExportColumn("statement", "What this means, in the member's language.", TEXT),
        ),
        "SELECT json_build_object('reservedMicroRho', l.reserved_micro_rho, 'spentMicroRho', l.spent_micro_rho,"  # noqa: S608
        f" 'allowanceMicroRho', {budget.YEARLY}, 'statement', l.language)::text FROM ({loss_now}) l",
        finish=lambda found: found | {"statement": statement((found["spentMicroRho"], found["statement"]))},
    )


THE_VIEWER = Row({"member_id": THE_MEMBER}, None, None)
