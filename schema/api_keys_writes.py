"""The only place for organizations' keys as the graph lets them be made and revoked."""

from datetime import datetime
from uuid import UUID

import strawberry

from models.viewers import Viewer
from planner.declare import graph_type, sql
from resolvers import api_keys_writes as write
from resolvers import organizations
from resolvers.writing import Connection, Made
from schema.access import BUYER
from schema.context import Context
from schema.organizations import ApiKey
from schema.writing import Payload, carry_out, client_mutation_id, id_of

Info = strawberry.Info[Context, None]


@strawberry.input(description="A key for an organization's programs.")
class ApiKeyCreateInput:
    name: str = strawberry.field(description="What the organization calls it: at most 100 characters.")
    expires_at: datetime = strawberry.field(description="When it ceases to open anything, within two years.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A key that is to open nothing any more.")
class ApiKeyRevokeInput:
    api_key: strawberry.ID = strawberry.field(description="One of the organization's own keys.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=BUYER)
class ApiKeyCreatePayload(Payload):
    """What making a key came to."""

    api_key_id: strawberry.Private[UUID | None] = None
    api_key: ApiKey | None = sql(organizations.api_key_of, "The key; null where it was refused.")
    secret: str | None = strawberry.field(
        default=None,
        description="To be sent as `Authorization: Bearer ...`; it is shown this once and stored nowhere. Null where "
        "it was refused, and where a request that was carried out before came again: who has lost it revokes the key "
        "and makes another.",
    )


@graph_type(audience=BUYER)
class ApiKeyRevokePayload(Payload):
    """What revoking a key came to: without errors, it opens nothing any more, anywhere."""

    api_key_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the key that is no more; null where it was refused."
    )


async def api_key_create(info: Info, input: ApiKeyCreateInput) -> ApiKeyCreatePayload:
    secret = write.Secret()

    async def work(connection: Connection, viewer: Viewer) -> Made:
        made = await write.create_api_key(
            connection, viewer, secret=secret, name=input.name, expires_at=input.expires_at
        )
        return {"api_key_id": made}  # and not the secret: what a mutation came to is kept for a day

    payload = await carry_out(info, ApiKeyCreatePayload, input, work)
    # Another id is a key's that an earlier request made: this one's secret opens nothing.
    if payload.api_key_id == secret.id:
        payload.secret = secret.text
    return payload


async def api_key_revoke(info: Info, input: ApiKeyRevokeInput) -> ApiKeyRevokePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        api_key = id_of(input.api_key, "key", "input", "apiKey")
        await write.revoke_api_key(connection, viewer, api_key=api_key)
        return {"api_key_id": f"key_{api_key}"}

    return await carry_out(info, ApiKeyRevokePayload, input, work)
