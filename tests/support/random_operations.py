"""Generates random valid operations over a real schema, with values that find real rows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_non_null_type,
    parse,
    validate,
)
from hypothesis import strategies as st

from tests.support.documents import takes_input

Pool = dict[str, list[Any]]  # an argument's name, or `Type.field` for its cursors, to values that find rows
Weights = Mapping[str, int]  # `Type.field` to its weight: how much more often it is chosen than others

DEPTH = 5
FLAGS = ("yes", "no", "perhaps")  # Boolean variables of the directives


@dataclass
class Made:
    """An operation that validates, with the variables to run it with."""

    text: str
    variables: dict[str, Any]

    @property
    def document(self) -> DocumentNode:
        return parsed(self.text)


@lru_cache(maxsize=4)  # each is sent at once in several ways, or with many values of its variables
def parsed(text: str) -> DocumentNode:
    return parse(text)


@lru_cache(maxsize=4)
def mistakes(schema: GraphQLSchema, text: str) -> list[GraphQLError]:
    """What makes a document invalid."""
    return validate(schema, parsed(text))


@dataclass
class Writer:
    """One document in the making."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    schema: GraphQLSchema
    pool: Pool
    definitions: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    names: int = 0
    backward: bool = False  # the direction in which a list is read
    between: str = ""  # a day on or after all values of `from`, and on or before those of `to`
    weights: Weights = field(default_factory=dict)

    def name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(1, 100)) <= percent)

    def selection(self, kind: Any, depth: int) -> str:
        """A selection set of a type: fields, fragments of each sort, directives, merged twins."""
        if is_abstract_type(kind):
            return self.abstract(kind, depth)
        fields = {name: each for name, each in kind.fields.items() if not takes_input(each)}
        names = [name for name, each in fields.items() if depth > 1 or is_leaf_type(get_named_type(each.type))]
        if not names:
            return "{ __typename }"
        names = [name for name in names for _ in range(self.weights.get(f"{kind.name}.{name}", 1))]
        chosen = self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4 if depth < DEPTH else 2))
        parts = [part for name in chosen for part in self.field(kind, name, depth)]
        if self.chance(20):
            parts.append(f"{self.name('t')}: __typename")
        return "{ " + " ".join(self.wrapped(kind, part) for part in parts) + " }"

    def abstract(self, kind: Any, depth: int) -> str:
        parts = ["__typename"] + ([f"{self.name('i')}: id"] if hasattr(kind, "fields") else [])
        possible = sorted(self.schema.get_possible_types(kind), key=lambda each: each.name)
        for concrete in self.draw(st.lists(st.sampled_from(possible), max_size=2, unique_by=lambda each: each.name)):
            parts.append(f"... on {concrete.name} {self.selection(concrete, depth - 1)}")
        return "{ " + " ".join(parts) + " }"

    def field(self, kind: Any, name: str, depth: int) -> list[str]:
        declared = kind.fields[name]
        alias = self.name("x")
        if {"from", "to"} <= declared.args.keys():  # a span that is reversed is refused
            ends = [*self.pool_of(kind, name, "from"), *self.pool_of(kind, name, "to")]
            self.between = self.draw(st.sampled_from(sorted(ends))) if ends else ""
        given: dict[str, str] = {}
        for key, argument in declared.args.items():
            # A list that is searched has another order than the list whose cursors are known.
            is_known = key not in ("after", "before") or "search" not in given
            if is_known and key not in self.other_direction(declared.args):
                text = self.argument(kind, name, key, argument)
                if text is not None:
                    given[key] = text
        head = f"{alias}: {name}" + (f"({', '.join(given.values())})" if given else "")
        inner = get_named_type(declared.type)
        if is_leaf_type(inner):
            return [head]
        twice = self.chance(10)  # merged by its response key
        return [f"{head} {self.selection(inner, depth - 1)}" for _ in range(1 + twice)]

    def other_direction(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        if "last" not in arguments:
            return ()
        return ("first", "after") if self.backward else ("last", "before")

    def wrapped(self, kind: Any, part: str) -> str:
        how = self.draw(st.sampled_from(["plain"] * 6 + ["inline", "typed", "named", "skip", "include"]))
        if how == "inline":
            return f"... {self.directive()} {{ {part} }}"
        if how == "typed":
            return f"... on {kind.name} {{ {part} }}"
        if how == "named":
            name = self.name("F")
            self.fragments.append(f"fragment {name} on {kind.name} {{ {part} }}")
            return f"...{name} ...{name}" if self.chance(20) else f"...{name} {self.directive()}"
        if how in ("skip", "include"):
            return f"... {self.directive(how)} {{ {part} }}"
        return part

    def directive(self, name: str | None = None) -> str:
        name = name or self.draw(st.sampled_from(["skip", "include"]))
        value = self.draw(st.sampled_from(["true", "false", *(f"${flag}" for flag in FLAGS)]))
        if value.startswith("$"):
            self.definitions[value] = "Boolean! = true" if value == "$perhaps" else "Boolean!"
            if value != "$perhaps":
                self.variables[value[1:]] = value == "$yes"
        return f"@{name}(if: {value})"

    def argument(self, kind: Any, field_name: str, name: str, argument: GraphQLArgument) -> str | None:
        required = is_non_null_type(argument.type)
        if not required and self.chance(50):
            return None
        values = self.values(kind, field_name, name, get_named_type(argument.type))
        if not values:
            return None
        value = self.draw(st.sampled_from(values))
        nullable = get_nullable_type(argument.type)
        if self.chance(40):
            variable = self.name("v")
            has_default = self.chance(30)
            self.definitions[f"${variable}"] = str(nullable if has_default else argument.type) + (
                f" = {self.literal(nullable, value)}" if has_default else ""
            )
            if not (has_default or not required) or self.chance(70):
                self.variables[variable] = self.draw(st.sampled_from(values))
            elif not required and self.chance(30):
                self.variables[variable] = None
            return f"{name}: ${variable}"
        return f"{name}: {self.literal(nullable, value)}"

    def values(self, kind: Any, field_name: str, name: str, leaf: Any) -> list[Any]:
        if is_enum_type(leaf):
            assert isinstance(leaf, GraphQLEnumType)
            return list(leaf.values)
        if name in ("first", "last"):
            return [1, 2, 3, 7, 100]
        if name in ("after", "before"):
            return self.pool.get(f"{kind.name}.{field_name}", [])
        values = self.pool_of(kind, field_name, name)
        if self.between and name in ("from", "to"):
            return [day for day in values if (day <= self.between if name == "from" else day >= self.between)]
        return values

    def pool_of(self, kind: Any, field_name: str, name: str) -> list[Any]:
        return self.pool.get(f"{kind.name}.{field_name}.{name}") or self.pool.get(name, [])

    @staticmethod
    def literal(kind: Any, value: Any) -> str:
        return str(value) if is_enum_type(get_named_type(kind)) else json.dumps(value)


@st.composite
def operations(
    draw: Callable[[st.SearchStrategy[Any]], Any], schema: GraphQLSchema, pool: Pool, weights: Weights | None = None
) -> Made:
    """A query of one view: up to three root fields deep in the graph."""
    writer = Writer(draw, schema, pool, backward=draw(st.booleans()), weights=weights or {})
    body = writer.selection(schema.query_type, DEPTH)
    head = (
        f"({', '.join(f'{name}: {kind}' for name, kind in writer.definitions.items())})" if writer.definitions else ""
    )
    return Made(f"query {head} {body} {' '.join(writer.fragments)}", writer.variables)
