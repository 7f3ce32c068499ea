"""The only place where events arrive and find their subscribers: what has happened in any process."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import orjson

from planner.operations import Event
from server.errors import missed

log = logging.getLogger("cohorte.events")

CHANNEL = "cohorte_event"  # as the statements that announce an event name it
QUEUED = 100  # events that wait for one subscriber; whoever is further behind is dropped


class Subscriber:
    """One subscription's events, in the order in which they happened."""

    def __init__(self, too_slow: Callable[[], None]) -> None:
        self.too_slow = too_slow
        self.waiting: deque[Event] = deque()
        self.missed = False
        self.woken = asyncio.Event()

    def tell(self, event: Event) -> None:
        if len(self.waiting) >= QUEUED:
            self.too_slow()
            return
        self.waiting.append(event)
        self.woken.set()

    def miss(self) -> None:
        self.missed = True
        self.woken.set()

    async def next(self) -> Event:
        """The next event, as soon as there is one; raises Refusal after the last that was heard for certain."""
        while not self.waiting:
            if self.missed:
                raise missed()
            self.woken.clear()
            await self.woken.wait()
        return self.waiting.popleft()


class Events:
    """Who subscribes to what, by kind and by what an event is about: most events concern few of them."""

    channel = CHANNEL

    def __init__(self) -> None:
        self.listening = False
        self.subscribers: dict[tuple[str, UUID | None], set[Subscriber]] = {}

    @contextmanager
    def subscribed(self, kind: str, about: UUID | None, too_slow: Callable[[], None]) -> Iterator[Subscriber]:
        """A subscriber to the events of a kind; `about` None for all of them. `too_slow` is called if it falls behind.

        Raises Refusal while nothing is heard.
        """
        if not self.listening:
            raise missed()
        subscriber = Subscriber(too_slow)
        same = self.subscribers.setdefault((kind, about), set())
        same.add(subscriber)
        try:
            yield subscriber
        finally:
            same.discard(subscriber)
            if not same and self.subscribers.get((kind, about)) is same:
                del self.subscribers[kind, about]

    def began(self) -> None:
        self.listening = True

    def lost(self) -> None:
        self.listening = False
        for same in self.subscribers.values():
            for subscriber in same:
                subscriber.miss()

    def heard(self, connection: object, process: int, channel: str, payload: object) -> None:
        event = read(payload)
        if event is None:
            log.error("an event could not be read")  # and not what it says: anybody can have said it
            return
        for about in {event.about, None}:
            for subscriber in self.subscribers.get((event.kind, about), ()):
                subscriber.tell(event)


def read(payload: object) -> Event | None:
    try:
        told = orjson.loads(str(payload))
        about = told.get("about")
        return Event(str(told["kind"]), UUID(told["subject"]), None if about is None else UUID(about))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
