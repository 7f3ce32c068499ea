"""Webhooks of organizations."""

from datetime import datetime

from models.identity import webhooks as tables
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.identity import webhooks as resolve
from schema.access import BUYER
from schema.pagination import Node

graph_enum(tables.OrganizationEvent)
graph_enum(tables.WebhookStatus)
graph_enum(tables.DeliveryStatus)
graph_enum(tables.DeliveryFailure)


@graph_type(
    audience=BUYER,
    row=tables.WebhookDelivery,
    prefix="dlv",
    description="An event that was sent to a webhook, or waits to be sent. "
    f"Kept for {resolve.KEPT_DAYS} days. Its id is in the header `webhook-id`.",
)
class WebhookDelivery(Node):
    event: tables.OrganizationEvent | None = column("The event. Null for a test.")
    status: tables.DeliveryStatus = column("Status of the delivery.")
    attempts: int = column("Number of attempts so far.")
    failure: tables.DeliveryFailure | None = column(
        "Why the last attempt failed. Null if it did not fail, or before the first one."
    )
    response_status: int | None = column("The HTTP status of the last response. Null if there was none.")
    created_at: datetime = column("When the event happened.")
    attempted_at: datetime | None = column("When the last attempt ended. Null before the first one.")


@graph_type(audience=BUYER, row=tables.Webhook, prefix="whk")
class Webhook(Node):
    """An address to which the server sends an organization's events, as specified by Standard Webhooks."""

    url: str = column("The address.")
    description: str = column("The organization's name for it.")
    events: list[tables.OrganizationEvent] = column("The events that are sent to it.")
    status: tables.WebhookStatus = column("Whether events are sent to it.")
    failing_since: datetime | None = column(
        "When the current run of failures began. Null if the last delivery succeeded."
    )
    previous_until: datetime | None = sql(
        resolve.previous_until, "Until when deliveries are also signed with the previous secret. Null if they are not."
    )
    created_at: datetime = column("When it was created.")
    deliveries: list[WebhookDelivery] = sql(
        resolve.deliveries_of, f"The latest {resolve.SHOWN} deliveries, newest first.", size=resolve.SHOWN
    )
