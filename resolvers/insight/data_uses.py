"""Reads the public ledger, and what it adds up to for one member.

What is reserved of their allowance is computed as `research.reserved_by_datasets` and `research.reserved_by_counts` do
when a member is enrolled or counted, which this role may not call.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CompoundSelect, case, cast, func, literal_column, union_all

from models.identity import accounts
from models.insight import counts, datasets
from models.insight import insights as tables
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from privacy import budget, chain, loss
from resolvers.days import today
from resolvers.insight.costs import cost
from resolvers.lookup import community_called


def data_uses(*, organization: Value[UUID] | None = None, community: Value[str] | None = None) -> Rows:
    entry = row(tables.LedgerEntry)
    found = select(entry).order_by(entry.position.desc())
    if organization is not None:
        found = found.where(entry.organization_id == organization)
    if community is not None:
        found = found.where(entry.community_id == community_called(community))
    return found


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
            entry.published_at >= counted.counted_since,
            counted.left_at.is_(None) | (entry.published_at <= counted.left_at),
        )
    )
    return union_all(of_datasets, of_counts)


def cost_of(entry: Row) -> Rows:
    return cost(entry.micro_rho)


def entry_of(data_use: Row) -> Row:
    return data_use


def hash_of(entry: Row) -> Expression:
    return func.encode(entry.hash, "hex")


def previous_hash_of(entry: Row) -> Expression:
    return func.encode(entry.previous_hash, "hex")


def line_of(entry: Row) -> Expression:
    return func.json_build_array(
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
        func.encode(entry.cells_digest, "hex"),
        entry.published_at,
        previous_hash_of(entry),
    )


def line(found: Any) -> str:
    """The entry's text as it was hashed, from the JSON of `line_of`: a ChainEntry's fields in order."""
    *known, digest, published_at, previous = found
    known += [bytes.fromhex(digest), datetime.fromisoformat(published_at), bytes.fromhex(previous)]
    return chain.text_of(chain.ChainEntry(*known))


def privacy_loss_of(me: Row, *, viewer: ViewerIds) -> Rows:
    """One row: the micro-rho reserved of the viewer's allowance and those spent, and their account's locale."""
    entry, account = row(tables.LedgerEntry), row(accounts.Account)
    reserved = _reserved_by_datasets(me) + _reserved_by_counts(me)
    spent = select(func.coalesce(func.sum(entry.micro_rho), 0)).where(entry.position.in_(_uses(me)))
    return select(
        cast(reserved, BigInteger).label("reserved_micro_rho"),
        cast(spent.scalar_subquery(), BigInteger).label("spent_micro_rho"),
        select(account.locale).where(account.id == viewer.account).scalar_subquery().label("locale"),
    )


def _reserved_by_datasets(me: Row) -> Expression:
    """The cap of those that can still be queried, and of others what was published within the year."""
    enrolment, dataset, entry = row(datasets.Enrolment), row(datasets.Dataset), row(tables.LedgerEntry)
    is_open = (
        select(dataset.id)
        .where(
            dataset.id == enrolment.dataset_id,
            dataset.status == datasets.DatasetStatus.OPEN,
            dataset.ends_on >= today(),
        )
        .exists()
    )
    published = select(func.sum(entry.micro_rho)).where(
        entry.dataset_id == enrolment.dataset_id, entry.published_at >= _year_before()
    )
    of_each = case(
        (is_open, enrolment.reserved_micro_rho),
        else_=func.least(enrolment.reserved_micro_rho, func.coalesce(published.scalar_subquery(), 0)),
    )
    return func.coalesce(select(func.sum(of_each)).where(enrolment.member_id == me.member_id).scalar_subquery(), 0)


def _reserved_by_counts(me: Row) -> Expression:
    counted = row(counts.CountedMembership)
    communities = select(func.count(counted.community_id.distinct())).where(
        counted.member_id == me.member_id, counted.left_at.is_(None) | (counted.left_at >= _year_before())
    )
    return communities.scalar_subquery() * budget.COUNTED_YEARLY


def _year_before() -> Expression:
    return func.catalog.year_before(today())


def allowance_of(privacy_loss: Row) -> Rows:
    return cost(literal_column(str(budget.YEARLY)))


def reserved_of(privacy_loss: Row) -> Rows:
    return cost(privacy_loss.reserved_micro_rho)


def spent_of(privacy_loss: Row) -> Rows:
    return cost(privacy_loss.spent_micro_rho)


def spent_micro_rho(privacy_loss: Row) -> Expression:
    return privacy_loss.spent_micro_rho


def spent_and_locale(privacy_loss: Row) -> Expression:
    return func.json_build_array(privacy_loss.spent_micro_rho, privacy_loss.locale)


def statement(found: Any) -> str:
    """The privacy loss in one sentence, in the account's language."""
    spent, locale = found
    return loss.statement(spent, locale or "en")
