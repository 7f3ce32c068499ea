"""Starts processes that end with the one that started them."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from commands.cluster import Unavailable
from commands.nodes.launcher import end_with_parent

STOP_SECONDS = 30.0  # for a process to end after SIGTERM
LINES = 10  # of a log that are shown if something does not start


@contextlib.contextmanager
def process(
    name: str,
    command: Sequence[object],
    logs: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process whose output goes to a file of `logs`. It is told to stop at the end, and killed if it does not."""
    with (logs / f"{name}.log").open("ab") as log:
        started = subprocess.Popen(
            [str(word) for word in command],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # otherwise Ctrl-C would end all of them at once, and not the servers first
            preexec_fn=end_with_parent,
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def program(name: str) -> str | None:
    """The path of a program, which may be in a folder for administrators."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in held]


def wait_for(condition: Callable[[], bool], log: Path, seconds: float, *needed: "subprocess.Popen[bytes]") -> None:
    """Waits until `condition` holds.

    Raises Unavailable with the end of the log after so many seconds, or once a process that it needs has ended.
    """
    end = time.monotonic() + seconds
    while not condition():
        if any(one.poll() is not None for one in needed) or time.monotonic() > end:
            last = log.read_text(errors="replace").splitlines()[-LINES:]
            raise Unavailable("\n".join([f"{log.stem} did not start:", *last]))
        time.sleep(0.2)
