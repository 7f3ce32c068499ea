"""Starts the embedded PostgreSQL again if it ends while it is used: it was killed, it crashed, or its disk was full."""

import contextlib
import fcntl
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from commands.cluster import LASTING, SystemAccount, Unavailable, answers, binaries, open_private, place, start

log = logging.getLogger("cohorte.postgresql")

LOOK_SECONDS = 1.0
PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0)  # between attempts to start it: somebody may have to make room on the disk
LEAVING_SECONDS = 10.0  # for an attempt that is being made when this process leaves
ENDED = ".1"  # what is appended to the name of the log of a server that has ended


@contextlib.contextmanager
def kept_running(folder: Path, dsn: str) -> Iterator[None]:
    """Looks after the server of the cluster in `folder`, within the block; `dsn` is its address, which stays the same.

    A thread does, because starting a server blocks. Processes that share the cluster all look, and one starts it.
    """
    leaving = threading.Event()
    (sockets,) = parse_qs(urlsplit(dsn).query)["host"]
    thread = threading.Thread(target=look_after, args=(folder, Path(sockets), leaving), name="postgresql", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(LEAVING_SECONDS)


def look_after(folder: Path, sockets: Path, leaving: threading.Event) -> None:
    """Starts the server whenever it does not answer, until `leaving` is set; logs one line when it ends and starts."""
    account = SystemAccount(folder / "pgdata")
    home = place(folder, account)
    failures, ended = 0, False
    while not leaving.wait(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS)) - 1] if failures else LOOK_SECONDS):
        if answers(home / "pgdata"):
            if ended:
                log.warning("PostgreSQL is started again")
            failures, ended = 0, False
            continue
        if not ended:
            ended = True
            log.warning("PostgreSQL has ended, and is started again: %s has its last messages", f"server.log{ENDED}")
            keep_log(home, account)
        try:
            revive(home, account, sockets)
        except BlockingIOError:
            continue  # another process starts it
        except Exception:  # of any kind: nothing else would start it. Not the reason, which has PostgreSQL's messages
            if not failures:
                log.error("PostgreSQL cannot be started: see server.log. It is tried again until it can be")
            failures += 1


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
        account.run("/bin/mv", "-f", name, f"{name}{ENDED}", check=False)
