"""Finds every number, date, time and cursor that a view takes, and builds documents with boundary values for it."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from planner.cursors import Cursors
from tests.support.documents import Walk, selected, takes_input

PLACEHOLDER = "\x00value"  # in an input, where a value goes
DIGITS = "9" * 400  # more than a double holds
MANY_DIGITS = "9" * 5_000  # more than Python reads as a number
# In the notation of both JSON and GraphQL.
NUMBERS = (
    "0", "1", "-1", "2147483647", "2147483648", "-2147483648", "-2147483649", "9007199254740993", "1e9", "1.0", "1.5",
    "-0.0", "5e-324", "1e12", "1e12000", "-1e999", "1e308", "-1.7976931348623157e308", "2028", "2027", "1900", "1899",
    DIGITS, MANY_DIGITS, '"1"', '"NaN"', '"Infinity"', "true", "null", "[]", "{}",
)  # fmt: skip
DATES = (
    "0001-01-01", "0001-01-02", "0000-01-01", "-0001-01-01", "1899-12-31", "1900-01-01", "2000-02-29", "2026-02-29",
    "2026-02-30", "2999-12-31", "9999-12-30", "9999-12-31", "10000-01-01", "infinity", "-infinity", "today", "epoch",
    "4713-01-01 BC", "", "2026-1-1", "20260101", "2026-W01-1", "2026-01-01T00:00:00Z", "٢٠٢٦-٠١-٠١",
)  # fmt: skip
TIMES = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.999999-23:59", "9999-12-31T23:59:59.999999+23:59", "9999-12-31T00:00:00Z",
    "2026-06-30T23:59:60Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00", "infinity",
    "-infinity", "now", "2026-01-01T00:00:00.0000001Z", "1970-01-01T00:00:00-00:00", "1900-01-01T00:00:00Z", "",
)  # fmt: skip
DECIMALS = (
    "0", "-0", "0.00", "0.01", "0.001", "-0.01", "9999999999.99", "10000000000", "10000000000.00",
    "999999999999.999999", "1000000000000", "1e3", "NaN", "Infinity", "-Infinity", "", ".5", "5.", "٥", "0x10", DIGITS,
)  # fmt: skip
CURSORS = ("", "x", "====", "bnVsbA==", "W10=", "e30=", "/////w==", "a" * 1_001, "W" * 1_000, "\u00e9", "W1tbW1tb")
KEYS: tuple[Any, ...] = (  # in place of each key of a real cursor
    None, True, 0, -1, 2**31 - 1, 2**31, 2**63, 2**64, 1e308, -0.0, float("inf"), float("nan"), "", "0001-01-01",
    "9999-12-31", "infinity", "-infinity", "2026-02-30", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59", "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00",
    "2026-01-01T00:00:00", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "{00000000000000000000000000000000}", "urn:uuid:" + "0" * 32, "\ud800", "\0", "x" * 500, [], {}, [[[]]],
)  # fmt: skip
BOUNDARY_VALUES: Mapping[str, tuple[str, ...]] = {
    "Int": NUMBERS,
    "Float": NUMBERS,
    "Date": (*map(json.dumps, DATES), "20260101", "null"),
    "DateTime": (*map(json.dumps, TIMES), "0", "null"),
    "Decimal": (*map(json.dumps, DECIMALS), "1", "1.5", "null"),
    "Cursor": (*map(json.dumps, CURSORS), "1"),
}
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ReadArgument:
    """An argument of a field: its name and type, and a document that passes the variable `$value` to it."""

    name: str  # "Me.dashboard.from"
    kind: str
    document: str

    def with_literal(self, value: str) -> str:
        """The document with the value as a literal."""
        return "{" + self.document.partition("{")[2].replace("$value", value)


def read_arguments(schema: GraphQLSchema, values: Mapping[str, str]) -> Iterator[ReadArgument]:
    """Every argument of a view's queries that has boundary values."""
    query = schema.query_type
    assert query is not None
    for kind, (before, after) in paths_to_types(schema, query, values).items():
        for name, field in schema.type_map[kind].fields.items():  # type: ignore[attr-defined]
            if takes_input(field):
                continue
            for argument, declared in field.args.items():
                leaf = get_named_type(declared.type)
                if leaf.name not in BOUNDARY_VALUES:
                    continue
                asked = selected(kind, name, field, Walk(schema, values), 2).replace("first: 5", "")
                rest = asked.partition(" { ")[2]
                given = asked.partition(" { ")[0].removeprefix(name).strip("()")
                others = [each for each in given.split(", ") if each and not each.startswith(f"{argument}:")]
                call = f"{name}({', '.join([*others, f'{argument}: $value'])})"
                tail = f" {{ {rest}" if rest else ""
                document = f"query ($value: {declared.type}) {{ {before}{call}{tail}{after} }}"
                yield ReadArgument(f"{kind}.{name}.{argument}", leaf.name, document)


