"""The only place that knows who is asking: tokens and keys to viewers, kept in the process and dropped when revoked."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from cachetools import LRUCache

from models.viewers import Viewer
from models.viewing import REVOKED, viewer_of
from server.connections import Connections
from server.errors import unauthenticated

KEPT = 10_000
# A lost notification, whatever the cause, is believed no longer than this.
KEPT_SECONDS = 60.0
# A session's token is 32 bytes in URL-safe base64; an organization's key is the same behind its prefix.
BEARER = re.compile(rb"[Bb]earer +([A-Za-z0-9_-]{43}|ck_[0-9a-f]{8}_[A-Za-z0-9_-]{43})")


class Sessions:
    """The viewers of open sessions and of keys. While nobody listens for revocations, each is looked up each time."""

    channel = REVOKED

    def __init__(self, connections: Connections, *, demonstration: bool) -> None:
        self.connections = connections
        self.demonstration = demonstration  # whether the demonstration network's accounts are let in
        # By SHA-256, so that no token lies in memory; with the monotonic time until which the viewer is believed.
        self.kept: LRUCache[bytes, tuple[Viewer, float]] = LRUCache(KEPT)
        self.hashes: dict[UUID, bytes] = {}
        self.listening = False
        self.revocations = 0
        # Each is told the id of a session or key that was revoked, or None where any may have been, unheard.
        self.when_revoked: list[Callable[[UUID | None], None]] = []

    def hash_of(self, authorization: bytes) -> bytes:
        """The SHA-256 of the token or key in an Authorization header, whether or not it opens anything."""
        return sha256(authorization.rpartition(b" ")[2]).digest()

    def known(self, authorization: bytes) -> Viewer | None:
        """The viewer of a token or key that has lately been looked up."""
        try:
            viewer, until = self.kept[self.hash_of(authorization)]
        except KeyError:
            return None
        return viewer if until >= time.monotonic() and BEARER.fullmatch(authorization) else None

    async def viewer(self, authorization: bytes) -> Viewer:
        """The viewer that an Authorization header stands for; raises Refusal: the same for any that is not open."""
        known = self.known(authorization)
        if known is not None:
            return known
        token = BEARER.fullmatch(authorization)
        if token is None:
            raise unauthenticated()
        return await self.look_up(sha256(token[1]).digest())

    async def look_up(self, hash: bytes) -> Viewer:
        """The viewer of the token or key with this SHA-256, as the database has it; raises Refusal."""
        revocations = self.revocations
        found = await self.connections.ask(lambda connection: viewer_of(connection, hash))
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
        # Evicted here and not by the cache, which would leave the entry of `hashes` behind.
        while len(self.kept) >= KEPT and hash not in self.kept:
            _, (oldest, _) = self.kept.popitem()
            if oldest.opened_by is not None:
                self.hashes.pop(oldest.opened_by, None)
        self.kept[hash] = (viewer, until)
        if viewer.opened_by is not None:
            self.hashes[viewer.opened_by] = hash

    def forget(self, opened_by: UUID | None) -> None:
        """Looks a session or key up anew when it next asks."""
        self.revocations += 1
        hash = self.hashes.pop(opened_by, None) if opened_by is not None else None
        if hash is not None:
            self.kept.pop(hash, None)

    def forget_all(self) -> None:
        self.revocations += 1
        self.kept.clear()
        self.hashes.clear()

    def began(self) -> None:
        """From now on every revocation is heard of; what was kept may be older."""
        self.forget_all()
        self.listening = True
        self.tell(None)

    def lost(self) -> None:
        self.listening = False
        self.forget_all()

    def heard(self, connection: object, process: int, channel: str, payload: object) -> None:
        try:
            revoked = UUID(str(payload))
        except ValueError:  # what cannot be read is not guessed at
            self.forget_all()
            self.tell(None)
        else:
            self.forget(revoked)
            self.tell(revoked)

    def tell(self, revoked: UUID | None) -> None:
        for told in self.when_revoked:
            told(revoked)
