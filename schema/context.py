"""Defines the context of an operation that graphql-core executes: the viewer and their database connections."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from models.viewers import ANYBODY, Audience, Viewer
from resolvers.calling import OpenedSession
from resolvers.transactions import Write
from settings import Settings

T = TypeVar("T")
InThread: TypeAlias = Callable[[Callable[[], Any]], Awaitable[Any]]  # runs what would hold the event loop


@dataclass
class Context:
    """The value of `info.context`, one for each operation."""

    viewer: Viewer
    read: Callable[
        [str, Sequence[Any]], Awaitable[str | None]
    ]  # runs a planned statement on the view's pool; JSON text
    write: Write  # opens a transaction on the view's pool for the viewer
    settings: Settings
    write_as_anybody: Write | None = None  # on the public view's pool, if `write` is on another
    publish: Write | None = None  # on the publisher's pool, whose role alone may count records
    extend_deadline: Callable[[float], None] | None = None  # to so many seconds from now
    # Of a mutation: keeps its response once a transaction is committed,
    guard_commit: Callable[[Write], Write] | None = None
    await_step: Callable[[Awaitable[Any]], Awaitable[Any]] | None = None  # and awaits for a resolver, unless cut short
    in_thread: InThread | None = None
    reader: InThread | None = None  # of a large input
    compute: InThread | None = None  # of a computed field, in turn by caller
    count_bytes: Callable[[int], None] | None = None  # of computed fields; raises if the response becomes too large
    # Of the JSON of a plan that is marked or recorded: counts and records the members whose data it has, and returns it
    # without the marks.
    admit: Callable[[str], Awaitable[str]] | None = None
    count: Callable[[str], Awaitable[None]] | None = None  # counts a mutation of a kind; raises if it is one too many
    device: str | None = None  # the client's description of itself, for the list of sessions
    address: str | None = None  # the client's IP address, as reported by trusted proxies
    takes_cookie: bool = False  # whether the response may set a session cookie
    opening: OpenedSession | None = None  # the session that the present mutation opens, if it is carried out
    opened: OpenedSession | None = None  # the last one that was opened
    # The viewer as that session has them now, or else the request's session or API key; None if it has ended, or if
    # there is none.
    look_up: Callable[[OpenedSession | None], Awaitable[Viewer | None]] | None = None
    # Raises UNAUTHENTICATED if the viewer's session or key has ended: for a field that is null although it may not be.
    expect_viewer: Callable[[], Awaitable[object]] | None = None
    in_language: Callable[[Viewer], Viewer] = lambda viewer: viewer  # a viewer in the language of the request
    outdated: bool = False  # whether a mutation carried out since the look-up may have changed the viewer
    refusals: list[str] = field(default_factory=list)  # the codes in `userErrors` of the mutations carried out so far
    operation: Any = None  # the planner's: the operation being executed,
    variables: Any = None  # its variables,
    computing: Any = None  # and the fields that Python computes in it

    def __post_init__(self) -> None:
        self.view: Audience = self.viewer.audience  # whose view of the graph the operation was validated against

    def note_carried_out(self) -> None:
        """Has the rest of the operation read as whoever the viewer is after a mutation that was carried out."""
        if self.opening is None:
            self.outdated = self.look_up is not None
            return
        self.opened, self.opening, self.outdated = self.opening, None, False
        if self.view in (Audience.PUBLIC, self.opened.viewer.audience):
            self.viewer = self.in_language(self.opened.viewer)

    async def is_viewers_own(self) -> bool:
        """Whether the request's session or key still is what the viewer is known by.

        It is not once a mutation of the operation has ended it, or has opened another session.
        """
        return self.opened is None and await self.has_graph()

    async def has_graph(self) -> bool:
        """Whether the operation's view of the graph is one that the viewer has, as of now."""
        opened = self.opened
        if opened is not None and self.view not in (Audience.PUBLIC, opened.viewer.audience):
            return False
        if self.outdated and self.look_up is not None:
            self.viewer = await self.look_up(opened) or ANYBODY.speaking(self.viewer.language)
            self.outdated = False
        return self.viewer.audience is (self.view if opened is None else opened.viewer.audience)

    async def read_input(self, work: Callable[[], T]) -> T:
        """The result of `work`, which converts or checks an input: in a thread if the input is large."""
        if self.reader is None:
            return work()
        made: T = await self.reader(work)
        return made
