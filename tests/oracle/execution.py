"""Answers an operation without the planner: graphql-core over the printed SDL, with rows from memory."""

import json
import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from graphql import DocumentNode, ExecutionResult, build_schema, execute, is_abstract_type, is_object_type

import tests.oracle.changes
import tests.oracle.insights
import tests.oracle.own  # noqa: F401  they fill in the readers
from models.rows import Expression
from planner.cursors import Cursors, ListTag
from tests.oracle.rows import Found, VisibleRows
from tests.oracle.shared import Listed, TypedRow, id_of, readers

COLUMNS = {  # fields whose names are not their column's in camel case
    "CohortReadiness.consenting": "consenting_count", "CohortReadiness.needed": "needed_count",
    "VisibilityRule.question": "on_key", "Answer.date": "day",
}  # fmt: skip
PAGE_SIZE = 20
PAGE = ("first", "after", "last", "before")


class CursorsOfAnyParent(Cursors):
    """Cursors that every list of a field takes: operations are generated without knowing whose list theirs are of."""

    def tag(self, name: str, parent: Expression | None, language: Expression | None = None) -> ListTag:
        return super().tag(name, None)


CIPHER = CursorsOfAnyParent()  # of planners whose answers are compared with the oracle's


class OracleCursor(str):
    """The oracle's cursor: it equals a cursor of the server that has the same keys."""

    __slots__ = ()


class Oracle:
    """Answers operations as one viewer; `sdl` is the viewer's view of the graph."""

    def __init__(self, sdl: str, seen: VisibleRows) -> None:
        self.schema = build_schema(sdl)
        for kind in self.schema.type_map.values():
            if is_abstract_type(kind):
                kind.resolve_type = lambda value, *_: value.kind
            elif is_object_type(kind) and not kind.name.startswith("__"):
                for name, field in kind.fields.items():
                    field.resolve = partial(self.value, seen, kind.name, name)

    def answer(self, document: DocumentNode, variables: dict[str, Any]) -> dict[str, Any]:
        result = execute(self.schema, document, variable_values=variables)
        assert isinstance(result, ExecutionResult)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    def value(self, seen: VisibleRows, kind: str, name: str, source: Any, info: Any, /, **given: Any) -> Any:
        it = source.row if isinstance(source, TypedRow) else source
        reader = readers.get(f"{kind}.{name}")
        page = {key: given.pop(key) for key in PAGE if key in given}
        if reader is None:
            column = column_of(kind, name)
            return id_of(kind, it) if name == "id" else shown(it[column])
        arguments = arguments_of({key: value for key, value in given.items() if value is not None})
        found = reader(seen, *([] if kind == "Query" else [it]), **arguments)
        if isinstance(found, Listed):
            return paged(found, **page)
        return found[: page.get("first") or PAGE_SIZE] if name == "indicators" and kind == "Query" else found


def column_of(kind: str, name: str) -> str:
    """The column that a field without a reader is read from."""
    return COLUMNS.get(f"{kind}.{name}") or re.sub("([A-Z])", r"_\1", name).lower()


def arguments_of(given: Found) -> dict[str, Any]:
    """A reader's arguments: the field's arguments, without those of pages, under valid Python names."""
    return {f"{key}_" if key == "from" else key: value for key, value in given.items() if key not in PAGE}


def shown(value: Any) -> Any:
    """A column's value as JSON has it."""
    if isinstance(value, datetime):
        fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}{fraction}+00:00"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def paged(
    whole: Listed,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Found:
    items, backward = whole.items, last is not None or before is not None
    cursor, size = (before, last) if backward else (after, first)
    if cursor is not None and items:
        place = tuple(read(type(key), part) for key, part in zip(items[0][0], keys_of(cursor), strict=True))
        later = backward == whole.descending  # whether the requested items have greater keys than the cursor
        items = [item for item in items if (item[0] > place if later else item[0] < place)]
    size = size or PAGE_SIZE
    page = items[-size:] if backward else items[:size]
    more, beyond = len(items) > size, cursor is not None
    edges = [{"cursor": place_of(key), "node": row} for key, row in page]
    return {
        "edges": edges,
        "nodes": [row for _, row in page],
        "page_info": {
            "has_next_page": beyond if backward else more,
            "has_previous_page": more if backward else beyond,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
    }


def place_of(key: tuple[Any, ...]) -> OracleCursor:
    return OracleCursor(CIPHER.seal(json.dumps(["", *map(shown, key)])))


def keys_of(cursor: str) -> list[Any]:
    """The keys in a cursor, without the tag of the list it belongs to."""
    found: list[Any] = CIPHER.opened(cursor)
    return found[1:]


def read(kind: type, part: Any) -> Any:
    if issubclass(kind, UUID):
        return UUID(part)
    return kind.fromisoformat(part) if issubclass(kind, date) else part


def differences(expected: Any, answer: Any, path: str = "") -> list[str]:
    """Differences between a response and the oracle's: keys, order and values; floats are compared approximately."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        if list(expected) != list(answer):
            return [f"{path}: keys {list(answer)}, not {list(expected)}"]
        return [each for key, value in expected.items() for each in differences(value, answer[key], f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(answer, list) and len(expected) == len(answer):
        pairs = enumerate(zip(expected, answer, strict=True))
        return [each for at, (one, other) in pairs for each in differences(one, other, f"{path}[{at}]")]
    if isinstance(expected, OracleCursor) and isinstance(answer, str):
        same = keys_of(expected) == keys_of(answer)
    elif isinstance(expected, float) and type(answer) in (int, float):
        same = math.isclose(expected, answer, rel_tol=1e-9, abs_tol=1e-12)
    else:
        same = type(expected) is type(answer) and expected == answer
    return [] if same else [f"{path}: {answer!r}, not {expected!r}"]
