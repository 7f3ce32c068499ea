"""Organizations and their API keys."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity import organizations as tables
from planner.declare import column, graph_enum, graph_type, paged, sql
from resolvers.identity import organization_users as users
from resolvers.identity import organizations as resolve
from resolvers.identity import webhooks
from resolvers.identity.webhooks_mutations import MOST
from resolvers.insight import licences
from schema.access import BUYER, MANAGER, PUBLIC
from schema.identity.organization_users import OrganizationUser
from schema.identity.webhooks import Webhook
from schema.pagination import Node, RelayConnection

if TYPE_CHECKING:
    from schema.insight.licences import Licence

graph_enum(tables.OrganizationKind)
graph_enum(tables.PurposeKind)


@graph_type(audience=BUYER, row=tables.ApiKey, prefix="key")
class ApiKey(Node):
    """An organization's key for its programs. The secret is shown once, on creation, and never stored."""

    name: str = column("The name that the organization gave it.")
    prefix: str = column("First characters of the secret, to tell keys apart.")
    created_at: datetime = column("When it was created.")
    last_used_at: datetime | None = column("When it was last used. Null if never.")
    expires_at: datetime = column("When it stops working.")


@graph_type(audience=PUBLIC, row=tables.Organization, prefix="org")
class Organization(Node):
    """An organization that licenses access to insights: a laboratory, a hospital, a mutual or an insurer."""

    name: str = column("Name.")
    kind: tables.OrganizationKind = column("Kind of organization.")
    purposes: list[tables.PurposeKind] = sql(
        resolve.purposes_of, "The kinds of purpose for which an organization of its kind can request a licence."
    )
    licences: list[Annotated["Licence", strawberry.lazy("schema.insight.licences")]] = sql(
        licences.licences_of,
        "Its licences, newest first. Buyers see only their own, and of staff only data stewards see any.",
        only=BUYER | MANAGER,
    )
    users: RelayConnection[OrganizationUser] = paged(
        users.users_of,
        "Its users and those who are invited, by address. Buyers see only their own organization's, and of staff only "
        "data stewards see any.",
        only=BUYER | MANAGER,
    )
    api_keys: list[ApiKey] = sql(
        resolve.api_keys_of, "Its API keys, newest first. Buyers see only their own.", only=BUYER
    )
    webhooks: list[Webhook] = sql(
        webhooks.webhooks_of, "Its webhooks, newest first. Buyers see only their own.", only=BUYER, size=MOST
    )
