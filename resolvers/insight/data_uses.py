"""Reads the public ledger, and what it adds up to for one member."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, literal_column

from models.identity import accounts
from models.insight import datasets
from models.insight import insights as tables
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from privacy import budget, chain, loss
from resolvers.insight.costs import cost
from resolvers.lookup import community_called

YEAR: Expression = literal_column(f"interval '{budget.YEAR_DAYS} days'")


def data_uses(*, organization: Value[UUID] | None = None, community: Value[str] | None = None) -> Rows:
    entry = row(tables.LedgerEntry)
    found = select(entry).order_by(entry.position.desc())
    if organization is not None:
        found = found.where(entry.organization_id == organization)
    if community is not None:
        found = found.where(entry.community_id == community_called(community))
    return found


def data_uses_of(me: Row) -> Rows:
    """The uses of the datasets that the viewer is enrolled in, until they withdrew, newest first."""
    entry, enrolment = row(tables.LedgerEntry), row(datasets.Enrolment)
    return (
        select(entry)
        .join(enrolment, enrolment.dataset_id == entry.dataset_id)
        .where(enrolment.member_id == me.member_id, _concerns(entry, enrolment))
        .order_by(entry.position.desc())
    )


def _concerns(entry: Row, enrolment: Row) -> Expression:
    return enrolment.withdrawn_at.is_(None) | (entry.published_at <= enrolment.withdrawn_at)


def cost_of(entry: Row) -> Rows:
    return cost(entry.micro_rho)


def entry_of(data_use: Row) -> Row:
    return data_use


def insight_of(entry: Row) -> Rows:
    """The earliest insight of the release: the same table may be read by another of its variables later on."""
    insight = row(tables.Insight)
    of_release = select(insight).where(insight.release_id == entry.release_id)
    return of_release.order_by(insight.published_at, insight.id).limit(1)


def hash_of(entry: Row) -> Expression:
    return func.encode(entry.hash, "hex")


def previous_hash_of(entry: Row) -> Expression:
    return func.encode(entry.previous_hash, "hex")


def line_of(entry: Row) -> Expression:
    return func.json_build_array(
        entry.position,
        entry.release_id,
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
    enrolment, entry, account = row(datasets.Enrolment), row(tables.LedgerEntry), row(accounts.Account)
    of_a_year = (enrolment.member_id == me.member_id, enrolment.enrolled_at > func.now() - YEAR)
    reserved = select(func.coalesce(func.sum(enrolment.reserved_micro_rho), 0)).where(*of_a_year)
    own = row(datasets.Enrolment)
    spent = (
        select(func.coalesce(func.sum(entry.micro_rho), 0))
        .join(own, own.dataset_id == entry.dataset_id)
        .where(own.member_id == me.member_id, _concerns(entry, own))
    )
    return select(
        reserved.scalar_subquery().label("reserved_micro_rho"),
        cast(spent.scalar_subquery(), BigInteger).label("spent_micro_rho"),
        select(account.locale).where(account.id == viewer.account).scalar_subquery().label("locale"),
    )


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
