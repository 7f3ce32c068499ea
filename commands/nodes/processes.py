"""Starts processes that end with the one that started them."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from commands.cluster import Unavailable
from commands.nodes.launcher import end_with_parent

STOP_SECONDS = 30.0  # for a process to end after SIGTERM
LINES = 10  # of a log that are shown if something does not start
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # before what has ended while it started is started again, in seconds


class Program:
    """A program, and its present process. Its output goes to a file of `logs`.

    `is_ready` is whether it does what it is for.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[object],
        logs: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name, self.command, self.is_ready = name, [str(word) for word in command], is_ready
        self.log, self.environment, self.folder = logs / f"{name}.log", environment, folder
        self.process = self.started()

    def started(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # otherwise Ctrl-C would end all of them at once, and not the servers first
                preexec_fn=end_with_parent,
            )

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def revive(self) -> bool:
        """Starts it again if it has ended; whether it had."""
        if ended := self.has_ended:
            self.process = self.started()
        return ended

    def become_ready(self, seconds: float) -> None:
        """Waits until it is ready. If it ends before, it is started again, each time after a longer pause.

        Raises Unavailable once it has ended as often as there are pauses and once more, or is not ready in time.
        """
        for pause in PAUSES:
            try:
                wait_for(self.is_ready, self.log, seconds, self)
                return
            except Unavailable:
                if not self.has_ended:
                    raise
            print(f"{self.name} ended while it started, and is started again in {pause:g} s.", flush=True)
            time.sleep(pause)
            self.revive()
        wait_for(self.is_ready, self.log, seconds, self)

    def stop(self) -> None:
        """Tells it to stop, and kills it if it does not."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)  # whoever froze it may have forgotten it
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def process(
    name: str,
    command: Sequence[object],
    logs: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    is_ready: Callable[[], bool] = lambda: True,
) -> Iterator[Program]:
    """A running program, which is stopped at the end."""
    started = Program(name, command, logs, environment, folder, is_ready)
    try:
        yield started
    finally:
        started.stop()


def program(name: str) -> str | None:
    """The path of a program, which may be in a folder for administrators."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in held]


def wait_for(condition: Callable[[], bool], log: Path, seconds: float, *needed: Program) -> None:
    """Waits until `condition` holds.

    Raises Unavailable with the end of the log after so many seconds, or once a process that it needs has ended.
    """
    end = time.monotonic() + seconds
    while not condition():
        if any(one.has_ended for one in needed) or time.monotonic() > end:
            last = log.read_text(errors="replace").splitlines()[-LINES:]
            raise Unavailable("\n".join([f"{log.stem} did not start:", *last]))
        time.sleep(0.2)
