"""Logs one line for each operation, and unexpected errors, without anything that a client wrote."""

import asyncio
import logging
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType

import orjson

from models.viewers import Audience

operations = logging.getLogger("cohorte.operations")
faults = logging.getLogger("cohorte.faults")

# Python's logging takes about 30 microseconds a record, a tenth of a small query. So one record carries a batch of
# lines, each a JSON object.
BATCH_SECONDS = 0.2
BATCH_LINES = 500
FRAMES = 12  # of a traceback, the innermost


class OperationLog:
    """Writes one line for each operation if the logger `cohorte.operations` is enabled at INFO."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.timer: asyncio.TimerHandle | None = None

    def add(
        self,
        *,
        request: str,
        audience: Audience,
        actor: str | None,
        kind: str | None,
        document: str | None,
        cost: int | None,
        status: int,
        codes: Sequence[str],
        size: int,
        ms: float,
    ) -> None:
        """Queues a line.

        It has the request's id, the view, a digest of the caller, the type of operation, the document's hash, the cost,
        the HTTP status, the codes of errors and refusals, the bytes of the response and milliseconds; it contains
        neither the operation's name nor its text or variables: clients can write anything into these.
        """
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": "info",
            "logger": operations.name,
            "request": request,
            "view": audience.view,
            "actor": actor,
            "type": kind,
            "document": document,
            "cost": cost,
            "status": status,
            "codes": codes,
            "bytes": size,
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


def fault(id: str, error: BaseException, request: str | None = None) -> None:
    """Logs an unexpected error, of which the client has only the `id`: its type and location, but not its message.

    Messages of exceptions, PostgreSQL's above all, may repeat values. `request` is the id of the request.
    """
    line = {
        "id": id,
        "request": request,
        "error": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None),
        "at": places(error.__traceback__),
    }
    faults.error("%s", orjson.dumps(line).decode())


def places(at: TracebackType | None) -> list[str]:
    """Where in the code an error was raised: file, line and function of the innermost frames."""
    frames = traceback.extract_tb(at)[-FRAMES:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
