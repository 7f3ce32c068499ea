"""The only place where a subscription becomes answers: each event's row, read as its subscriber may see it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import orjson

from models.viewers import Viewer
from planner.arguments import Variables
from planner.operations import Operation, SubscriptionPlan
from server.connections import Connections
from server.errors import not_heard
from server.events import Events, Subscriber
from server.results import answer_of


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that can begin, whether over a socket or over an event stream."""

    operation: Operation
    hearing: SubscriptionPlan
    about: UUID | None
    variables: Variables
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
            text = await self.connections.read_in_turn(plan.sql, plan.values(self.variables, self.viewer, event))
            if text is not None and self.hearing.needs_executor:
                yield await self.finished(orjson.loads(text))
            elif text is not None:
                yield b'{"data":{"' + key + b'":' + text.encode() + b"}}"

    async def finished(self, row: object) -> bytes:
        """The answer that Python has a part in."""
        result = await self.operation.run_executor(self.variables, {self.hearing.key: row})
        return answer_of(result)[0]


async def subscription(
    operation: Operation, variables: Variables, viewer: Viewer, connections: Connections, events: Events
) -> Subscription:
    """What an operation subscribes to; raises Refusal when that is not the viewer's to see.

    :raises GraphQLError: for an argument that cannot be used.
    """
    hearing, about = operation.subscription_plan(variables), None
    if hearing.topic is not None:
        text = await connections.read(hearing.topic.sql, hearing.topic.values(variables, viewer))
        if text is None:
            raise not_heard()
        about = UUID(text)
    return Subscription(operation, hearing, about, variables, viewer, connections, events)
