"""The only place that knows who is asking: bearer tokens to viewers, kept in the process and dropped when revoked."""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import asyncpg

from models.viewers import Viewer
from models.viewing import REVOKED, session_of
from server.connections import Connections
from server.errors import unauthenticated

log = logging.getLogger("cohorte.sessions")

KEPT = 10_000
# A lost notification, whatever the cause, is believed no longer than this.
KEPT_SECONDS = 60.0
BEARER = re.compile(rb"[Bb]earer +([A-Za-z0-9_-]{43})")  # 32 bytes in URL-safe base64
PULSE_SECONDS = 5.0  # a connection may be dead without a word
PAUSES_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Sessions:
    """The viewers of open sessions. While nobody listens for revocations, every token is looked up each time."""

    def __init__(self, connections: Connections, *, demonstration: bool) -> None:
        self.connections = connections
        self.demonstration = demonstration  # whether the demonstration network's accounts are let in
        self.kept: OrderedDict[bytes, tuple[Viewer, float]] = OrderedDict()  # by SHA-256: no token lies in memory
        self.hashes: dict[UUID, bytes] = {}
        self.listening = False
        self.revocations = 0

    def known(self, authorization: bytes) -> Viewer | None:
        """The viewer of a token that has lately been looked up."""
        found = self.kept.get(sha256(authorization[-43:]).digest())
        if found is None or found[1] < time.monotonic() or not BEARER.fullmatch(authorization):
            return None
        return found[0]

    async def viewer(self, authorization: bytes) -> Viewer:
        """The viewer that an Authorization header stands for; raises Refusal: the same for any that is not open."""
        known = self.known(authorization)
        if known is not None:
            return known
        token = BEARER.fullmatch(authorization)
        if token is None:
            raise unauthenticated()
        hash = sha256(token[1]).digest()
        revocations = self.revocations
        found = await self.connections.ask(lambda connection: session_of(connection, hash))
        if found is None:
            raise unauthenticated()
        viewer, expires_at, demonstration = found
        left = (expires_at - datetime.now(UTC)).total_seconds()
        if left <= 0 or (demonstration and not self.demonstration):
            raise unauthenticated()
        # A revocation that was heard meanwhile may be this one's: the answer may be older than it.
        if self.listening and revocations == self.revocations:
            self.keep(hash, viewer, time.monotonic() + min(left, KEPT_SECONDS))
        return viewer

    def keep(self, hash: bytes, viewer: Viewer, until: float) -> None:
        self.kept[hash] = (viewer, until)
        self.kept.move_to_end(hash)
        if viewer.session is not None:
            self.hashes[viewer.session] = hash
        while len(self.kept) > KEPT:
            _, (oldest, _) = self.kept.popitem(last=False)
            if oldest.session is not None:
                self.hashes.pop(oldest.session, None)

    def forget(self, session: UUID | None) -> None:
        """Looks a session up anew when it next asks."""
        self.revocations += 1
        hash = self.hashes.pop(session, None) if session is not None else None
        if hash is not None:
            self.kept.pop(hash, None)

    def forget_all(self) -> None:
        self.revocations += 1
        self.kept.clear()
        self.hashes.clear()

    async def listen(self, connect: Callable[[], Awaitable[asyncpg.Connection]], ready: asyncio.Event) -> None:
        """Hears of revocations until it is cancelled; a connection that breaks is made again, ever more patiently."""
        failures = 0
        while True:
            try:
                connection = await connect()
                try:
                    await self.hear(connection, ready)
                finally:
                    self.listening = False
                    self.forget_all()
                    # Not close(): it would wait for an answer from a server that may be gone.
                    connection.terminate()
            except Exception as error:  # whatever it is: nobody would start this task again
                failures = 0 if ready.is_set() else failures + 1
                ready.clear()
                log.warning("the listener for revocations was lost: %s", type(error).__name__)
            await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])

    async def hear(self, connection: asyncpg.Connection, ready: asyncio.Event) -> None:
        await connection.add_listener(REVOKED, self.heard)
        self.forget_all()
        self.listening = True
        ready.set()
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        while not lost.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), PULSE_SECONDS)
                break
            await connection.execute("SELECT", timeout=PULSE_SECONDS)
        raise ConnectionResetError

    def heard(self, connection: object, process: int, channel: str, payload: object) -> None:
        # What cannot be read is not guessed at.
        try:
            self.forget(UUID(str(payload)))
        except ValueError:
            self.forget_all()
