"""Creates, tests, rotates, pauses and deletes an organization's webhooks, and chooses of what its people get mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from models.database import Connection
from models.identity.webhooks import OrganizationEvent
from models.messages import message
from models.parameters import WebhookId
from models.viewers import Viewer
from resolvers import public_hosts
from resolvers.calling import Call
from resolvers.faults import Faults
from resolvers.identity import webhooks_rules as rules
from resolvers.identity.second_factors_rules import stored_secret
from resolvers.transactions import (
    Forbidden,
    Result,
    Unstored,
    Work,
    invalid,
    limit_reached,
    line_within,
    not_found,
    organization_of,
    too_long,
)

MOST = 10  # webhooks of one organization
DESCRIPTION_LENGTH = 100
LOCK_SEED = 6  # of the advisory lock on an organization's webhooks
NOT_ACCEPTED = message(
    "This address is not accepted: it must begin with https://, name a host of the public internet by its domain name,"
    " and have no credentials, no # and no other port than 8443."
)
NO_HOST = message("This host has no address on the public internet.")
NO_EVENTS = message("Choose at least one event.")


@dataclass(frozen=True)
class Rotated:
    """A webhook, and its new secret, which a repeated request does not return."""

    webhook_id: UUID
    secret: Unstored


async def create_webhook(
    call: Call, faults: Faults, *, url: str, description: str, events: Sequence[OrganizationEvent]
) -> Work:
    """Looks up the host; the returned Work creates a webhook of the viewer's organization, with a secret.

    Raises Refused: INVALID for an address or a host that is not accepted and without events, INVALID and TOO_LONG for
    the description. The Work raises Refused: LIMIT_REACHED if the organization has as many webhooks as it may have.
    """
    organization = organization_of(call.viewer)
    with faults.collected():
        await expect_public(url, loopback=call.demonstration)
    with faults.collected():
        description = line_within(description, DESCRIPTION_LENGTH, "description")
    with faults.collected():
        if not events:
            raise invalid(NO_EVENTS, "events")
    faults.refuse()
    id, secret = uuid4(), rules.new_secret()
    stored = stored_secret(secret, id, call.second_factors.key)

    async def creates(connection: Connection, viewer: Viewer) -> Result:
        # One at a time: two requests at once would both find room for the last one.
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1::text, $2))", str(organization), LOCK_SEED
        )
        if await connection.fetchval("SELECT count(*) FROM insight.webhook") >= MOST:
            raise limit_reached(
                message(
                    "An organization can have at most {most} webhooks. Delete one that you no longer need.", most=MOST
                )
            )
        await connection.execute(
            """
            INSERT INTO insight.webhook (id, organization_id, url, description, events, secret)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            id, organization, url, description, unique(events), stored,
        )  # fmt: skip
        return {"webhook_id": id, "secret": Unstored(secret)}

    return creates


async def expect_public(url: str, *, loopback: bool) -> None:
    """Raises Refused: INVALID unless the server may write to the address, which is checked again whenever it does.

    TOO_LONG for one that is too long.
    """
    if len(url) > public_hosts.MOST_CHARACTERS:
        raise too_long(public_hosts.MOST_CHARACTERS, "url")
    place = public_hosts.place_of(url, loopback=loopback)
    if place is None:
        raise invalid(NOT_ACCEPTED, "url")
    if not await public_hosts.addresses_of(place):
        raise invalid(NO_HOST, "url")


async def queue_test(connection: Connection, *, webhook: WebhookId) -> UUID:
    """Queues a test of a webhook, and returns its delivery's id.

    Raises Refused: NOT_FOUND if it is not their organization's.
    """
    made: UUID | None = await connection.fetchval("SELECT insight.test_webhook($1)", webhook)
    if made is None:
        raise not_found("webhook")
    return made


async def rotate_webhook(connection: Connection, call: Call, *, webhook: WebhookId) -> Rotated:
    """Gives a webhook another secret; the one before signs beside it for `ROTATION`.

    Raises Refused: NOT_FOUND if it is not their organization's.
    """
    secret = rules.new_secret()
    stored = stored_secret(secret, webhook, call.second_factors.key)
    if not await connection.fetchval("SELECT insight.rotate_webhook($1, $2, $3)", webhook, stored, rules.ROTATION):
        raise not_found("webhook")
    return Rotated(webhook, Unstored(secret))


async def pause_webhook(connection: Connection, *, webhook: WebhookId) -> UUID:
    """Stops sending to a webhook and cancels what waits, and returns its id.

    Raises Refused: NOT_FOUND if it is not their organization's.
    """
    return await _pause(connection, webhook, paused=True)


async def resume_webhook(connection: Connection, *, webhook: WebhookId) -> UUID:
    """Sends to a webhook what happens from now on, and returns its id.

    Raises Refused: NOT_FOUND if it is not their organization's.
    """
    return await _pause(connection, webhook, paused=False)


async def _pause(connection: Connection, webhook: UUID, *, paused: bool) -> UUID:
    if not await connection.fetchval("SELECT insight.pause_webhook($1, $2)", webhook, paused):
        raise not_found("webhook")
    return webhook


async def delete_webhook(connection: Connection, viewer: Viewer, *, webhook: WebhookId) -> UUID:
    """Deletes a webhook with its deliveries, and returns its id.

    Raises Refused: NOT_FOUND if it is not their organization's.
    """
    organization = organization_of(viewer)
    deleted = await connection.fetchval(
        "DELETE FROM insight.webhook WHERE id = $1 AND organization_id = $2 RETURNING true", webhook, organization
    )
    if not deleted:
        raise not_found("webhook")
    return webhook


async def choose_mailed_events(connection: Connection, viewer: Viewer, *, events: Sequence[OrganizationEvent]) -> None:
    """Chooses the events of which the viewer's account gets mail: none, some or all.

    Raises Forbidden if the viewer is not a user of an organization.
    """
    if viewer.account is None:
        raise Forbidden
    await connection.execute("SELECT identity.choose_mailed_events($1, $2)", viewer.account, unique(events))


def unique(events: Sequence[OrganizationEvent]) -> list[str]:
    """Each once, in their order."""
    return [event.value for event in OrganizationEvent if event in events]
