"""Answers subscriptions: reads each event's row with its subscriber's rights."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import orjson

from models.viewers import Viewer
from planner.arguments import Variables
from planner.operations import Operation, SubscriptionPlan
from planner.plans import TOO_LARGE
from server.answers import too_large
from server.broker import Events, Subscriber
from server.data_reads import Admission
from server.errors import unknown_topic
from server.pools import ConnectionPool
from server.results import response_of


@dataclass(frozen=True, slots=True)
class PreparedSubscription:
    """A subscription that is ready to start, over a WebSocket or an event stream."""

    operation: Operation
    plan: SubscriptionPlan
    topic: UUID | None  # None: all events of the kind
    variables: Variables
    viewer: Viewer
    connections: ConnectionPool
    events: Events
    admission: Callable[[], Admission]  # of one event

    @contextmanager
    def started(self, too_slow: Callable[[], None]) -> Iterator[AsyncIterator[bytes]]:
        """The results' JSON, for every event from now on that the viewer may see.

        `too_slow` is called if too many events wait. The iteration raises RequestError if events may have been missed,
        if an event has the data of more members than the viewer may read, or if its reading cannot be recorded.
        """
        with self.events.subscribed(self.plan.kind, self.topic, too_slow) as subscriber:
            yield self.results(subscriber)

    async def results(self, subscriber: Subscriber) -> AsyncIterator[bytes]:
        """Reads each event for the viewer and yields its result's JSON; skips those that they may not see."""
        statement, key = self.plan.each, self.plan.key.encode()
        while True:
            event = await subscriber.next()
            # Row-level security applies to each event's statement: the viewer's rights may have changed in between.
            values = statement.values(self.variables, self.viewer, event)
            text = await self.connections.read_for_event(statement.sql, values)
            if text == TOO_LARGE:
                raise too_large(self.operation.planner.answer_bytes or 0)
            if text is not None and (statement.marked or statement.recorded):
                text = await self.admission().admit(text)
            if text is not None and self.plan.needs_executor:
                yield await self.executed(orjson.loads(text))
            elif text is not None:
                yield b'{"data":{"' + key + b'":' + text.encode() + b"}}"

    async def executed(self, row: object) -> bytes:
        """A result that has fields computed in Python."""
        result = await self.operation.run_executor(self.variables, {self.plan.key: row})
        return response_of(result)[0]


async def prepare_subscription(
    operation: Operation,
    variables: Variables,
    viewer: Viewer,
    connections: ConnectionPool,
    events: Events,
    admission: Callable[[], Admission],
    caller: Hashable,
) -> PreparedSubscription:
    """The subscription of an operation.

    Raises RequestError if its topic does not exist or the viewer may not see it, GraphQLError for an invalid argument.
    """
    plan, topic = operation.subscription_plan(variables), None
    if plan.topic is not None:
        text = await connections.read(plan.topic.sql, plan.topic.values(variables, viewer), caller)
        if text is None:
            raise unknown_topic()
        topic = UUID(text)
    return PreparedSubscription(operation, plan, topic, variables, viewer, connections, events, admission)
