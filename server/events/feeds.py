"""Hands out the results of subscriptions: each event is read once for all identical subscriptions of a viewer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import UUID

from planner.operations import Event
from server.callers.tallies import Tally
from server.events import broker
from server.events.broker import Events
from server.operations.errors import subscriptions_cost_exceeded, too_many_subscriptions

SUBSCRIPTIONS = 200  # of one caller, on all their sockets and event streams
OPERATIONS = 4  # times the most that one operation may cost: what a caller's different subscriptions may cost together


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A subscription that a feed reads."""

    kind: str  # of its events
    topic: UUID | None  # None: all events of the kind
    identity: Hashable  # equal for those that have the same results
    caller: Hashable
    cost: int
    most_cost: int  # of one operation
    read: Callable[[Event], Awaitable[bytes | None]]  # None: the viewer may not see it


class Follower:
    """The results of one subscription that its client has not taken yet."""

    def __init__(self, first: int, too_slow: Callable[[], None], hold: Callable[[int], None]) -> None:
        self.first = first  # the number of the feed's first event that happened since it subscribed
        self.too_slow, self.hold = too_slow, hold
        self.results: deque[bytes] = deque()
        self.error: Exception | None = None
        self.woken = asyncio.Event()

    def add(self, result: bytes, most_bytes: int) -> None:
        """Queues a result, or calls `too_slow` if too much is queued."""
        if self.results and (len(self.results) >= broker.MAX_QUEUED or sum(map(len, self.results)) > most_bytes):
            self.too_slow()
            return
        self.results.append(result)
        self.hold(len(result))
        self.woken.set()

    def take(self) -> bytes:
        result = self.results.popleft()
        self.hold(-len(result))
        return result

    def discard(self) -> None:
        while self.results:
            self.take()

    def fail(self, error: Exception) -> None:
        self.error = error
        self.woken.set()


class Feed:
    """The followers of identical subscriptions, and the task that reads their events."""

    def __init__(self, source: FeedSource, events: Events, most_bytes: int) -> None:
        self.source, self.most_bytes = source, most_bytes
        self.followers: set[Follower] = set()
        self.stack = ExitStack()
        self.subscriber = self.stack.enter_context(events.subscribed(source.kind, source.topic, self.too_slow))
        self.events = 0  # that were taken from the subscriber
        self.taken = asyncio.Event()
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Reads event after event, as fast as the quickest follower takes the results."""
        try:
            while True:
                event = await self.subscriber.next()
                number = self.events
                self.events += 1
                result = await self.source.read(event)
                if result is not None:
                    for follower in tuple(self.followers):
                        if follower.first <= number:
                            follower.add(result, self.most_bytes)
                    del result  # the next event may come in hours
                while self.followers and all(follower.results for follower in self.followers):
                    self.taken.clear()
                    await self.taken.wait()
        except Exception as error:  # of any kind: it is reported to the followers
            for follower in self.followers:
                follower.fail(error)

    def joined(self, too_slow: Callable[[], None], hold: Callable[[int], None]) -> Follower:
        follower = Follower(self.events + len(self.subscriber.queued), too_slow, hold)
        self.followers.add(follower)
        return follower

    def left(self, follower: Follower) -> None:
        self.followers.discard(follower)
        follower.discard()
        self.taken.set()  # the others may have taken theirs

    def close(self) -> None:
        self.stack.close()
        self.task.cancel()

    def too_slow(self) -> None:
        """Too many events wait to be read: a follower that stayed would miss some."""
        for follower in tuple(self.followers):
            follower.too_slow()

    async def results(self, follower: Follower) -> AsyncIterator[bytes]:
        """A follower's results. Raises what ended the reading, after the results before it."""
        while True:
            while not follower.results:
                if follower.error is not None:
                    raise follower.error
                follower.woken.clear()
                await follower.woken.wait()
            self.taken.set()
            yield follower.take()


@dataclass
class Feeds:
    """The feeds of this process; `most_bytes` is how far a follower may fall behind the others of its feed."""

    events: Events
    most_bytes: int

    def __post_init__(self) -> None:
        self.open: dict[Hashable, Feed] = {}
        self.numbers: Tally[Hashable] = Tally()  # of followers, by caller
        self.costs: Tally[Hashable] = Tally()  # of feeds, by caller

    @contextmanager
    def followed(
        self, source: FeedSource, too_slow: Callable[[], None], hold: Callable[[int], None] = lambda _: None
    ) -> Iterator[AsyncIterator[bytes]]:
        """The results for every event from now on. `too_slow` is called if the client falls too far behind.

        `hold` is called with the bytes of each result that begins to wait for the client, and negatively when it ends.

        Raises RequestError if the caller has too many subscriptions, if these cost too much together, or while no
        events are received. The iteration raises RequestError if events may have been missed.
        """
        caller = source.caller
        if self.numbers[caller] >= SUBSCRIPTIONS:
            raise too_many_subscriptions(SUBSCRIPTIONS)
        feed = self.open.get(source.identity)
        if feed is None or feed.task.done():
            feed = self.opened(source)
        follower = feed.joined(too_slow, hold)
        self.numbers[caller] += 1
        try:
            yield feed.results(follower)
        finally:
            self.numbers.remove(caller)
            feed.left(follower)
            if not feed.followers:
                self.costs.remove(caller, feed.source.cost)
                feed.close()
                if self.open.get(source.identity) is feed:
                    del self.open[source.identity]

    def opened(self, source: FeedSource) -> Feed:
        """A new feed, which is charged to the caller. Raises RequestError."""
        cost, most = self.costs[source.caller] + source.cost, OPERATIONS * source.most_cost
        if cost > most:
            raise subscriptions_cost_exceeded(cost, most)
        feed = self.open[source.identity] = Feed(source, self.events, self.most_bytes)
        self.costs[source.caller] = cost
        return feed
