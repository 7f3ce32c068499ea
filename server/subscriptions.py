"""The only place where a subscription becomes answers: each event's row, read as its subscriber may see it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import orjson

from models.viewers import Viewer
from planner.arguments import Coerced
from planner.operations import Hearing, Operation
from server.connections import Connections
from server.errors import not_heard
from server.events import Events, Subscriber
from server.results import answer_of


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that can begin, whether over a socket or over an event stream."""

    operation: Operation
    hearing: Hearing
    about: UUID | None
    coerced: Coerced
    viewer: Viewer
    connections: Connections
    events: Events

    @contextmanager
    def begun(self, too_slow: Callable[[], None]) -> Iterator[AsyncIterator[bytes]]:
        """Its answers' JSON, of every event from now on that the viewer may see; `too_slow` is called if they wait.

        They end with a Refusal: what may have been missed is not passed over.
        """
        with self.events.subscribed(self.hearing.kind, self.about, too_slow) as subscriber:
            yield self.answers(subscriber)

    async def answers(self, subscriber: Subscriber) -> AsyncIterator[bytes]:
        plan, key = self.hearing.each, self.hearing.key.encode()
        while True:
            event = await subscriber.next()
            # Policies hold in this statement as in any: what the viewer could see a moment ago does not count.
            text = await self.connections.read_in_turn(plan.sql, plan.values(self.coerced, self.viewer, event))
            if text is not None and self.hearing.mixed:
                yield await self.finished(orjson.loads(text))
            elif text is not None:
                yield b'{"data":{"' + key + b'":' + text.encode() + b"}}"

    async def finished(self, row: object) -> bytes:
        """The answer that Python has a part in."""
        result = await self.operation.finish(self.coerced, {self.hearing.key: row})
        return answer_of(result)[0]


async def subscription(
    operation: Operation, coerced: Coerced, viewer: Viewer, connections: Connections, events: Events
) -> Subscription:
    """What an operation subscribes to; raises Refusal when that is not the viewer's to see.

    :raises GraphQLError: for an argument that cannot be used.
    """
    hearing, about = operation.hearing(coerced), None
    if hearing.about is not None:
        text = await connections.read(hearing.about.sql, hearing.about.values(coerced, viewer))
        if text is None:
            raise not_heard()
        about = UUID(text)
    return Subscription(operation, hearing, about, coerced, viewer, connections, events)
