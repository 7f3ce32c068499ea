"""The only place where the register's head is kept outside of its database, so that one that forgot is not served."""

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from models.viewing import Connection
from resolvers import ledger
from resolvers.ledger import EMPTY, Head

log = logging.getLogger("cohorte.ledger")


class Forgotten(Exception):
    """The database's register is not the one that was last published from; the text says what to do."""


class KeptHead:
    """The head of one database's register in a file of a folder, which only ever goes forward."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.path = folder / f"ledger-{digest(database_url)}.json"
        self.known = EMPTY

    def read(self) -> Head:
        """What was kept last; raises Forgotten where that cannot be told."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return EMPTY
        try:
            kept = json.loads(text)
            return Head(int(kept["position"]), bytes.fromhex(kept["hash"]))
        except (ValueError, KeyError, TypeError):
            raise Forgotten(f"{self.path} cannot be read. Restore it from a copy.") from None

    def keep(self, head: Head) -> None:
        """Writes the head down, unless a later one is; what goes wrong is logged, since what was said has been said."""
        if head.position <= self.known.position:
            return
        try:
            with self._held():
                if self.read().position < head.position:
                    self._write(head)
            self.known = head
        except (OSError, Forgotten) as error:
            log.error("the head of the ledger could not be stored: %s", type(error).__name__)

    async def refuse_forgetful(self, connection: Connection) -> Head:
        """The register's present head, which is kept; raises Forgotten where the register lacks the one kept before."""
        kept = self.read()
        if not await ledger.holds(connection, kept):
            raise Forgotten(
                f"The database's ledger lacks entry {kept.position:,}, which was published: the budget it used would "
                f"be spent twice. Restore a later backup of the database. If it was recreated on purpose, remove "
                f"{self.path}."
            )
        head = await ledger.head(connection)
        self.keep(head)
        return head

    def _write(self, head: Head) -> None:
        part = self.path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump({"position": head.position, "hash": head.hash.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)

    @contextmanager
    def _held(self) -> Iterator[None]:
        # Two processes that share the folder must not each replace what the other has just written.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def digest(database_url: str) -> str:
    """Sixteen hexadecimal digits for the database at an address, whoever logs in to it."""
    url = urlsplit(database_url)
    asked = parse_qs(url.query)
    # The socket of a PostgreSQL of our own may lie in another folder each time: it goes by the data folder alone.
    host = url.hostname or next((host for host in asked.get("host", []) if not host.startswith("/")), "")
    port = str(url.port or asked.get("port", ["5432"])[0])
    return hashlib.sha256(f"{host} {port} {url.path.strip('/')}".encode()).hexdigest()[:16]
