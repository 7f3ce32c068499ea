"""Logs one line for each operation, and unexpected errors, without anything that a client wrote."""

import asyncio
import logging
import traceback
from collections.abc import Sequence

import orjson

from models.viewers import Audience

operations = logging.getLogger("cohorte.operations")
faults = logging.getLogger("cohorte.faults")

# Python's logging takes about 30 microseconds a record, a tenth of a small query. So one record carries a batch of
# lines, each a JSON object.
BATCH_SECONDS = 0.2
BATCH_LINES = 500


class OperationLog:
    """Writes one line for each operation if the logger `cohorte.operations` is enabled at INFO."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.timer: asyncio.TimerHandle | None = None

    def add(
        self, audience: Audience, kind: str | None, document: str | None, status: int, codes: Sequence[str], ms: float
    ) -> None:
        """Queues a line: view, type of operation, hash of the document, HTTP status, error codes and milliseconds.

        It contains neither the operation's name nor its text or variables: clients can write anything into these.
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
            self.timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self.write)
        elif len(self.lines) >= BATCH_LINES:
            self.write()

    def write(self) -> None:
        """Writes the queued lines."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        lines, self.lines = self.lines, []
        if lines:
            operations.info("%s", b"\n".join(lines).decode())


def fault(id: str, error: BaseException) -> None:
    """Logs an unexpected error, of which the client has only the `id`: its type and location, but not its message.

    Messages of exceptions, PostgreSQL's above all, may repeat values.
    """
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    line = {
        "id": id,
        "error": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None),
        "at": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    faults.error("%s", orjson.dumps(line).decode())
