"""Answers subscriptions: reads each event's row with its subscriber's rights."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

import orjson

from models.parameters import NO_ROW
from models.viewers import Viewer
from planner.arguments import Variables
from planner.operations import Event, Operation, SubscriptionPlan
from planner.plans import TOO_LARGE
from server.databases.pools import ConnectionPool
from server.events.feeds import Feeds, FeedSource
from server.operations.answers import too_large
from server.operations.data_reads import Admission
from server.operations.errors import bad_input, unknown_topic
from server.operations.results import response_of


@dataclass(frozen=True, slots=True)
class PreparedSubscription:
    """A subscription that is ready to start, over a WebSocket or an event stream."""

    operation: Operation
    plan: SubscriptionPlan
    topic: UUID | None  # None: all events of the kind
    variables: Variables
    viewer: Viewer
    caller: Hashable
    cost: int
    most_cost: int
    connections: ConnectionPool
    feeds: Feeds
    admission: Callable[[], Admission]  # of one event
    current: Callable[[], Awaitable[Viewer]]  # the viewer, in the language that their account has now

    @property
    def identity(self) -> Hashable:
        """Equal for subscriptions of one document with the same variables, by one session or API key.

        Two viewers never share a result, even if both would get the same: row-level security decides what each may see.
        """
        variables = orjson.dumps(self.variables.values, repr, orjson.OPT_SORT_KEYS)
        return self.operation, variables, self.topic, self.viewer, self.caller

    def started(
        self, too_slow: Callable[[], None], hold: Callable[[int], None]
    ) -> AbstractContextManager[AsyncIterator[bytes]]:
        """The results' JSON, for every event from now on that the viewer may see, as `Feeds.followed`.

        The iteration raises RequestError if an event has the data of more members than the viewer may read, or if its
        reading cannot be recorded.
        """
        source = FeedSource(
            self.plan.kind, self.topic, self.identity, self.caller, self.cost, self.most_cost, self.read
        )
        return self.feeds.followed(source, too_slow, hold)

    async def read(self, event: Event) -> bytes | None:
        """The event's result as JSON; None if the viewer may not see it. Raises RequestError."""
        # Row-level security applies to each event's statement: the viewer's rights may have changed in between.
        each, viewer = self.plan.each, await self.current()
        values = each.values(self.variables, viewer, event)
        try:
            text = await self.connections.read_for_event(each.sql, values, self.caller, self.cost)
        except Exception as error:
            refused = each.refusal(error)
            if refused is None:
                raise
            raise bad_input(refused) from None
        if text == TOO_LARGE:
            raise too_large(self.operation.planner.answer_bytes or 0)
        if text is None:
            return None
        if each.marked or each.recorded:
            text = await self.admission().admit(text)
        text = each.sealed(text)
        if self.plan.needs_executor:
            return await self.executed(orjson.loads(text), viewer)
        return b'{"data":{"' + self.plan.key.encode() + b'":' + text.encode() + b"}}"

    async def executed(self, row: object, viewer: Viewer) -> bytes:
        """A result that has fields computed in Python."""
        result = await self.operation.run_executor(self.variables, {self.plan.key: row})
        return response_of(result, viewer.reads_in)[0]


async def prepare_subscription(
    operation: Operation,
    variables: Variables,
    viewer: Viewer,
    caller: Hashable,
    costs: tuple[int, int],
    connections: ConnectionPool,
    feeds: Feeds,
    admission: Callable[[], Admission],
    current: Callable[[], Awaitable[Viewer]],
) -> PreparedSubscription:
    """The subscription of an operation; `costs` are its own and the most that one may have.

    Raises RequestError if its topic does not exist or the viewer may not see it, GraphQLError for an invalid argument.
    """
    plan, topic = operation.subscription_plan(variables), None
    # An argument that cannot be read, such as a cursor of another list, is refused now and not at the first event.
    plan.each.values(variables, viewer, Event(plan.kind, NO_ROW))
    if plan.topic is not None:
        # In turn, and never refused: after a restart all clients subscribe at once, and an `error` would end theirs.
        values = plan.topic.values(variables, viewer)
        text = await connections.read_for_event(plan.topic.sql, values, caller, costs[0])
        if text is None:
            raise unknown_topic()
        topic = UUID(text)
    return PreparedSubscription(
        operation, plan, topic, variables, viewer, caller, *costs, connections, feeds, admission, current
    )
