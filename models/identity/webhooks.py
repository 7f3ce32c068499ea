"""Tables of webhooks: the addresses that an organization wants events sent to, and what was sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from models.columns import Table, choice, choices, key, moment, only_from, reference, within
from privacy.described import DescribedEnum


class OrganizationEvent(DescribedEnum):
    """An event that organizations are notified of."""

    INSIGHT_PUBLISHED = "INSIGHT_PUBLISHED", "An insight that the organization may read was published."
    LICENCE_DECIDED = "LICENCE_DECIDED", "A licence that the organization requested was granted or refused."
    DATASET_FROZEN = "DATASET_FROZEN", "A dataset whose insights the organization may read was frozen."


class WebhookStatus(DescribedEnum):
    """Whether events are sent to a webhook."""

    ACTIVE = "ACTIVE", "Events are sent to it."
    PAUSED = "PAUSED", "Paused by the organization: events are neither sent nor kept for later."
    DISABLED = "DISABLED", "Disabled after repeated failures or a 410 response: nothing is sent until it is resumed."


class DeliveryStatus(DescribedEnum):
    """The status of a delivery to a webhook."""

    PENDING = "PENDING", "Waiting to be sent, for the first time or again."
    DELIVERED = "DELIVERED", "The webhook accepted it."
    FAILED = "FAILED", "No attempt succeeded, and no more are made."
    CANCELLED = "CANCELLED", "The webhook was paused or disabled before it was sent."


class DeliveryFailure(DescribedEnum):
    """Why a delivery attempt failed."""

    ADDRESS = "ADDRESS", "The host has no address, or its address is not on the public internet."
    CONNECTION = "CONNECTION", "No connection could be made or kept, or the certificate is not valid for the host."
    TIMEOUT = "TIMEOUT", "The response took too long."
    STATUS = "STATUS", "The response status was not 2xx; redirects are not followed."
    SECRET = "SECRET", "The secret can no longer be decrypted: rotate it."


class Webhook(Table, table=True):
    """An address to which an organization's events are sent, and the secrets that sign them, as they are stored.

    The previous secret signs beside the present one until `previous_until`. `failing_since` is the first of the
    attempts that have failed since the last that did not.
    """

    __table_args__ = within(
        "insight",
        Index(None, "organization_id"),
        only_from(OrganizationEvent, "events"),
        CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name="previous"),
    )

    id: UUID = key()
    organization_id: UUID = reference("insight.organization.id")
    url: str
    description: str
    events: list[str] = choices()
    status: WebhookStatus = choice(
        WebhookStatus, "status", default=WebhookStatus.ACTIVE, sa_column_kwargs={"server_default": text("'ACTIVE'")}
    )
    secret: bytes = Field(sa_type=LargeBinary)
    previous_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    previous_until: datetime | None = moment(default=None, nullable=True)
    failing_since: datetime | None = moment(default=None, nullable=True)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class WebhookDelivery(Table, table=True):
    """An event that is sent to a webhook, and how the last attempt ended. Without an event, it is a test.

    Its id is the same in every attempt. Nothing of a body or an answer is stored but the status.
    """

    __table_args__ = within("insight", Index(None, "webhook_id", "created_at", "id"), Index(None, "created_at"))

    id: UUID = key()
    webhook_id: UUID = reference("insight.webhook.id")
    event: OrganizationEvent | None = choice(OrganizationEvent, "event", default=None, nullable=True)
    subject_id: UUID | None = None  # the insight, the licence or the dataset; null for a test
    status: DeliveryStatus = choice(
        DeliveryStatus, "status", default=DeliveryStatus.PENDING, sa_column_kwargs={"server_default": text("'PENDING'")}
    )
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    failure: DeliveryFailure | None = choice(DeliveryFailure, "failure", default=None, nullable=True)
    response_status: int | None = None
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    attempted_at: datetime | None = moment(default=None, nullable=True)
