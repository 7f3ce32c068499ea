"""Receives the events of all server processes and delivers them to the subscribers of this one."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import orjson

from planner.operations import Event
from server.operations.errors import events_missed

log = logging.getLogger("cohorte.events")

CHANNEL = "cohorte_event"  # the statements that publish an event use the same name
MAX_QUEUED = 100  # events that wait for one subscriber; one that falls further behind is disconnected


class Subscriber:
    """The queue of one subscription's events, in the order in which they happened."""

    def __init__(self, too_slow: Callable[[], None]) -> None:
        self.too_slow = too_slow
        self.queued: deque[Event] = deque()
        self.missed = False
        self.woken = asyncio.Event()

    def deliver(self, event: Event) -> None:
        """Queues an event, or calls `too_slow` if the queue is full."""
        if len(self.queued) >= MAX_QUEUED:
            self.too_slow()
            return
        self.queued.append(event)
        self.woken.set()

    def mark_missed(self) -> None:
        """Ends the subscription with an error, after the events that are queued."""
        self.missed = True
        self.woken.set()

    async def next(self) -> Event:
        """The next event; waits for one. Raises RequestError after the last event before a gap."""
        while not self.queued:
            if self.missed:
                raise events_missed()
            self.woken.clear()
            await self.woken.wait()
        return self.queued.popleft()


class Events:
    """The subscribers of this process, by the kind and the topic of their events."""

    channel = CHANNEL

    def __init__(self) -> None:
        self.listening = False
        self.subscribers: dict[tuple[str, UUID | None], set[Subscriber]] = {}

    @contextmanager
    def subscribed(self, kind: str, topic: UUID | None, too_slow: Callable[[], None]) -> Iterator[Subscriber]:
        """A subscriber to the events of a kind about `topic`, or to all of them if it is None.

        `too_slow` is called if more than MAX_QUEUED events wait. Raises RequestError while no events are received.
        """
        if not self.listening:
            raise events_missed()
        subscriber = Subscriber(too_slow)
        same = self.subscribers.setdefault((kind, topic), set())
        same.add(subscriber)
        try:
            yield subscriber
        finally:
            same.discard(subscriber)
            if not same and self.subscribers.get((kind, topic)) is same:
                del self.subscribers[kind, topic]

    def started(self) -> None:
        self.listening = True

    def lost(self) -> None:
        self.listening = False
        for same in self.subscribers.values():
            for subscriber in same:
                subscriber.mark_missed()

    def notified(self, connection: object, process: int, channel: str, payload: object) -> None:
        event = read(payload)
        if event is None:
            log.error("an event could not be read")  # without its text: any database role can send one
            return
        for topic in {event.about, None}:
            for subscriber in self.subscribers.get((event.kind, topic), ()):
                subscriber.deliver(event)


def read(payload: object) -> Event | None:
    """The event in a notification's payload; None if it is malformed."""
    try:
        given = orjson.loads(str(payload))
        about = given.get("about")
        return Event(str(given["kind"]), UUID(given["subject"]), None if about is None else UUID(about))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
