"""The only place where licences are asked for by organizations, and decided on by the house."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from models.accounts import StaffRole
from models.organizations import MOST_MICRO_RHO, LicenceStatus
from models.viewers import Viewer
from models.viewing import Connection
from resolvers.writing import (
    buyer_of,
    conflict,
    current_day,
    invalid,
    not_found,
    optional_text_within,
    require_role,
    text_within,
)

PURPOSE_LENGTH = 500
REASON_LENGTH = 1_000
YEARS = 2  # that a licence lasts at most
MOST_MONEY = Decimal(10**10)  # less than which its column holds
CURRENCY = re.compile(r"[A-Z]{3}")
QUOTA, REASON = ("input", "quota"), ("input", "reason")


@dataclass(frozen=True)
class Price:
    """What a licence costs, in the main unit of a currency of ISO 4217."""

    amount: Decimal
    currency: str


async def request_licence(
    connection: Connection, viewer: Viewer, *, community: UUID, purpose: str, starts_on: date, ends_on: date
) -> UUID:
    """The viewer's organization asks for leave to query a community's datasets, for days that are both included (UTC).

    Raises Forbidden for who is no buyer, and Refused: NOT_FOUND, INVALID and TOO_LONG, and CONFLICT while another
    request of the organization for the same community waits to be decided on.
    """
    organization = buyer_of(viewer)
    if not await connection.fetchval("SELECT true FROM catalog.community WHERE id = $1", community):
        raise not_found("input", "community")
    meant = text_within(purpose, PURPOSE_LENGTH, "input", "purpose")
    today = await current_day(connection)
    if starts_on < today:
        raise invalid("This day is over.", "input", "startsOn")
    if ends_on < starts_on:
        raise invalid("Its last day comes after its first.", "input", "endsOn")
    # Not a date made from a date: there is none two years after the last of the calendar.
    if (ends_on.year - YEARS, ends_on.month, ends_on.day) > (starts_on.year, starts_on.month, starts_on.day):
        raise invalid(f"A licence lasts at most {YEARS} years. Ask for another when it ends.", "input", "endsOn")
    await connection.execute("SELECT insight.end_licences()")  # one that has lapsed is in nobody's way
    made: UUID | None = await connection.fetchval(
        """
        INSERT INTO insight.licence (organization_id, community_id, purpose, starts_on, ends_on, status)
        VALUES ($1, $2, $3, $4, $5, 'REQUESTED')
        ON CONFLICT (organization_id, community_id) WHERE status = 'REQUESTED' DO NOTHING RETURNING id
        """,
        organization, community, meant, starts_on, ends_on,
    )  # fmt: skip
    if made is None:
        raise conflict("A licence for it is asked for already. Wait for the decision.", "input", "community")
    return made


async def decide_licence(
    connection: Connection,
    viewer: Viewer,
    *,
    licence: UUID,
    granted: bool,
    price: Price | None = None,
    quota: int | None = None,
    reason: str | None = None,
) -> UUID:
    """Grants a licence that was asked for, with a quota in micro-rho, or refuses it; its organization is written to.

    Raises Forbidden for who is no data steward, and Refused: NOT_FOUND, INVALID and TOO_LONG for what does not go with
    the decision, and CONFLICT for one that is decided on already or has lapsed.
    """
    require_role(viewer, StaffRole.DATA_STEWARD)
    if not await connection.fetchval("SELECT true FROM insight.licence WHERE id = $1", licence):
        raise not_found("input", "licence")
    said = optional_text_within(reason, REASON_LENGTH, *REASON)
    if granted:
        refuse_bad_grant(price, quota, said)
    elif price is not None or quota is not None:
        what = "price" if quota is None else "quota"
        raise invalid("This goes with a licence that is granted.", "input", what)
    await connection.execute("SELECT insight.end_licences()")
    decided: UUID | None = await connection.fetchval(
        """
        UPDATE insight.licence
        SET status = $2, price_amount = $3, price_currency = $4, quota_micro_rho = $5, reason = $6
        WHERE id = $1 AND status = 'REQUESTED' RETURNING id
        """,
        licence,
        LicenceStatus.GRANTED if granted else LicenceStatus.REFUSED,
        price and price.amount,
        price and price.currency,
        quota or 0,
        said,
    )
    if decided is None:
        raise conflict("This licence is decided on already, or its days are over.", "input", "licence")
    return decided


def refuse_bad_grant(price: Price | None, quota: int | None, reason: str | None) -> None:
    if quota is None or not 1 <= quota <= MOST_MICRO_RHO:
        raise invalid(f"A licence is granted with a quota of 1 to {MOST_MICRO_RHO:,} micro-rho.", *QUOTA)
    if reason is not None:
        raise invalid("A reason goes with a licence that is refused.", *REASON)
    if price is None:
        return
    if not 0 <= price.amount < MOST_MONEY or price.amount != round(price.amount, 2):
        raise invalid("An amount is 0 or more, with at most two decimals.", "input", "price", "amount")
    if not CURRENCY.fullmatch(price.currency):
        raise invalid("A currency is three capitals, as ISO 4217 has them.", "input", "price", "currency")
