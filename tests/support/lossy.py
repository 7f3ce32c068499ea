"""Relays connections to PostgreSQL, and cuts one at its COMMIT: before PostgreSQL receives it, or before it answers."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qs, urlsplit, urlunsplit

COMMIT = b"COMMIT;"
POOLED = re.compile(
    b"\0cohorte (public|patient|buyer|manager|publisher)\0"
)  # names of requests' connections, not jobs'
SIZE = 1 << 16


class Cut(Enum):
    """The moment at which a connection is cut."""

    REQUEST = "the COMMIT is not delivered"
    REPLY = "the transaction is committed, and the reply is not delivered"


@dataclass
class LossyRelay:
    """A relay's address; `cuts` are the cuts to make, one for each of the next COMMITs, None for a COMMIT to pass."""

    dsn: str
    cuts: list[Cut | None] = field(default_factory=list)


@contextlib.asynccontextmanager
async def lossy_relay(dsn: str) -> AsyncIterator[LossyRelay]:
    """A relay to the database at `dsn`, on a port of its own of 127.0.0.1."""
    relay = LossyRelay("")
    url = urlsplit(dsn)
    (folder,) = parse_qs(url.query)["host"]
    (port,) = parse_qs(url.query).get("port", [str(url.port or 5432)])
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        losing = asyncio.Event()  # the next reply

        async def requests() -> None:
            pooled = False
            while data := await reader.read(SIZE):
                pooled = pooled or POOLED.search(data) is not None
                cut = relay.cuts.pop(0) if COMMIT in data and pooled and relay.cuts else None
                if cut is Cut.REQUEST:
                    return
                if cut is Cut.REPLY:
                    losing.set()
                ours.write(data)

        async def replies() -> None:
            while data := await theirs.read(SIZE):
                if losing.is_set():
                    return
                writer.write(data)

        both = [asyncio.create_task(requests()), asyncio.create_task(replies())]
        tasks.update(both)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        for each in (ours, writer):
            each.transport.abort()

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
