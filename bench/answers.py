"""Compares the answers of all servers before anything is measured."""

import re
from datetime import UTC, datetime
from typing import Any

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)")
ID = re.compile(r"[a-z]{3}_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Different(Exception):
    """Servers return different answers, so that their rates do not compare."""


def normal(value: Any) -> Any:
    """A JSON value with instants in one spelling, and ids without the graph's prefix."""
    match value:
        case dict():
            return {key: normal(each) for key, each in value.items()}
        case list():
            return [normal(each) for each in value]
        case str() if INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
        case str() if found := ID.fullmatch(value):
            return found[1]
    return value


def expect_same(workload: str, answers: dict[str, Any]) -> None:
    """Raises Different with the place of the first difference, unless all servers return the same data."""
    first, *others = answers.items()
    for name, answer in (first, *others):
        if answer.get("errors") or not any((answer.get("data") or {}).values()):
            raise Different(f"{workload}: {name} returns no data, but {str(answer)[:300]}")
    for name, answer in others:
        if place := difference(normal(first[1]["data"]), normal(answer["data"])):
            raise Different(f"{workload}: {first[0]} and {name} return different data at {place}")


def difference(one: Any, other: Any, place: str = "data") -> str | None:
    """The place at which two values differ, with both values; None if they are equal."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(one[key], other[key], f"{place}.{key}") for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(each, theirs, f"{place}[{at}]") for at, (each, theirs) in enumerate(zip(one, other, strict=True))]
    elif isinstance(one, dict | list) or isinstance(other, dict | list):
        return f"{place}: {shown(one)} and {shown(other)}"
    else:
        # 1 and 1.0 are one number in JSON, but true is none.
        same = one == other and isinstance(one, bool) == isinstance(other, bool)
        return None if same else f"{place}: {one!r} and {other!r}"
    return next((found for pair in pairs if (found := difference(*pair))), None)


def shown(value: Any) -> str:
    match value:
        case dict():
            return "an object of " + ", ".join(value)
        case list():
            return f"a list of {len(value)}"
    return repr(value)
