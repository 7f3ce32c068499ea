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


@graph_type(audience=BUYER, row=tables.WebhookDelivery, prefix="dlv")
class WebhookDelivery(Node):
    """An event that was sent to a webhook, or waits to be, kept for a month. Its id is the header `webhook-id`."""

    event: tables.OrganizationEvent | None = column("The event. Null for a test.")
    status: tables.DeliveryStatus = column("What has become of it.")
    attempts: int = column("How many attempts were made so far.")
    failure: tables.DeliveryFailure | None = column("Why the last attempt failed. Null if it did not, or before it.")
    response_status: int | None = column("The HTTP status of the last answer. Null if there was none.")
    created_at: datetime = column("When the event happened.")
    attempted_at: datetime | None = column("When the last attempt ended. Null before it.")


@graph_type(audience=BUYER, row=tables.Webhook, prefix="whk")
class Webhook(Node):
    """An address to which the server sends events of an organization, as Standard Webhooks defines."""

    url: str = column("The address.")
    description: str = column("What the organization calls it.")
    events: list[tables.OrganizationEvent] = column("The events that are sent to it.")
    status: tables.WebhookStatus = column("Whether events are sent to it.")
    failing_since: datetime | None = column("When the first of its present failures was. Null if the last one worked.")
    previous_until: datetime | None = sql(
        resolve.previous_until, "Until when the previous secret signs beside the present one. Null if it does not."
    )
    created_at: datetime = column("When it was created.")
    deliveries: list[WebhookDelivery] = sql(
        resolve.deliveries_of, f"The latest {resolve.SHOWN} deliveries, newest first.", size=resolve.SHOWN
    )
