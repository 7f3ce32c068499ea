"""Places outside of the database, such as for the ledger's head: a folder, another database, an address on the web."""

import asyncio
import base64
import os
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import UUID

import asyncpg

from models.bounded_connections import KEEPALIVES, BoundedConnection
from models.failures import OF_OWNER, UNREACHABLE, reason
from models.session_parameters import set_parameters
from models.several_hosts import connect_to_any
from server.rollbacks.stored_heads import StoredHead, parse

T = TypeVar("T")

PLACE_SECONDS = 3.0  # for a place to return a head, or to store one
PIECE_BYTES = 1 << 16  # that are read at once
MOST_BYTES = 100_000_000  # of what a place returns: an address may return anything
LEDGER = "ledger"  # the kind of the texts that are heads
MADE = "SELECT to_regclass('cohorte_ledger_head') IS NOT NULL"
OWN = "SELECT to_regclass('insight.ledger_entry') IS NOT NULL"


class PlaceFailed(Exception):
    """A place cannot be used; the text is a clause that says which and why, without secrets."""


class HeadUnreadable(PlaceFailed):
    """A place has something else than a head."""


class TextPlace(Protocol):
    """Stores texts, by what they are and the random ids of what they are about."""

    name: str

    async def read_text(self, kind: str, id: UUID) -> bytes | None:
        """The stored text; None if there is none. Raises PlaceFailed."""

    async def store_text(self, kind: str, id: UUID, text: str) -> None:
        """Replaces the stored text, durably. Raises PlaceFailed."""


class HeadPlace(TextPlace, Protocol):
    """Stores the heads of ledgers, by the ledgers' ids."""

    async def read(self, ledger: UUID) -> StoredHead | None:
        """The stored head; None if there is none. Raises PlaceFailed."""

    async def store(self, ledger: UUID, stored: StoredHead) -> None:
        """Replaces the stored head, durably. Raises PlaceFailed."""


def places_of(folder: Path, addresses: Sequence[str]) -> tuple[HeadPlace, ...]:
    """The places of the settings: the data folder, and the addresses of COHORTE_LEDGER_HEADS."""
    others: list[HeadPlace] = [
        DatabasePlace(address, number) if urlsplit(address).scheme == "postgresql" else WebPlace(address, number)
        for number, address in enumerate(addresses, start=1)
    ]
    return FolderPlace(folder), *others


class _Heads:
    """The heads among the texts of a place."""

    async def read(self: TextPlace, ledger: UUID) -> StoredHead | None:
        text = await self.read_text(LEDGER, ledger)
        return None if text is None else parsed(text, self.name)

    async def store(self: TextPlace, ledger: UUID, stored: StoredHead) -> None:
        await self.store_text(LEDGER, ledger, stored.text())


class OwnThread:
    """Runs blocking work, one piece at a time, in a thread that nothing waits for if it hangs.

    That includes the end of the process, which waits for an executor's threads.
    """

    def __init__(self) -> None:
        self.works: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.thread: threading.Thread | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """The work's result. Raises TimeoutError after PLACE_SECONDS."""
        if self.thread is None:
            self.thread = threading.Thread(target=self._work, name="ledger head", daemon=True)
            self.thread.start()
        result: Future[T] = Future()

        def carry_out() -> None:
            if result.set_running_or_notify_cancel():  # not if nobody waits any longer
                try:
                    result.set_result(work())
                except BaseException as error:
                    result.set_exception(error)

        self.works.put(carry_out)
        async with asyncio.timeout(PLACE_SECONDS):
            return await asyncio.wrap_future(result)

    def _work(self) -> None:
        while True:
            work = self.works.get()
            with suppress(RuntimeError):  # of an event loop that was closed meanwhile
                work()


