"""Keeps the ledger's head in a file outside the database, to detect a database that was rolled back."""

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from models.database import Connection
from resolvers.insight import ledger
from resolvers.insight.ledger import EMPTY, Head

log = logging.getLogger("cohorte.ledger")


class LedgerRolledBack(Exception):
    """The database's ledger lacks entries that were published; the message says what to do."""


class LedgerHeadFile:
    """Persists the head (position, hash) of one database's ledger in a folder; never moves backwards."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.path = folder / f"ledger-{digest(database_url)}.json"
        self.known = EMPTY

    def read(self) -> Head:
        """The stored head, or EMPTY if there is no file. Raises LedgerRolledBack if the file is unreadable."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return EMPTY
        try:
            stored = json.loads(text)
            return Head(int(stored["position"]), bytes.fromhex(stored["hash"]))
        except (ValueError, KeyError, TypeError):
            raise LedgerRolledBack(
                f"{self.path} cannot be read, so nothing detects whether the database was rolled back. Do not restore "
                "it from a backup, which may lack later entries. If the database was never restored, remove the file. "
                "Otherwise see docs/operating.md on backup and restore."
            ) from None

    def store(self, head: Head) -> None:
        """Stores the head unless a later one is stored. Errors are logged only: the entries are already published."""
        if head.position <= self.known.position:
            return
        try:
            with self._locked():
                if self.read().position < head.position:
                    self._write(head)
            self.known = head
        except (OSError, LedgerRolledBack) as error:
            log.error("the head of the ledger could not be stored: %s", type(error).__name__)

    async def check_not_rolled_back(self, connection: Connection) -> Head:
        """Stores and returns the ledger's current head. Raises LedgerRolledBack if the ledger lacks the stored one."""
        stored = self.read()
        if not await ledger.contains(connection, stored):
            raise LedgerRolledBack(
                f"The database's ledger lacks entry {stored.position:,}, which was published. Privacy budget that is "
                f"already spent could be spent again. Restore a more recent backup of the database. If the database "
                f"was recreated on purpose, remove {self.path}."
            )
        head = await ledger.head(connection)
        self.store(head)
        return head

    def _write(self, head: Head) -> None:
        part = self.path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump({"position": head.position, "hash": head.hash.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Processes that share the folder must not overwrite a later head that another has just written.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def digest(database_url: str) -> str:
    """Sixteen hexadecimal digits that identify the database of a URL, independent of the login."""
    url = urlsplit(database_url)
    parameters = parse_qs(url.query)
    places = [urlsplit(f"//{place}") for place in url.netloc.rpartition("@")[2].split(",")]
    if len(places) > 1:  # in whatever order: each of them may be the primary
        host, port = " ".join(sorted(f"{place.hostname}:{place.port or 5432}" for place in places)), ""
    else:
        # Not the folder of a Unix socket: the embedded PostgreSQL may use another one after each start.
        host = url.hostname or next((host for host in parameters.get("host", []) if not host.startswith("/")), "")
        port = str(url.port or parameters.get("port", ["5432"])[0])
    return hashlib.sha256(f"{host} {port} {url.path.strip('/')}".encode()).hexdigest()[:16]
