"""Forks the processes that serve, replaces those that end, and renews them one by one on SIGHUP.

Each worker has a listening socket of its own on the shared port (SO_REUSEPORT), among which the kernel divides new
connections. The parent keeps the sockets open: what waits in one is served by the worker that comes after.
"""

import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from commands import interruption

log = logging.getLogger("cohorte.workers")

STARTING_SECONDS = 120.0  # for a worker to connect to the database and to plan its trusted documents
ENDING_SECONDS = 10.0  # for a worker that was told to stop; it is killed afterwards
LASTING_SECONDS = 10.0  # a worker that lived for less waits before it is replaced
PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0)
WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

Ready = Callable[[], None]
# Serves on a socket until a signal stops it, with the worker's index; calls Ready once it accepts requests. `parent`
# can be read when the parent has ended.
Serve = Callable[[int, socket.socket, Ready, int], None]


class WorkerFailed(Exception):
    """A worker ended before it served, or took too long to start."""


@dataclass
class Worker:
    """A process that serves, or that is starting."""

    index: int
    pid: int
    ready: int  # a pipe on which it writes once it accepts requests, and which it closes when it ends
    began: float


class Workers:
    """The workers of this process, one for each socket. `renewed` returns what new workers run after SIGHUP."""

    def __init__(self, sockets: Sequence[socket.socket], serve: Serve, renewed: Callable[[], Serve | None]) -> None:
        self.sockets = sockets
        self.serve = serve
        self.renewed = renewed
        self.running: dict[int, Worker] = {}  # by index
        self.due: dict[int, float] = {}  # when a worker that ended is replaced, by index
        self.failures = [0] * len(sockets)
        self.caught: set[int] = set()
        self.alive, self.held = os.pipe()  # workers read `alive`, which ends when this process does
        self.wake, self.woken = os.pipe()

    def run(self, ready: Ready) -> None:
        """Starts all workers, calls `ready`, and looks after them until SIGTERM or SIGINT.

        Raises WorkerFailed if one does not start.
        """
        with self.signals():
            interruption.expect_none()
            try:
                for index in range(len(self.sockets)):
                    self.running[index] = self.fork(index)
                for worker in list(self.running.values()):
                    self.expect(worker)
                if not self.stopping:
                    ready()
                while not self.stopping:
                    self.look()
            finally:
                self.end(list(self.running.values()))

    @property
    def stopping(self) -> bool:
        return not self.caught.isdisjoint((signal.SIGTERM, signal.SIGINT))

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Collects signals in `caught`; each makes `wake` readable."""
        os.set_blocking(self.woken, False)

        def catch(number: int, frame: FrameType | None) -> None:
            self.caught.add(number)

        before = {number: signal.signal(number, catch) for number in WATCHED}
        waking = signal.set_wakeup_fd(self.woken, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(waking)
            for number, handler in before.items():
                signal.signal(number, handler)

    def fork(self, index: int) -> Worker:
        reads, writes = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.close(reads)
            self.work(index, writes)
        os.close(writes)
        return Worker(index, pid, reads, time.monotonic())

    def work(self, index: int, ready: int) -> None:
        """What a worker does. Never returns: what the parent has open and running is not the worker's to end."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in WATCHED:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, interruption.interrupt)  # uvicorn raises it again after it has shut down
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal that closes signals the whole group
            for pipe in (self.held, self.wake, self.woken, *(worker.ready for worker in self.running.values())):
                os.close(pipe)
            for other, listener in enumerate(self.sockets):
                if other != index:
                    listener.close()
            self.serve(index, self.sockets[index], lambda: void(os.write(ready, b".")), self.alive)
            code = 0
        except KeyboardInterrupt:
            code = 0
        except BaseException as error:
            log.error("worker %d failed: %s", index, type(error).__name__)  # without its text
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def expect(self, worker: Worker) -> None:
        """Waits until the worker accepts requests, or this process is told to stop. Ends it and raises WorkerFailed."""
        until = time.monotonic() + STARTING_SECONDS
        while not self.stopping:
            readable = self.wait(until - time.monotonic(), worker.ready)
            if worker.ready in readable:
                if os.read(worker.ready, 1):
                    return
                self.end([worker])
                raise WorkerFailed(f"Worker {worker.index} ended before it served.")
            if time.monotonic() > until:
                self.end([worker])
                raise WorkerFailed(f"Worker {worker.index} did not start within {STARTING_SECONDS:.0f} seconds.")

    def wait(self, seconds: float, *others: int) -> list[int]:
        readable, _, _ = select.select([self.wake, *others], [], [], max(0.0, seconds))
        if self.wake in readable:
            os.read(self.wake, 4_096)
        return readable

    def look(self) -> None:
        """Waits for a signal or for what is due, and does what follows from it."""
        now = time.monotonic()
        self.wait(min([ENDING_SECONDS, *(at - now for at in self.due.values())]))
        for worker in list(self.running.values()):
            self.note_end(worker)
        if signal.SIGHUP in self.caught:
            self.caught.discard(signal.SIGHUP)
            self.renew()
        for index in [index for index, at in self.due.items() if at <= time.monotonic()]:
            if not self.stopping:
                self.replace(index)

    def note_end(self, worker: Worker) -> None:
        if (how := ended(worker.pid)) is None:
            return
        os.close(worker.ready)
        del self.running[worker.index]
        lasted = time.monotonic() - worker.began >= LASTING_SECONDS
        self.failures[worker.index] = 0 if lasted else self.failures[worker.index] + 1
        if not self.stopping:
            log.error("worker %d ended (%s) and is replaced", worker.index, how)
        self.postpone(worker.index)

    def postpone(self, index: int) -> None:
        failures = self.failures[index]
        self.due[index] = time.monotonic() + (PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS)) - 1] if failures else 0)

    def replace(self, index: int) -> None:
        del self.due[index]
        worker = self.running[index] = self.fork(index)
        try:
            self.expect(worker)
        except WorkerFailed as failed:
            log.error("%s It is tried again.", failed)
            self.failures[index] += 1
            self.postpone(index)

    def renew(self) -> None:
        """Replaces all workers, one by one: a new one serves before the old one stops accepting connections."""
        serve = self.renewed()
        if serve is None:
            return
        before, self.serve = self.serve, serve
        for index in range(len(self.sockets)):
            if self.stopping:
                return
            worker = self.fork(index)
            try:
                self.expect(worker)
            except WorkerFailed as failed:
                log.error("%s The workers before it go on.", failed)
                self.serve = before
                return
            if old := self.running.pop(index, None):
                self.end([old])
            self.due.pop(index, None)
            self.running[index] = worker
        log.warning("all workers are renewed")

    def end(self, workers: Sequence[Worker]) -> None:
        """Tells workers to stop, waits for them together, and kills those that take too long."""
        left = [worker for worker in workers if ended(worker.pid) is None]
        for worker in left:
            os.kill(worker.pid, signal.SIGTERM)
        until = time.monotonic() + ENDING_SECONDS
        while left and time.monotonic() < until:
            time.sleep(0.02)
            left = [worker for worker in left if ended(worker.pid) is None]
        for worker in left:
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
        for worker in workers:
            os.close(worker.ready)
            if self.running.get(worker.index) is worker:  # not one that it was to replace
                del self.running[worker.index]


def void(_: object) -> None:
    pass


def ended(pid: int) -> str | None:
    """How a child has ended; None while it runs. Asks for this child alone: others are not ours to reap."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return "unknown"
    if found == 0:
        return None
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
