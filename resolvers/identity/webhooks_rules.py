"""Makes and signs the messages of webhooks, in the form of the Standard Webhooks specification. Pure: no SQL."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.identity.webhooks import OrganizationEvent

PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification: 24 to 64
ROTATION = timedelta(hours=24)  # for which the previous secret signs too
# The specification's schedule: the attempts after the first, each after the failure of the one before. 75 hours in all.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
SPREAD = 10  # a pause is up to a tenth longer, so that what failed at once is not sent at once again
DISABLED_AFTER = timedelta(days=3)  # of failures
GONE = 410  # the status by which an endpoint asks for nothing more

TEST = "ping"
TYPES: Mapping[OrganizationEvent, str] = {
    OrganizationEvent.INSIGHT_PUBLISHED: "insight.published",
    OrganizationEvent.LICENCE_DECIDED: "licence.decided",
    OrganizationEvent.DATASET_FROZEN: "dataset.frozen",
}


@dataclass(frozen=True)
class WebhookMessage:
    """An event or a test to send: what it is about, and when it happened."""

    id: UUID  # of the delivery
    webhook: UUID
    event: OrganizationEvent | None
    subject: UUID | None
    dataset: UUID | None  # of an insight
    community: UUID | None
    created_at: datetime

    @property
    def message_id(self) -> str:
        """The `webhook-id`: the same in every attempt."""
        return f"dlv_{self.id}"


def new_secret() -> str:
    """A random secret, as Standard Webhooks writes it: `whsec_`, then Base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body_of(message: WebhookMessage, base: str, *, synthetic: bool = False) -> bytes:
    """The JSON to send: ids and addresses, and nothing that is only for those who may read it.

    That of a sandbox says that all data are `synthetic`.
    """
    happened = message.created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    kind = TEST if message.event is None else TYPES[message.event]
    data = {**data_of(message, base), **({"synthetic": True} if synthetic else {})}
    return json.dumps({"type": kind, "timestamp": happened, "data": data}, separators=(",", ":")).encode()


def data_of(message: WebhookMessage, base: str) -> Mapping[str, str]:
    """What a message holds: ids and addresses, and no figure."""
    subject, community = message.subject, {"community": f"com_{message.community}"}
    match message.event:
        case OrganizationEvent.INSIGHT_PUBLISHED:
            address = f"{base}/insights/ins_{subject}.json"
            return {"insight": f"ins_{subject}", "dataset": f"dst_{message.dataset}", **community, "address": address}
        case OrganizationEvent.DATASET_FROZEN:
            return {"dataset": f"dst_{subject}", **community, "address": f"{base}/codebooks/dst_{subject}.html"}
        case OrganizationEvent.LICENCE_DECIDED:
            return {"licence": f"lic_{subject}", **community}
        case None:
            return {"webhook": f"whk_{message.webhook}"}


def headers_of(message: WebhookMessage, body: bytes, keys: Sequence[str], now: int) -> Mapping[str, str]:
    """The headers that identify and sign a message, with a signature by each secret. `now` is in seconds since 1970."""
    signed = " ".join(signature(key, message.message_id, now, body) for key in keys)
    return {"webhook-id": message.message_id, "webhook-timestamp": str(now), "webhook-signature": signed}


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 of the id, the time and the body, separated by dots, in base64 after the scheme's version."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(made).decode()}"


def pause_after(attempts: int, delivery: UUID) -> timedelta | None:
    """How long to wait after so many attempts have failed, a little longer by the delivery; None after the last."""
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1]
    return pause + pause / SPREAD * (delivery.int % 1_000 / 1_000)