def paths_to_types(
    schema: GraphQLSchema, query: GraphQLObjectType, values: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """A path from the query's root to each object type: the text of a document before and after its selection."""
    found: dict[str, tuple[str, str]] = {query.name: ("", "")}
    ahead = [query]
    while ahead:
        kind = ahead.pop(0)
        before, after = found[kind.name]
        for name, field in kind.fields.items():
            inner = get_named_type(field.type)
            if not is_object_type(inner) or inner.name in found or takes_input(field):
                continue
            assert isinstance(inner, GraphQLObjectType)
            call = selected(kind.name, name, field, Walk(schema, values), 0).partition(" {")[0]
            found[inner.name] = (f"{before}{call} {{ ", f" }}{after}")
            ahead.append(inner)
    return found


def forged_cursors(cursors: Cursors, cursor: str) -> Iterator[str]:
    """Cursors like a real one, with one key replaced, missing or repeated, or of another list.

    The first is not encrypted, as they once were. The others are made with the server's key.
    """
    tag, *keys = cursors.opened(cursor)

    def encoded(parts: list[Any]) -> str:
        return cursors.seal(json.dumps(parts))

    yield base64.b64encode(json.dumps([tag, *keys]).encode()).decode()
    yield encoded([tag])
    yield encoded([tag, *keys[:-1]])
    yield encoded([tag, *keys, keys[-1]])
    yield encoded(["00000000", *keys])
    for position in range(len(keys)):
        for value in KEYS:
            yield encoded([tag, *keys[:position], value, *keys[position + 1 :]])


def leaves(kind: GraphQLInputObjectType, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The path and type of every number, date and time of an input; of a list, of its first item."""
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        inner_path = (*path, name, 0) if is_list_type(nullable(field.type)) else (*path, name)
        if is_input_object_type(inner):
            assert isinstance(inner, GraphQLInputObjectType)
            yield from leaves(inner, inner_path)
        elif inner.name in BOUNDARY_VALUES:
            yield inner_path, inner.name


def nullable(kind: Any) -> Any:
    return kind.of_type if is_non_null_type(kind) else kind


def with_placeholder(given: Any, path: Path) -> Any:
    """A copy of an input with the placeholder at the path. Raises LookupError if the input lacks a part of the path."""
    if not path:
        return PLACEHOLDER
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [with_placeholder(given[step] if rest else None, rest), *given[step + 1 :]]
    return given | {step: with_placeholder(given[step] if rest else None, rest)}


def as_json(given: Any, value: str) -> str:
    """An input in JSON, with the value, which is JSON already, in place of the placeholder."""
    return json.dumps(given).replace(json.dumps(PLACEHOLDER), value)


def as_literal(given: Any, kind: Any, value: str) -> str:
    """An input of this type in GraphQL, with the value in place of the placeholder."""
    kind = nullable(kind)
    if given == PLACEHOLDER:
        return value
    if given is None:
        return "null"
    if is_list_type(kind):
        return "[" + ", ".join(as_literal(each, kind.of_type, value) for each in given) + "]"
    if is_input_object_type(kind):
        parts = (f"{name}: {as_literal(each, kind.fields[name].type, value)}" for name, each in given.items())
        return "{" + ", ".join(parts) + "}"
    return str(given) if is_enum_type(kind) else json.dumps(given)


def values_of(answer: Any, name: str) -> list[Any]:
    """All values of a key in an answer, at any depth."""
    if isinstance(answer, list):
        return [each for item in answer for each in values_of(item, name)]
    if not isinstance(answer, dict):
        return []
    return [each for key, item in answer.items() for each in ([item] if key == name else values_of(item, name))]
