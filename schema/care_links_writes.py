"""The only place for what members do with care links, as the graph offers it: inviting, accepting and ending."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from models.viewers import Viewer
from models.viewing import Connection
from planner.declare import graph_type, sql
from resolvers import care_links_writes as write
from resolvers import members as resolve
from schema.access import PATIENT
from schema.context import Context
from schema.members import CareLink
from schema.writing import Payload, carry_out, client_mutation_id, id_of


@strawberry.input(description="A relative whom the viewer, a patient, would let keep its diary.")
class CareLinkInviteInput:
    pseudonym: str = strawberry.field(description="The relative's pseudonym, in any case.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class CareLinkInvitePayload(Payload):
    """What inviting came to."""

    care_link_id: strawberry.Private[UUID | None] = None
    care_link: CareLink | None = sql(
        resolve.care_link_made, "The care link, which the relative has yet to accept; null where it was refused."
    )


@strawberry.input(description="An invitation that the viewer, a relative, accepts.")
class CareLinkAcceptInput:
    care_link: strawberry.ID = strawberry.field(description="The care link's id.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class CareLinkAcceptPayload(Payload):
    """What accepting came to."""

    care_link_id: strawberry.Private[UUID | None] = None
    care_link: CareLink | None = sql(resolve.care_link_made, "The care link; null where it was refused.")


@strawberry.input(description="A care link, or an invitation, that the viewer ends from either side.")
class CareLinkEndInput:
    care_link: strawberry.ID = strawberry.field(description="The care link's id.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class CareLinkEndPayload(Payload):
    """What ending a care link came to: from that moment the relative can neither read by it nor write."""

    care_link_id: strawberry.Private[UUID | None] = None
    care_link: CareLink | None = sql(resolve.care_link_made, "The care link; null where it was refused.")


async def invite_relative(info: strawberry.Info[Context, None], input: CareLinkInviteInput) -> CareLinkInvitePayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        return {"care_link_id": await write.invite_relative(connection, viewer, pseudonym=input.pseudonym)}

    return await carry_out(info, CareLinkInvitePayload, input, work)


async def accept_care_link(info: strawberry.Info[Context, None], input: CareLinkAcceptInput) -> CareLinkAcceptPayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        care_link = id_of(input.care_link, "lnk", "input", "careLink")
        return {"care_link_id": await write.accept_care_link(connection, viewer, care_link=care_link)}

    return await carry_out(info, CareLinkAcceptPayload, input, work)


async def end_care_link(info: strawberry.Info[Context, None], input: CareLinkEndInput) -> CareLinkEndPayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        care_link = id_of(input.care_link, "lnk", "input", "careLink")
        return {"care_link_id": await write.end_care_link(connection, viewer, care_link=care_link)}

    return await carry_out(info, CareLinkEndPayload, input, work)
