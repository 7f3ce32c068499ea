"""Requests licences for organizations, and decides on them for data stewards."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from models.database import Connection
from models.identity.accounts import StaffRole
from models.insight.licences import MOST_MICRO_RHO, LicenceStatus
from models.parameters import CommunityId, LicenceId
from models.viewers import Viewer
from resolvers.transactions import (
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
YEARS = 2  # the longest term of a licence
MOST_MONEY = Decimal(10**10)  # the column holds amounts below this
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Price:
    """The price of a licence, in the main unit of an ISO 4217 currency."""

    amount: Decimal
    currency: str


async def request_licence(
    connection: Connection, viewer: Viewer, *, community: CommunityId, purpose: str, starts_on: date, ends_on: date
) -> UUID:
    """Requests a licence for the viewer's organization to query a community's datasets, and returns its id.

    It is valid from its first to its last day (UTC). Raises Forbidden if the viewer is not a buyer, and Refused:
    NOT_FOUND for the community, INVALID and TOO_LONG for the purpose, INVALID for a day, CONFLICT while another request
    of the organization for the same community is undecided.
    """
    organization = buyer_of(viewer)
    if not await connection.fetchval("SELECT true FROM catalog.community WHERE id = $1", community):
        raise not_found("community")
    meant = text_within(purpose, PURPOSE_LENGTH, "purpose")
    today = await current_day(connection)
    if starts_on < today:
        raise invalid("This day is in the past.", "starts_on")
    if ends_on < starts_on:
        raise invalid("The last day must not precede the first.", "ends_on")
    # Compared by parts: no date is two years after the last ones of the calendar, or after 29 February.
    if (ends_on.year - YEARS, ends_on.month, ends_on.day) > (starts_on.year, starts_on.month, starts_on.day):
        raise invalid(f"A licence can last at most {YEARS} years. Request another when it ends.", "ends_on")
    await connection.execute("SELECT insight.end_licences()")  # a request that has lapsed does not prevent another
    made: UUID | None = await connection.fetchval(
        """
        INSERT INTO insight.licence (organization_id, community_id, purpose, starts_on, ends_on, status)
        VALUES ($1, $2, $3, $4, $5, 'REQUESTED')
        ON CONFLICT (organization_id, community_id) WHERE status = 'REQUESTED' DO NOTHING RETURNING id
        """,
        organization, community, meant, starts_on, ends_on,
    )  # fmt: skip
    if made is None:
        raise conflict(
            "Your organization has already requested a licence for this community. Wait for the decision.", "community"
        )
    return made


async def decide_licence(
    connection: Connection,
    viewer: Viewer,
    *,
    licence: LicenceId,
    granted: bool,
    price: Price | None = None,
    quota: int | None = None,
    reason: str | None = None,
) -> UUID:
    """Grants a requested licence, with a quota in micro-rho, or refuses it; returns its id.

    The organization is notified by mail. Raises Forbidden if the viewer is not a data steward, and Refused: NOT_FOUND,
    INVALID for a price, quota or reason that does not go with the decision, TOO_LONG for the reason, CONFLICT if the
    licence has been decided on already or has lapsed.
    """
    require_role(viewer, StaffRole.DATA_STEWARD)
    if not await connection.fetchval("SELECT true FROM insight.licence WHERE id = $1", licence):
        raise not_found("licence")
    explanation = optional_text_within(reason, REASON_LENGTH, "reason")
    if granted:
        refuse_bad_grant(price, quota, explanation)
    elif price is not None or quota is not None:
        what = "price" if quota is None else "quota"
        raise invalid("This can only be given when the licence is granted.", what)
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
        explanation,
    )
    if decided is None:
        raise conflict("This licence has been decided on already, or has lapsed.", "licence")
    return decided


def refuse_bad_grant(price: Price | None, quota: int | None, reason: str | None) -> None:
    if quota is None or not 1 <= quota <= MOST_MICRO_RHO:
        raise invalid(f"Granting a licence requires a quota of 1 to {MOST_MICRO_RHO:,} micro-rho.", "quota")
    if reason is not None:
        raise invalid("A reason can only be given when the licence is refused.", "reason")
    if price is None:
        return
    if not 0 <= price.amount < MOST_MONEY or price.amount != round(price.amount, 2):
        raise invalid("The amount must be 0 or more, with at most two decimals.", "price", "amount")
    if not CURRENCY.fullmatch(price.currency):
        raise invalid("The currency must be an ISO 4217 code of three capital letters.", "price", "currency")
