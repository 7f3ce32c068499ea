"""Writes log records to the standard error stream, as text or JSON, without anything that a person entered.

Messages of our own loggers contain no values. Those of other packages may repeat an exception's message, and
PostgreSQL's messages repeat rows: of their records, only the place in the code and the exception's class are written.
"""

import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson

from server.telemetry import logs

OURS = "cohorte"


def configure(level: str, format: str) -> None:
    """Sends all records of at least this level to the standard error stream; `format` is "text" or "json".

    Exceptions that nobody catches are logged too: Python would print their messages.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.raiseExceptions = False  # a record that cannot be written would be printed with its arguments
    logging.captureWarnings(True)
    sys.excepthook = log_uncaught
    threading.excepthook = lambda thread: log_uncaught(thread.exc_type, thread.exc_value, thread.exc_traceback)
    sys.unraisablehook = lambda unraisable: log_uncaught(
        unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback
    )


def log_uncaught(kind: type[BaseException], error: BaseException | None, at: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logs.fault("uncaught", error or kind())


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == logs.operations.name:
            return record.getMessage()  # which is such lines
        return orjson.dumps(fields(record)).decode()


class TextFormatter(logging.Formatter):
    """A line for each record: time, level, logger, then its message or `name=value` for each of its other fields."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == logs.operations.name:
            return "\n".join(line_of(orjson.loads(line)) for line in record.getMessage().split("\n"))
        return line_of(fields(record))


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What is written of a record."""
    written: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    if record.name == logs.faults.name:
        return written | dict(orjson.loads(record.getMessage()))
    if record.name.partition(".")[0] == OURS:
        written["message"] = record.getMessage()
    else:
        written["at"] = [f"{record.filename}:{record.lineno} {record.funcName}"]
    kind, error, at = record.exc_info or (None, None, None)
    if kind is not None:
        written["error"] = kind.__name__
        written["sqlstate"] = getattr(error, "sqlstate", None)
        written["at"] = logs.places(at)
    return written


def line_of(written: dict[str, Any]) -> str:
    head = f"{written.pop('time')} {written.pop('level').upper()} {written.pop('logger')}"
    message = written.pop("message", "")
    more = [f"{name}={value_of(value)}" for name, value in written.items() if value not in (None, [])]
    return " ".join([head, *([message] if message else []), *more])


def value_of(value: Any) -> str:
    return " < ".join(str(part) for part in reversed(value)) if isinstance(value, list) else str(value)
