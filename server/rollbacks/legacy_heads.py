"""Reads the file that earlier versions stored the ledger's head in, under a name made of the database's address."""

import hashlib
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from server.rollbacks.head_places import OwnThread, PlaceFailed, read_file
from server.rollbacks.stored_heads import StoredHead


class LegacyHead:
    """The file of one database. It is read until the head is stored under the ledger's own id, and then removed."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.path = folder / f"ledger-{digest(database_url)}.json"
        self.thread = OwnThread()
        self.retired = False

    async def read(self) -> StoredHead | None:
        """The head; None if there is none. Raises PlaceFailed."""
        try:
            return await self.thread.run(lambda: read_file(self.path))
        except OSError as error:
            raise PlaceFailed(f"{self.path} cannot be read ({error.strerror or type(error).__name__})") from None

    async def retire(self) -> None:
        """Removes the file: read again later, it would be older than the database."""
        if not self.retired:
            with suppress(OSError):
                await self.thread.run(lambda: self.path.unlink(missing_ok=True))
                self.retired = True


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
