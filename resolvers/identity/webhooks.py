"""Reads an organization's webhooks, what was sent to them, and of what an account gets mail."""

from sqlalchemy import ARRAY, Text, case, func

from models.identity import webhooks as tables
from models.rows import Expression, Row, Rows, ViewerIds, row, select

SHOWN = 50  # of the deliveries to a webhook
KEPT_DAYS = 30  # for deliveries, as in models/functions/identity/webhooks.sql


def webhooks_of(organization: Row) -> Rows:
    """Webhooks, the newest first."""
    webhook = row(tables.Webhook)
    found = select(webhook).where(webhook.organization_id == organization.id)
    return found.order_by(webhook.created_at.desc(), webhook.id.desc())


def webhook_of(made: Row) -> Rows:
    """One row: the webhook that a mutation has created or changed."""
    webhook = row(tables.Webhook)
    return select(webhook).where(webhook.id == made.webhook_id)


def deliveries_of(webhook: Row) -> Rows:
    """The latest deliveries, newest first."""
    delivery = row(tables.WebhookDelivery)
    found = select(delivery).where(delivery.webhook_id == webhook.id)
    return found.order_by(delivery.created_at.desc(), delivery.id.desc()).limit(SHOWN)


def delivery_of(made: Row) -> Rows:
    """One row: the delivery that a mutation has begun."""
    delivery = row(tables.WebhookDelivery)
    return select(delivery).where(delivery.id == made.delivery_id)


def previous_until(webhook: Row) -> Expression:
    """Until when the previous secret signs too; null once that is over."""
    return case((webhook.previous_until > func.now(), webhook.previous_until))


def mailed_events(owner: Row, *, viewer: ViewerIds) -> Expression:
    """The events of which the viewer's account gets mail."""
    return func.identity.mailed_events(viewer.account, type_=ARRAY(Text))