class FolderPlace(_Heads):
    """A file for each text in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, f"the data folder {folder}"
        self.thread = OwnThread()

    def path(self, id: UUID, kind: str = LEDGER) -> Path:
        return self.folder / f"{kind}-{id}.json"

    async def read_text(self, kind: str, id: UUID) -> bytes | None:
        return await self._run(lambda: read_bytes(self.path(id, kind)))

    async def store_text(self, kind: str, id: UUID, text: str) -> None:
        await self._run(lambda: write_file(self.path(id, kind), text))

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await self.thread.run(work)
        except OSError as error:  # with TimeoutError
            raise PlaceFailed(f"{self.name} fails ({error.strerror or type(error).__name__})") from None


def read_file(path: Path) -> StoredHead | None:
    """The head in a file, or None without a file. Raises OSError and HeadUnreadable."""
    text = read_bytes(path)
    return None if text is None else parsed(text, str(path))


def read_bytes(path: Path) -> bytes | None:
    """What is in a file, or None without a file. Raises OSError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_file(path: Path, text: str) -> None:
    """Replaces a file: after a crash, it has the old text or the new one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by the process: those of several containers have the same id, and may share the folder.
    part = path.with_suffix(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # its name, too
    finally:
        os.close(folder)


class DatabasePlace(_Heads):
    """A row for each text in another PostgreSQL database, whose table is created when it is first needed."""

    def __init__(self, address: str, number: int) -> None:
        self.address = address
        self.name = f"the database at place {number} of COHORTE_LEDGER_HEADS"

    async def read_text(self, kind: str, id: UUID) -> bytes | None:
        async def state(connection: asyncpg.Connection) -> str | None:
            if not await connection.fetchval(MADE):
                return None
            found: str | None = await connection.fetchval("SELECT state FROM cohorte_ledger_head WHERE ledger = $1", id)
            return found

        text = await self._run(state)
        return None if text is None else text.encode()

    async def store_text(self, kind: str, id: UUID, text: str) -> None:
        async def replace(connection: asyncpg.Connection) -> None:
            if not await connection.fetchval(MADE):
                await connection.execute(
                    "CREATE TABLE cohorte_ledger_head (ledger uuid PRIMARY KEY, state text NOT NULL)"
                )
            await connection.execute(
                "INSERT INTO cohorte_ledger_head (ledger, state) VALUES ($1, $2)"
                " ON CONFLICT (ledger) DO UPDATE SET state = excluded.state",
                id, text,
            )  # fmt: skip

        await self._run(replace)

    async def _run(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                connection = await connect_to_any(
                    self.address,
                    timeout=PLACE_SECONDS,
                    connection_class=BoundedConnection,
                    server_settings={"application_name": "cohorte head"},
                )
                try:
                    await set_parameters(connection, {"synchronous_commit": "on", **KEEPALIVES})
                    if await connection.fetchval(OWN):
                        raise PlaceFailed(f"{self.name} is one of Cohorte's, which is restored with its ledger")
                    return await work(connection)
                finally:
                    connection.terminate()
        except UNREACHABLE as error:
            raise PlaceFailed(f"{self.name} fails: {reason(error, OF_OWNER)}") from None


class WebPlace(_Heads):
    """A document for each text under an address, by GET and PUT, as object stores and WebDAV servers have them.

    Its kind and id are appended to the address's path; a query, such as a signature, stays.
    """

    def __init__(self, address: str, number: int) -> None:
        self.name = f"the address at place {number} of COHORTE_LEDGER_HEADS"
        parts = urlsplit(address)
        self.parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        self.headers = {"Cache-Control": "no-cache"}
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        self.thread = OwnThread()

    async def read_text(self, kind: str, id: UUID) -> bytes | None:
        return await self._run(lambda: self._send(kind, id, None))

    async def store_text(self, kind: str, id: UUID, text: str) -> None:
        sent = text.encode()
        await self._run(lambda: self._send(kind, id, sent))
        # Some servers answer anything with 200.
        if await self.read_text(kind, id) != sent:
            raise PlaceFailed(f"{self.name} does not return what was stored there")

    def _send(self, kind: str, id: UUID, text: bytes | None) -> bytes | None:
        url = urlunsplit(self.parts._replace(path=f"{self.parts.path.rstrip('/')}/{kind}-{id}.json"))
        headers = self.headers if text is None else {**self.headers, "Content-Type": "application/json"}
        # The settings accept http and https only, and neither is redirected to anything else.
        request = urllib.request.Request(url, text, headers, method="GET" if text is None else "PUT")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PLACE_SECONDS) as answer:  # noqa: S310
                return within(answer, time.monotonic() + PLACE_SECONDS)
        except urllib.error.HTTPError as error:
            with error:
                if text is None and error.code in (404, 410):
                    return None
                raise PlaceFailed(f"{self.name} answers with status {error.code}") from None

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await self.thread.run(work)
        except urllib.error.URLError as error:
            cause = error.reason if isinstance(error.reason, Exception) else error
            raise PlaceFailed(f"{self.name} fails: {reason(cause)}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise PlaceFailed(f"{self.name} fails ({type(error).__name__})") from None


def within(answer: HTTPResponse, until: float) -> bytes:
    """What an address returns. Raises TimeoutError if it goes on after `until`, or pauses for PLACE_SECONDS."""
    found = bytearray()
    while len(found) < MOST_BYTES and (piece := answer.read1(PIECE_BYTES)):
        found += piece
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(found)


def parsed(text: str | bytes, place: str) -> StoredHead:
    """The head in a text. Raises HeadUnreadable."""
    try:
        return parse(text)
    except ValueError:
        raise HeadUnreadable(f"{place} has something that is not a head of the ledger") from None
