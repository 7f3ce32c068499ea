"""Draws noise in a process of its own, so that the memory of OpenDP, 48 MB, is not that of a process that serves.

It starts with the first draw and ends after a minute without one, or with the process that has started it, even if that
is killed. It is sent a function of `privacy` and the numbers to call it with. It inherits no descriptor but that of its
pipe and no setting, and writes nothing: what it prints may contain exact counts.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from threading import Lock, Timer
from typing import Any, TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Drawn = TypeVar("Drawn")

ROOT = Path(__file__).parents[2]
IDLE_SECONDS = 60.0  # longer than the scheduler's period, so that its jobs share one
DRAWING_SECONDS = 20  # for a draw: a second for a hundred thousand cells, and half a second to start before it
KEPT = ("LD_LIBRARY_PATH",)  # of the environment, for the interpreter itself
GROUP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DrawingFailed(Exception):
    """A function has raised an error, whose class is the message."""


class ProcessEnded(Exception):
    """The process has ended before it answered: what it has drawn, if anything, is known to nobody."""


@dataclass(frozen=True)
class Child:
    """A process that draws, and the pipe to it."""

    process: "subprocess.Popen[bytes]"
    pipe: Connection

    def end(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.wait()


class NoiseProcess:
    """Starts the process when something is to be drawn, and ends it when it is idle or hangs. For any thread."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS, drawing_seconds: float = DRAWING_SECONDS) -> None:
        self.idle_seconds, self.drawing_seconds = idle_seconds, drawing_seconds
        self.turn = Lock()
        self.child: Child | None = None
        self.idle: Timer | None = None
        self.closed = False

    def call(self, function: Callable[[*Arguments], Drawn], *given: *Arguments) -> Drawn:
        """What the function, of a module in `privacy`, returns there. Blocks.

        Raises DrawingFailed if it raises an error, and ProcessEnded if the process ends or does not answer in time. It
        is not asked again: whoever called decides, once their transaction is undone.
        """
        with self.turn:
            if self.idle is not None:
                self.idle.cancel()
            try:
                drawn: Drawn = self._ask(function, given)
            except (EOFError, OSError):
                self._end()
                raise ProcessEnded from None
            finally:
                if self.child is not None:
                    self.idle = _later(self.idle_seconds, self.end)
            return drawn

    def end(self) -> None:
        """Ends the process, once it has drawn what it is drawing; the next draw starts another."""
        with self.turn:
            self._end()

    def close(self) -> None:
        """Ends the process at once: whoever waits for it gets ProcessEnded, as do all who call from now on."""
        self.closed = True
        if (child := self.child) is not None:
            child.process.kill()
        self.end()

    def _ask(self, function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        if self.child is not None and self.child.process.poll() is not None:  # it was killed
            self._end()
        child = self.child = self.child or _started()
        watch = _later(self.drawing_seconds, child.process.kill)
        try:
            if self.closed:
                raise EOFError
            child.pipe.send((function, given))
            drawn, failed = child.pipe.recv()
        finally:
            watch.cancel()
        if failed is not None:
            raise DrawingFailed(failed)
        return drawn

    def _end(self) -> None:
        if self.idle is not None:
            self.idle.cancel()
        if self.child is not None:
            self.child.end()
        self.child = self.idle = None


def _later(seconds: float, work: Callable[[], None]) -> Timer:
    timer = Timer(seconds, work)
    timer.daemon = True
    timer.start()
    return timer


def _started() -> Child:
    ours, its = Pipe()
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    try:
        with its:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(its.fileno())],
                env=environment,
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    except BaseException:
        ours.close()
        raise
    return Child(process, ours)


def main(descriptor: int) -> None:
    """Calls what it is sent, until the other end of the pipe is closed."""
    for number in GROUP_SIGNALS:  # of a terminal or a service manager, to all processes: the server goes on for a while
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with Connection(descriptor) as pipe, suppress(EOFError, OSError):
        while True:
            function, given = pipe.recv()
            signal.alarm(DRAWING_SECONDS)  # ends this process if the library hangs and nobody is left to kill it
            pipe.send(_result(function, given))
            signal.alarm(0)


def _result(function: Callable[..., Any], given: tuple[Any, ...]) -> tuple[Any, str | None]:
    try:
        return function(*given), None
    except Exception as error:
        return None, type(error).__name__


if __name__ == "__main__":
    main(int(sys.argv[1]))
