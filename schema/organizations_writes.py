"""The only place for how the house makes buyers as the graph offers it: an organization, with its contact's account."""

from uuid import UUID

import strawberry

from models.organizations import OrganizationKind
from models.viewers import Viewer
from planner.declare import graph_type, sql
from resolvers import organizations
from resolvers import organizations_writes as write
from resolvers.writing import Connection, Made
from schema.access import MANAGER
from schema.context import Context
from schema.organizations import Organization
from schema.scalars import EmailAddress
from schema.writing import Payload, carry_out, client_mutation_id


@strawberry.input(description="An organization that is to be a buyer.")
class OrganizationCreateInput:
    name: str = strawberry.field(description="Its name: at most 200 characters, and no other organization's.")
    kind: OrganizationKind = strawberry.field(description="What sort of organization it is.")
    contact_email: EmailAddress = strawberry.field(
        description="Its contact's address: a code is mailed there, with which the contact chooses a password."
    )
    locale: str | None = strawberry.field(
        default=None, description="The language to write to its contact in: `fr-FR` if not said."
    )
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=MANAGER)
class OrganizationCreatePayload(Payload):
    """What making an organization came to."""

    organization_id: strawberry.Private[UUID | None] = None
    organization: Organization | None = sql(
        organizations.organization_of, "The organization; null where it was refused."
    )


async def organization_create(
    info: strawberry.Info[Context, None], input: OrganizationCreateInput
) -> OrganizationCreatePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        made = await write.create_organization(
            connection,
            viewer,
            name=input.name,
            kind=input.kind,
            contact_email=input.contact_email,
            locale=input.locale,
        )
        return {"organization_id": made}

    return await carry_out(info, OrganizationCreatePayload, input, work)
