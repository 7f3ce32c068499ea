"""Relays connections to PostgreSQL over TCP, and can fall silent: it then forwards nothing, and closes nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qs, urlsplit, urlunsplit

SIZE = 1 << 16


class Way(Enum):
    """What is lost in a network that carries one direction alone."""

    QUESTIONS = "what the server sends"
    ANSWERS = "what PostgreSQL sends"


@dataclass(eq=False)
class Line:
    """One connection, and what it has not forwarded while it is silent."""

    relay: "SilentRelay"
    silent: bool
    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    held: list[tuple[asyncio.StreamWriter, bytes]] = field(default_factory=list)
    login: bytes = b""  # the message with which it was opened

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(SIZE):
            if b"user\0" in data and not self.login:
                self.login = data
            if (
                self.relay.silent_at is not None
                and self.relay.silent_at in data
                and self.relay.silent_role in self.login
            ):
                self.relay.silent_at, self.silent = None, True
            if self.silent and self.relay.lost in (None, Way.QUESTIONS if writer is self.ends[0] else Way.ANSWERS):
                self.held.append((writer, data))
            else:
                writer.write(data)

    def cut(self) -> None:
        for writer in self.ends:
            writer.transport.abort()

    def speak(self) -> None:
        self.silent = False
        for writer, data in self.held:
            writer.write(data)
        self.held.clear()


class SilentRelay:
    """A relay's address, and the connections through it that nobody has closed."""

    def __init__(self) -> None:
        self.dsn = ""
        self.lines: set[Line] = set()
        self.frozen = False
        self.silent_at: bytes | None = None  # the connection on which this is sent next falls silent
        self.silent_role = b""  # if it logs in as this role: scheduled work sends the same words
        self.refusing = False
        self.lost: Way | None = None  # all that a silent connection loses; None: everything

    def refuse(self) -> None:
        """Cuts every connection, and all that are opened until `accept`."""
        self.refusing = True
        for line in self.lines:
            line.cut()

    def accept(self) -> None:
        self.refusing = False

    def move(self, lost: Way | None = None) -> None:
        """Silences every connection there is, as if their host were gone and its address moved: new ones pass.

        With `lost`, they are silent in one direction alone.
        """
        self.lost = lost
        for line in self.lines:
            line.silent = True

    def freeze(self) -> None:
        """Silences every connection, and all that are opened until `thaw`."""
        self.frozen = True
        self.move()

    def thaw(self) -> None:
        """Forwards what was held back, and what follows."""
        self.frozen = False
        for line in self.lines:
            line.speak()

    @property
    def silent(self) -> int:
        """How many silent connections the client has not closed."""
        return sum(line.silent for line in self.lines)


@contextlib.asynccontextmanager
async def silent_relay(dsn: str) -> AsyncIterator[SilentRelay]:
    """A relay to the database at `dsn`, on a port of its own of 127.0.0.1."""
    relay = SilentRelay()
    url = urlsplit(dsn)
    (folder,) = parse_qs(url.query)["host"]
    (port,) = parse_qs(url.query).get("port", [str(url.port or 5432)])
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if relay.refusing:
            writer.transport.abort()
            return
        theirs, ours = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        line = Line(relay, relay.frozen, (ours, writer))
        relay.lines.add(line)
        both = [asyncio.create_task(line.forward(reader, ours)), asyncio.create_task(line.forward(theirs, writer))]
        tasks.update(both)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        relay.lines.discard(line)
        for task in both:
            task.cancel()
        line.cut()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    login = url.netloc.rpartition("@")[0]
    relay.dsn = urlunsplit(url._replace(netloc=f"{login}@127.0.0.1:{number}", query=""))
    try:
        yield relay
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
