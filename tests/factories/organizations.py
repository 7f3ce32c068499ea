"""Factories of organizations, licences and API keys."""

from datetime import timedelta
from typing import Any

import asyncpg

from models.identity import organizations, webhooks
from models.insight import licences
from models.insight.undertakings import IN_FORCE
from tests.factories.catalogue import community
from tests.factories.rows import DAY, NOON, Connection, digest, fake, numbers


async def organization(connection: Connection, **given: Any) -> asyncpg.Record:
    kind = organizations.OrganizationKind.LABORATORY
    return await fake(connection, organizations.Organization, given, name=f"Organization {next(numbers)}", kind=kind)


async def licence(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        licences.Licence,
        given,
        {"organization_id": organization, "community_id": community},
        purpose="Sleep and fatigue",
        starts_on=DAY,
        ends_on=DAY + timedelta(days=365),
        status=licences.LicenceStatus.GRANTED,
        purpose_kind=organizations.PurposeKind.SCIENTIFIC_RESEARCH,
        undertakings=IN_FORCE,
        undertakings_accepted_at=NOON,
    )


async def api_key(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        organizations.ApiKey,
        given,
        {"organization_id": organization},
        name="Reporting",
        prefix=f"coh_{number}",
        secret_hash=digest(f"key {number}"),
        expires_at=NOON + timedelta(days=3650),
    )


async def webhook(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        webhooks.Webhook,
        given,
        {"organization_id": organization},
        url="https://hooks.laboratory.example/cohorte",
        description="Reporting",
        events=[*webhooks.OrganizationEvent],
        secret=b"\x00whsec_" + b"A" * 32,
    )


async def webhook_delivery(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, webhooks.WebhookDelivery, given, {"webhook_id": webhook})
