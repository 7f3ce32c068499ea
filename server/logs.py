"""The only place that writes down what was asked: one line an operation, without a word of what anybody wrote."""

import asyncio
import logging
import traceback
from collections.abc import Sequence

import orjson

from models.viewers import Audience

operations = logging.getLogger("cohorte.operations")
faults = logging.getLogger("cohorte.faults")

# Python's logging takes some 30 microseconds a record, a tenth of what a small query costs: so one record carries
# the lines of a moment, each a JSON object of its own.
MOMENT_SECONDS = 0.2
MOMENT_LINES = 500


class OperationLog:
    """One line for each operation, when `cohorte.operations` is on at INFO."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.timer: asyncio.TimerHandle | None = None

    def add(
        self, audience: Audience, kind: str | None, document: str | None, status: int, codes: Sequence[str], ms: float
    ) -> None:
        """The view, the type of the operation, the hash of its document, its outcome and its time.

        Not its name, its text or its variables: people's own words are in all three.
        """
        line = {
            "view": audience.view,
            "type": kind,
            "document": document,
            "status": status,
            "codes": codes,
            "ms": round(ms, 3),
        }
        self.lines.append(orjson.dumps(line))
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(MOMENT_SECONDS, self.write)
        elif len(self.lines) >= MOMENT_LINES:
            self.write()

    def write(self) -> None:
        """Writes down the lines that wait."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        lines, self.lines = self.lines, []
        if lines:
            operations.info("%s", b"\n".join(lines).decode())


def fault(id: str, error: BaseException) -> None:
    """A fault that its caller was told by `id` alone: what kind it is and where, but not its words.

    The text of an exception, PostgreSQL's above all, repeats the values it is about.
    """
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    line = {
        "id": id,
        "error": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None),
        "at": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    faults.error("%s", orjson.dumps(line).decode())
