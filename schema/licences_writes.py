"""The only place for licences as the graph lets them be asked for, by organizations, and decided on, by the house."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import strawberry

from models.viewers import Viewer
from planner.declare import graph_type, sql
from resolvers import licences_writes as write
from resolvers import organizations
from resolvers.writing import Connection, Made
from schema.access import BUYER, MANAGER
from schema.context import Context
from schema.organizations import Licence
from schema.writing import Payload, carry_out, client_mutation_id, id_of

Info = strawberry.Info[Context, None]


@strawberry.input(description="A licence that an organization would like to have.")
class LicenceRequestInput:
    community: strawberry.ID = strawberry.field(description="The community whose datasets it opens.")
    purpose: str = strawberry.field(description="What for, as everybody may read it: at most 500 characters.")
    starts_on: date = strawberry.field(description="Its first day, today or later.")
    ends_on: date = strawberry.field(description="Its last day, at most two years after the first.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="An amount of money.")
class MoneyInput:
    amount: Decimal = strawberry.field(description="How much, in the currency's main unit: 0 or more, two decimals.")
    currency: str = strawberry.field(description="The currency's ISO 4217 code, such as `EUR`.")


@strawberry.input(description="What the house makes of a licence that was asked for.")
class LicenceDecideInput:
    licence: strawberry.ID = strawberry.field(description="The licence.")
    granted: bool = strawberry.field(description="Whether it is granted; otherwise it is refused.")
    price: MoneyInput | None = strawberry.field(
        default=None, description="What it costs, where a price is agreed; of one that is granted."
    )
    quota: int | None = strawberry.field(
        default=None,
        description="How much of the members' privacy it may spend in all, in micro-rho: 1 to 1,000,000. One that is "
        "granted has one.",
    )
    reason: str | None = strawberry.field(
        default=None,
        description="Why it is refused, which the organization may read: at most 1,000 characters.",
    )
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=BUYER)
class LicenceRequestPayload(Payload):
    """What asking for a licence came to."""

    licence_id: strawberry.Private[UUID | None] = None
    licence: Licence | None = sql(organizations.licence_of, "The licence; null where it was refused.")


@graph_type(audience=MANAGER)
class LicenceDecidePayload(Payload):
    """What deciding on a licence came to."""

    licence_id: strawberry.Private[UUID | None] = None
    licence: Licence | None = sql(organizations.licence_of, "The licence; null where this was refused.")


async def licence_request(info: Info, input: LicenceRequestInput) -> LicenceRequestPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        community = id_of(input.community, "com", "input", "community")
        days = {"starts_on": input.starts_on, "ends_on": input.ends_on}
        made = await write.request_licence(connection, viewer, community=community, purpose=input.purpose, **days)
        return {"licence_id": made}

    return await carry_out(info, LicenceRequestPayload, input, work)


async def licence_decide(info: Info, input: LicenceDecideInput) -> LicenceDecidePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        decided = await write.decide_licence(
            connection,
            viewer,
            licence=id_of(input.licence, "lic", "input", "licence"),
            granted=input.granted,
            price=None if input.price is None else write.Price(input.price.amount, input.price.currency),
            quota=input.quota,
            reason=input.reason,
        )
        return {"licence_id": decided}

    return await carry_out(info, LicenceDecidePayload, input, work)
