"""Resolves session tokens and API keys to viewers, and caches them until they are revoked."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from models.database import CHANGED, REVOKED, viewer_of
from models.viewers import Viewer
from server.databases.listening import Pulse
from server.databases.pools import ConnectionPool
from server.operations.errors import unauthenticated

KEPT = 10_000
# Upper bound on how long a viewer is served after a revocation whose notification was lost.
KEPT_SECONDS = 60.0
# A session's token is 32 bytes in URL-safe base64; an organization's key is the same behind its prefix.
BEARER = re.compile(rb"[Bb]earer +([A-Za-z0-9_-]{43}|ck_[0-9a-f]{8}_[A-Za-z0-9_-]{43})")


class Sessions:
    """The viewers of open sessions and API keys. Nothing is cached while revocations are not listened to.

    After a write of this process, tokens are looked up until every revocation that it has caused must have arrived.
    """

    channel = REVOKED

    def __init__(self, connections: ConnectionPool, *, demonstration: bool, pulse: Pulse | None = None) -> None:
        self.connections = connections
        self.pulse = pulse or Pulse()
        self.demonstration = demonstration  # whether accounts of the demonstration network may sign in
        # By SHA-256, so that no token lies in memory; with the monotonic time until which the viewer is believed.
        self.kept: OrderedDict[bytes, tuple[Viewer, float]] = OrderedDict()  # the least recently used first
        self.hashes: dict[UUID, bytes] = {}
        self.listening = False
        # Where they are looked up instead while the primary does not answer; None for nowhere.
        self.stand_in: Callable[[], ConnectionPool | None] = lambda: None
        self.revocations = 0
        # Callbacks with the id of a revoked session or key; None if any may be revoked, after a gap in notifications.
        self.when_revoked: list[Callable[[UUID | None], None]] = []

    def hash_of(self, authorization: bytes) -> bytes:
        """The SHA-256 of the token or key in an Authorization header, valid or not."""
        return sha256(authorization.rpartition(b" ")[2]).digest()

    def known(self, authorization: bytes) -> Viewer | None:
        """The cached viewer of an Authorization header; None if it has to be looked up."""
        if not self.pulse.has_heard_writes:
            return None
        scheme, _, token = authorization.rpartition(b" ")
        hash = sha256(token).digest()
        known = self.kept.get(hash)
        # What is kept is a whole token, so that only its scheme has to be looked at.
        if known is None or known[1] < time.monotonic() or not (scheme == b"Bearer" or BEARER.fullmatch(authorization)):
            return None
        self.kept.move_to_end(hash)
        return known[0]

    async def viewer(self, authorization: bytes, caller: Hashable = None) -> Viewer:
        """The viewer of an Authorization header. Raises RequestError, the same for every invalid token or key.

        The look-up of a `caller` uses at most half of the connections.
        """
        known = self.known(authorization)
        if known is not None:
            return known
        token = BEARER.fullmatch(authorization)
        if token is None:
            raise unauthenticated()
        return await self.look_up(sha256(token[1]).digest(), caller)

    async def look_up(self, hash: bytes, caller: Hashable = None) -> Viewer:
        """The viewer of the token or key with this SHA-256, from the database. Raises RequestError if not valid."""
        revocations = self.revocations
        stand_in = self.stand_in()
        connections, writes = stand_in or self.connections, stand_in is None
        found = await connections.run(
            lambda connection: viewer_of(connection, hash, writes=writes), caller, repeatable=True
        )
        if found is None:
            raise unauthenticated()
        viewer, expires_at, demonstration = found
        left = (expires_at - datetime.now(UTC)).total_seconds()
        if left <= 0 or (demonstration and not self.demonstration):
            raise unauthenticated()
        # A revocation received meanwhile may be of this session: the row may have been read before it.
        if self.listening and stand_in is None and revocations == self.revocations:
            self.keep(hash, viewer, time.monotonic() + min(left, KEPT_SECONDS))
        return viewer

    def keep(self, hash: bytes, viewer: Viewer, until: float) -> None:
        while len(self.kept) >= KEPT and hash not in self.kept:
            _, (oldest, _) = self.kept.popitem(last=False)
            if oldest.opened_by is not None:
                self.hashes.pop(oldest.opened_by, None)
        self.kept[hash] = (viewer, until)
        self.kept.move_to_end(hash)
        if viewer.opened_by is not None:
            self.hashes[viewer.opened_by] = hash

    def forget(self, opened_by: UUID | None) -> None:
        """Drops a session or key from the cache, so that its next request looks it up."""
        self.revocations += 1
        hash = self.hashes.pop(opened_by, None) if opened_by is not None else None
        if hash is not None:
            self.kept.pop(hash, None)

    def forget_all(self) -> None:
        self.revocations += 1
        self.kept.clear()
        self.hashes.clear()

    def started(self) -> None:
        """From now on every revocation is received; entries cached before may have missed one."""
        self.forget_all()
        self.listening = True
        self.notify(None)

    def lost(self) -> None:
        self.listening = False
        self.forget_all()

    def notified(self, connection: object, process: int, channel: str, payload: object) -> None:
        try:
            revoked = UUID(str(payload))
        except ValueError:  # malformed: it may be of any session
            self.forget_all()
            self.notify(None)
        else:
            self.forget(revoked)
            self.notify(revoked)

    def notify(self, revoked: UUID | None) -> None:
        for callback in self.when_revoked:
            callback(revoked)


class ChangedSessions:
    """Drops sessions from the cache whose account has another language. They stay open, with all their streams."""

    channel = CHANGED

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def notified(self, connection: object, process: int, channel: str, payload: object) -> None:
        try:
            self.sessions.forget(UUID(str(payload)))
        except ValueError:  # malformed: it may be of any session
            self.sessions.forget_all()

    def started(self) -> None:
        """`Sessions` empties the cache itself."""

    def lost(self) -> None:
        """As `started`."""
