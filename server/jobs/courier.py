"""Notifies organizations of events: sends them to their webhooks, several at a time."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncpg

from models.identity.webhooks import DeliveryFailure
from resolvers.identity import outbox
from resolvers.identity import webhooks_rules as rules
from resolvers.identity.outbox import PendingDelivery
from resolvers.identity.second_factors_rules import read_secret
from resolvers.public_hosts import Place, place_of
from server.jobs.outbox import Outbox
from server.jobs.outgoing import NotSent, post

log = logging.getLogger("cohorte.webhooks")

Send = Callable[[Place, Mapping[str, str], bytes], Awaitable[int]]  # the status of the answer

SENDERS = 16  # requests at a time, one to each webhook
OF_ORGANIZATION = 4  # of these, to one organization's webhooks
# Of these, to webhooks that fail: those that hang must not keep all others waiting.
FAILING = SENDERS // 2
NEXT_SECONDS = 5.0  # until what is to be sent again is looked for, which nothing announces


class Courier:
    """Sends the outbox's events to webhooks, several at a time, and one to each.

    Delivery is at least once: if a process ends between sending an event and recording that, another sends it again
    with the same id.
    """

    def __init__(
        self, base: str, key: bytes | None, *, loopback: bool = False, synthetic: bool = False, send: Send = post
    ) -> None:
        self.base = base
        self.key = key
        self.loopback = loopback
        self.synthetic = synthetic  # of a sandbox
        self.send_to = send
        self.outbox = Outbox(self.send_due, outbox.WEBHOOK_LOCK, log, NEXT_SECONDS)

    async def send_due(self, connection: asyncpg.Connection) -> None:
        """Sends all that is due, also what is added meanwhile. The connection holds the lock of the outbox."""
        recording = asyncio.Lock()  # a connection does one thing at a time

        async def chosen(sending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
            async with recording:
                await self.notify(connection)
                due = await outbox.due_deliveries(connection, [each.message.webhook for each in sending])
            return next_deliveries(due, sending)

        await self.outbox.send(chosen, lambda delivery: self.send(connection, delivery, recording))

    async def notify(self, connection: asyncpg.Connection) -> None:
        """Finds whom the events that are due concern. One that fails is postponed and does not block the others."""
        for event in await outbox.due_events(connection):
            try:
                await outbox.notify_organizations(connection, event)
            except asyncpg.PostgresError as error:
                # Only the error's class: its message may contain a row.
                log.warning("organizations could not be notified: %s", type(error).__name__)
                await outbox.record_failed(connection, event)

    async def send(self, connection: asyncpg.Connection, delivery: PendingDelivery, recording: asyncio.Lock) -> None:
        """Sends one event to one webhook and records what the answer was. Nothing that others chose is logged."""
        status: int | None = None
        failure: DeliveryFailure | None = None
        try:
            status = await self.request(delivery)
            failure = None if 200 <= status <= 299 else DeliveryFailure.STATUS
        except NotSent as not_sent:
            failure = not_sent.failure
        except Exception as error:  # of any kind: one webhook must not block the others
            log.warning("an event could not be sent to a webhook: %s", type(error).__name__)
            failure = DeliveryFailure.CONNECTION
        async with recording:
            if failure is None:
                await outbox.record_accepted(connection, delivery, status)
            else:
                log.info("the delivery %s failed: %s %s", delivery.message.id, failure.value, status or "")
                await outbox.record_delivery_failed(connection, delivery, failure, status)

    async def request(self, delivery: PendingDelivery) -> int:
        """The status of the answer. Raises NotSent."""
        place = place_of(delivery.url, loopback=self.loopback)
        if place is None:  # the rules have changed since it was accepted
            raise NotSent(DeliveryFailure.ADDRESS)
        message = delivery.message
        secrets = [
            plain
            for stored in (delivery.secret, delivery.previous_secret)
            if stored is not None and (plain := read_secret(stored, message.webhook, self.key)) is not None
        ]
        if not secrets:
            log.error("a webhook's secret cannot be read: it was stored with another key")
            raise NotSent(DeliveryFailure.SECRET)
        body = rules.body_of(message, self.base, synthetic=self.synthetic)
        return await self.send_to(place, rules.headers_of(message, body, secrets, int(time.time())), body)


def next_deliveries(due: Sequence[PendingDelivery], sending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
    """What to send beside what is being sent: few to webhooks that fail, and to those of one organization."""
    busy = {each.message.webhook for each in sending}
    of_organizations = Counter(each.organization for each in sending)
    failing = sum(each.failing for each in sending)
    chosen: list[PendingDelivery] = []
    for delivery in due:
        if len(sending) + len(chosen) == SENDERS:
            break
        full = of_organizations[delivery.organization] >= OF_ORGANIZATION or (delivery.failing and failing >= FAILING)
        if full or delivery.message.webhook in busy:
            continue
        busy.add(delivery.message.webhook)
        of_organizations[delivery.organization] += 1
        failing += delivery.failing
        chosen.append(delivery)
    return chosen
