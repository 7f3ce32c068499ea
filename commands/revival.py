"""Starts the embedded PostgreSQL again if it ends while it is used: it was killed, it crashed, or its disk was full."""

import contextlib
import fcntl
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from commands.cluster import (
    LASTING,
    SystemAccount,
    Unavailable,
    answers,
    binaries,
    open_private,
    place,
    reply,
    start,
)

log = logging.getLogger("cohorte.postgresql")

LOOK_SECONDS = 1.0
PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0)  # between attempts to start it: somebody may have to make room on the disk
LEAVING_SECONDS = 10.0  # for an attempt that is being made when this process leaves
LAST_LOG = ".1"  # what is appended to the name of the log of a server that has ended
ENDED = f"PostgreSQL has ended, and is started again: server.log{LAST_LOG} has its last messages"
SILENT = "PostgreSQL runs, but does not answer: look at the disk, the memory and the load of the machine"


@contextlib.contextmanager
def kept_running(folder: Path, dsn: str) -> Iterator[None]:
    """Looks after the server of the cluster in `folder`, within the block; `dsn` is its address, which stays the same.

    A thread does, because starting a server blocks. Processes that share the cluster all look, and one starts it.
    """
    leaving = threading.Event()
    (sockets,) = parse_qs(urlsplit(dsn).query)["host"]
    account = SystemAccount(folder / "pgdata")
    keeper = Keeper(place(folder, account), account, Path(sockets))
    thread = threading.Thread(target=keeper.look_after, args=(leaving,), name="postgresql", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(LEAVING_SECONDS)


@dataclass
class Keeper:
    """Starts a cluster's server whenever it has ended; logs a line when it ends, falls silent or is back."""

    home: Path
    account: SystemAccount
    sockets: Path
    failures: int = 0
    gone: str = ""  # why it does not answer, as it was logged; empty while it does

    def look_after(self, leaving: threading.Event) -> None:
        """Looks until `leaving` is set."""
        while not leaving.wait(self.pause_seconds()):
            try:
                self.look()
            except BlockingIOError:
                continue  # another process starts it
            except Exception:  # of any kind: nothing else would start it. Not the reason: it has PostgreSQL's messages
                if not self.failures:
                    log.error("PostgreSQL cannot be started: see server.log. It is tried again until it can be")
                self.failures += 1

    def pause_seconds(self) -> float:
        return PAUSES_SECONDS[min(self.failures, len(PAUSES_SECONDS)) - 1] if self.failures else LOOK_SECONDS

    def look(self) -> None:
        """Starts the server if it has ended. Raises BlockingIOError if another process does, and any other error."""
        found = reply(self.home / "pgdata")
        if found:
            if self.gone:
                log.warning("PostgreSQL is started again" if self.gone == ENDED else "PostgreSQL answers again")
            self.failures, self.gone = 0, ""
        elif found is not None:  # none can be started beside it
            self.note(SILENT)
        else:
            if self.note(ENDED):
                keep_log(self.home, self.account)
            revive(self.home, self.account, self.sockets)

    def note(self, line: str) -> bool:
        """Logs why the server does not answer, once; whether it is new."""
        if self.gone == line:
            return False
        self.gone = line
        log.warning(line)
        return True


def revive(home: Path, account: SystemAccount, sockets: Path) -> None:
    """Starts the server, unless another process has.

    Raises BlockingIOError if another process starts it now, Unavailable if it does not start.
    """
    with open_private(home / "starting") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not answers(home / "pgdata"):
            start(home, binaries(home, account), account, LASTING, sockets)


def keep_log(home: Path, account: SystemAccount) -> None:
    """Renames the server's log, since the next server begins a new one. As the account, which owns the folder."""
    name = home / "pgdata/server.log"
    with contextlib.suppress(Unavailable):
        account.run("/bin/mv", "-f", name, f"{name}{LAST_LOG}", check=False)
