"""Requests licences for organizations, and decides on them for data stewards."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from models.database import Connection
from models.identity.organizations import ALLOWED, OrganizationKind, PurposeKind
from models.insight.licences import MOST_MICRO_RHO, LicenceStatus
from models.insight.undertakings import IN_FORCE
from models.messages import message
from models.parameters import CommunityId, LicenceId
from models.viewers import Viewer
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.transactions import (
    Forbidden,
    conflict,
    invalid,
    not_eligible,
    not_found,
    optional_text_within,
    organization_of,
    text_within,
)

NOT_ALLOWED = message(
    "An organization of your kind cannot request a licence for this purpose. See `Organization.purposes`."
)
NOT_LAWFUL = message(
    "This licence was requested without undertakings, or for a purpose that the organization's kind may not pursue."
    " Refuse it: the organization can request another."
)
PURPOSE_LENGTH = 500
REASON_LENGTH = 1_000
YEARS = 2  # the longest term of a licence
MOST_MONEY = Decimal(10**10)  # the column holds amounts below this
# The currencies of ISO 4217, list one of 2026-01-01, without fund codes, metals, bond units, and codes for tests.
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
    RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD
    TZS UAH UGX USD UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - a list of literals would fill a page
)


@dataclass(frozen=True)
class Price:
    """The price of a licence, in the main unit of an ISO 4217 currency."""

    amount: Decimal
    currency: str


async def request_licence(
    connection: Connection,
    viewer: Viewer,
    faults: Faults,
    *,
    community: CommunityId,
    purpose: str,
    purpose_kind: PurposeKind,
    undertakings: str,
    starts_on: date,
    ends_on: date,
) -> UUID:
    """Requests a licence for the viewer's organization to query a community's datasets, and returns its id.

    It is valid from its first to its last day (UTC). Raises Refused: NOT_FOUND for the community, INVALID and TOO_LONG
    for the purpose, NOT_ELIGIBLE for a kind of purpose that the organization may not pursue, INVALID for undertakings
    that are not those in force and for a day, CONFLICT while another request of the organization for the same community
    is undecided.
    """
    organization = organization_of(viewer)
    with faults.collected():
        if not await connection.fetchval("SELECT true FROM catalog.community WHERE id = $1", community):
            raise not_found("community")
    with faults.collected():
        purpose = text_within(purpose, PURPOSE_LENGTH, "purpose")
    kind = await connection.fetchval("SELECT kind FROM insight.organization WHERE id = $1", organization)
    with faults.collected():
        if kind is None:
            raise Forbidden
        if purpose_kind not in ALLOWED[OrganizationKind(kind)]:
            raise not_eligible(NOT_ALLOWED, "purpose_kind")
    with faults.collected():
        if undertakings != IN_FORCE:
            raise invalid(
                message("Accept version {version}, which `undertakings` returns.", version=IN_FORCE), "undertakings"
            )
    today = await current_day(connection)
    if not faults.at("starts_on"):  # a stand-in precedes every last day
        with faults.collected():
            refuse_bad_end(starts_on, ends_on)
    with faults.collected():
        if starts_on < today:
            raise invalid(message("This day is in the past, by UTC."), "starts_on")
    faults.refuse()
    await connection.execute("SELECT insight.end_licences()")  # a request that has lapsed does not prevent another
    made: UUID | None = await connection.fetchval(
        """
        INSERT INTO insight.licence
            (organization_id, community_id, purpose, purpose_kind, undertakings, starts_on, ends_on, status)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'REQUESTED')
        ON CONFLICT (organization_id, community_id) WHERE status = 'REQUESTED' DO NOTHING RETURNING id
        """,
        organization, community, purpose, purpose_kind, undertakings, starts_on, ends_on,
    )  # fmt: skip
    if made is None:
        raise conflict(
            message("Your organization has already requested a licence for this community. Wait for the decision."),
            "community",
        )
    return made


def refuse_bad_end(starts_on: date, ends_on: date) -> None:
    """Raises Refused: INVALID for an end before the start, or years later."""
    if ends_on < starts_on:
        raise invalid(message("The last day must not precede the first."), "ends_on")
    # Compared by parts: no date is two years after the last ones of the calendar, or after 29 February.
    if (ends_on.year - YEARS, ends_on.month, ends_on.day) > (starts_on.year, starts_on.month, starts_on.day):
        raise invalid(
            message("A licence can last at most {years} years. Request another when it ends.", years=YEARS), "ends_on"
        )


async def decide_licence(
    connection: Connection,
    faults: Faults,
    *,
    licence: LicenceId,
    granted: bool,
    price: Price | None = None,
    quota: int | None = None,
    reason: str | None = None,
) -> UUID:
    """Grants a requested licence, with a quota in micro-rho, or refuses it; returns its id.

    The organization is notified by mail. Raises Refused: NOT_FOUND, NOT_ELIGIBLE to grant it for a purpose that the
    organization may not pursue, INVALID for a price, quota or reason that does not go with the decision, TOO_LONG for
    the reason, CONFLICT if the licence has been decided on already or has lapsed.
    """
    with faults.collected():
        found = await connection.fetchrow(
            """
            SELECT l.purpose_kind, o.kind FROM insight.licence l JOIN insight.organization o ON o.id = l.organization_id
            WHERE l.id = $1
            """,
            licence,
        )
        if found is None:
            raise not_found("licence")
        if granted and found["purpose_kind"] not in ALLOWED[OrganizationKind(found["kind"])]:
            raise not_eligible(NOT_LAWFUL, "licence")
    with faults.collected():
        reason = optional_text_within(reason, REASON_LENGTH, "reason")
    if granted:
        add_grant_faults(faults, price, quota, reason)
    else:
        for name, value in (("quota", quota), ("price", price)):
            if value is not None:
                faults.add(*invalid(message("This can only be given when the licence is granted."), name).refusals)
    faults.refuse()
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
        reason,
    )
    if decided is None:
        raise conflict(message("This licence has been decided on already, or has lapsed."), "licence")
    return decided


def add_grant_faults(faults: Faults, price: Price | None, quota: int | None, reason: str | None) -> None:
    """Collects what granting a licence with such values raises: INVALID each. The quota is in micro-rho."""
    with faults.collected():
        if quota is None or not 1 <= quota <= MOST_MICRO_RHO:
            raise invalid(
                message(
                    "Granting a licence requires a quota of 1 to {most:,} micro-rho.",
                    most=MOST_MICRO_RHO,
                ),
                "quota",
            )
    with faults.collected():
        if reason is not None and not faults.at("reason"):
            raise invalid(message("A reason can only be given when the licence is refused."), "reason")
    if price is None:
        return
    with faults.collected():
        if not 0 <= price.amount < MOST_MONEY or price.amount != round(price.amount, 2):
            raise invalid(message("The amount must be 0 or more, with at most two decimals."), "price", "amount")
    with faults.collected():
        if price.currency not in CURRENCIES:
            reason = message("The currency must be a code of ISO 4217 in capital letters, such as EUR.")
            raise invalid(reason, "price", "currency")
