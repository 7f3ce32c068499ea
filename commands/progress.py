"""Shows the progress of a long task: a progress bar on a terminal, one line per phase elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

BAR_WIDTH = 30
REDRAW_SECONDS = 0.1


class Progress:
    """A context manager that shows how far a task is, as its `report` is called."""

    def __init__(self, title: str, to: TextIO = sys.stdout) -> None:
        self.title, self.to = title, to
        self.phase, self.drawn_at = "", float("-inf")
        self.width = 0

    def __enter__(self) -> Self:
        self.started_at = time.monotonic()
        if not self.to.isatty():
            self.write(f"{self.title} ...\n")
        return self

    def report(self, phase: str, done: float) -> None:
        """Shows the current phase and the share of the whole task that is done, from 0 to 1."""
        new, self.phase = phase != self.phase, phase
        if not self.to.isatty():
            if new:
                self.write(f"  {done:4.0%} {phase}\n")
        elif new or time.monotonic() - self.drawn_at >= REDRAW_SECONDS:
            self.drawn_at = time.monotonic()
            self.redraw(f"{bar(done)} {done:4.0%} {phase}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.monotonic() - self.started_at
        end = f"{self.title}: {outcome(kind)}, {seconds:.1f} s"
        if self.to.isatty():
            self.redraw(end)
            self.write("\n")
        else:
            self.write(f"{end}\n")

    def redraw(self, line: str) -> None:
        self.write(f"\r{line.ljust(self.width)}")
        self.width = len(line)

    def write(self, text: str) -> None:
        self.to.write(text)
        self.to.flush()


def outcome(kind: type[BaseException] | None) -> str:
    if kind is None:
        return "done"
    return "failed" if issubclass(kind, Exception) else "interrupted"


def say(text: str) -> None:
    """Prints a line at once, whatever reads it."""
    print(text, flush=True)


def bar(done: float) -> str:
    full = round(BAR_WIDTH * min(max(done, 0.0), 1.0))
    return f"[{'#' * full}{'.' * (BAR_WIDTH - full)}]"
