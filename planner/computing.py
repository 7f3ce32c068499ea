"""Runs computed fields in Python: converts their arguments, takes turns, and reduces objects to what is selected."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from inspect import isawaitable
from operator import attrgetter
from typing import Any, cast

import orjson
from graphql import (
    FieldNode,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.incremental.incremental_executor import IncrementalExecutor
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.arguments import StrawberryArgument, convert_arguments

from models.rows import Unanswerable
from planner.arguments import argument, bad_user_input
from planner.awaitables import Awaitables
from planner.declared import Computed
from planner.selection import Selections
from planner.tables import Tables

LARGE = 100_000  # characters of JSON: a response of a megabyte takes some 10 ms to parse and to write again
MANY = 500  # objects that are completed in the thread that reads a large input
INTROSPECTED = ("__Schema", "__Type")
CONFIG = StrawberryConfig(auto_camel_case=True)

Shaper = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A value that already has the selected form. graphql-core would take ten times as long to complete it again."""

    value: Any


class PassthroughExecutor(IncrementalExecutor):
    """graphql-core's executor, except that it returns a Shaped value as it is.

    Where the context has an `await_step`, it awaits what resolvers return through that. Where it has an `in_thread`, it
    completes introspection through that, which takes tens of milliseconds. Where it has a `reader`, which runs the
    reading of a large input in a thread, it completes long lists of its faults through that.
    """

    def complete_value(self, return_type: Any, *between: Any) -> Any:
        info, path, result = between[1:4]
        if type(result) is Shaped:
            return result.value
        if type(result) is list and result and type(result[0]) is not dict:
            computing: Computing = self.context_value.computing
            if get_named_type(return_type).name in computing.tables.plain:
                reader = getattr(self.context_value, "reader", None)
                shape = partial(computing.plain_shaper(info), result)
                return shape() if reader is None or len(result) <= MANY else reader(shape)
        if path.prev is None and getattr(return_type, "name", None) in INTROSPECTED:
            in_thread = getattr(self.context_value, "in_thread", None)
            if in_thread is not None:
                return in_thread(partial(super().complete_value, return_type, *between))
        return super().complete_value(return_type, *between)

    def execute_fields(self, parent_type: Any, source_value: Any, path: Any, fields: Any, *more: Any) -> Any:
        """As graphql-core's, except that of a planned row it completes only what Python computes."""
        if type(source_value) is not dict:
            return super().execute_fields(parent_type, source_value, path, fields, *more)
        found = {key: source_value[key] for key in fields}
        computed = self.context_value.computing.computed(parent_type, fields)
        if not computed:
            return found
        made: Any = super().execute_fields(parent_type, source_value, path, computed, *more)
        return _merged(found, made) if self.is_awaitable(made) else found | made

    def complete_awaitable_value(self, return_type: Any, details: Any, info: Any, path: Any, *more: Any) -> Any:
        (result, *rest), await_step = more, getattr(self.context_value, "await_step", None)
        awaited = result if await_step is None else await_step(result)
        self.is_awaitable(awaited)  # it may be held by what never starts
        return super().complete_awaitable_value(return_type, details, info, path, awaited, *rest)


@dataclass
class Computing:
    """Runs the computations of one operation one after another, each in a thread.

    An operation may have thousands, each of up to a tenth of a second; it can be cancelled between any two.
    """

    selections: Selections
    tables: Tables
    awaitables: Awaitables = field(default_factory=Awaitables)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    shapers: dict[tuple[int, ...], Shaper] = field(default_factory=dict)  # by the nodes' identity
    complete: dict[tuple[int, ...], bool] = field(default_factory=dict)
    parts: dict[int, tuple[Any, Any]] = field(default_factory=dict)  # by the identity of the fields, which they keep

    async def compute(self, source: Computed, value: Any, keywords: Mapping[str, Any], info: Any) -> Any:
        """The field's value: the result of `source.finish` on a value, which may be awaitable.

        It is made by the context's `compute`, if that has one, which lets callers take turns. Where the context has a
        `count_bytes`, the size of what is made is passed to it, and what it raises is raised.
        Raises GraphQLError if `finish` raises Unanswerable.
        """
        found = await value if isawaitable(value) else value
        shape = self.shaper(info)
        count = getattr(info.context, "count_bytes", None)
        run = getattr(info.context, "compute", None) or asyncio.to_thread
        async with self.turn:
            if count is not None:
                count(0)  # it may have become too much meanwhile
            try:
                made, size = await run(partial(_made, source, found, keywords, shape))
            except Unanswerable as unanswerable:
                raise bad_user_input(str(unanswerable), info.field_nodes) from None
            if count is not None:
                count(size)
        return made if shape is None else Shaped(made)

    def computed(self, kind: GraphQLObjectType, fields: Any) -> Any:
        """Those of the fields of a planned row, grouped by response key, that Python computes or that contain such."""
        if id(fields) not in self.parts:
            self.parts[id(fields)] = (
                fields,
                {
                    key: found
                    for key, found in fields.items()
                    if not self._is_planned(kind, [each.node for each in found])
                },
            )
        return self.parts[id(fields)][1]

    def _is_planned(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> bool:
        name = nodes[0].name.value
        if name == "__typename":
            return True
        source = self.tables.sources.get((kind.name, name))
        if isinstance(source, Computed) and (
            source.planned is None or any(argument(nodes[0], n) for n in source.unless)
        ):
            return False
        if source is None:
            return False
        return self._is_complete(kind.fields[name].type, nodes)

    def is_complete(self, info: Any) -> bool:
        """Whether the planned value of a field is what the response shows, because Python computes nothing below it."""
        key = tuple(map(id, info.field_nodes))
        if key not in self.complete:
            self.complete[key] = self._is_complete(info.return_type, info.field_nodes)
        return self.complete[key]

    def _is_complete(self, wanted: Any, nodes: list[FieldNode]) -> bool:
        kind: Any = get_named_type(wanted)
        if is_leaf_type(kind):
            return True
        if is_abstract_type(kind):  # its rows have a key for graphql-core
            return False
        return all(self._is_planned(kind, inner) for inner in self.selections.fields(kind, nodes).values())

    def shaper(self, info: Any) -> Shaper | None:
        """Reduces the field's objects to what is selected; None for a leaf, which graphql-core checks."""
        if is_leaf_type(get_named_type(info.return_type)):
            return None
        return self.plain_shaper(info)

    def plain_shaper(self, info: Any) -> Shaper:
        """As `shaper`, of a field that is no leaf."""
        key = tuple(map(id, info.field_nodes))
        if key not in self.shapers:
            self.shapers[key] = self._shaper(info.return_type, info.field_nodes)
        return self.shapers[key]

    def _shaper(self, wanted: Any, nodes: list[FieldNode]) -> Shaper:
        bare: Any = get_nullable_type(wanted)
        if is_list_type(bare):
            each = self._shaper(bare.of_type, nodes)
            return lambda values: None if values is None else [each(value) for value in values]
        if is_enum_type(bare):
            return _name
        if is_leaf_type(bare):
            return _itself
        kind = cast(GraphQLObjectType, bare)
        parts: list[tuple[str, Shaper]] = []
        for key, inner in self.selections.fields(kind, nodes).items():
            name = inner[0].name.value
            if name == "__typename":
                parts.append((key, lambda _: kind.name))
            else:
                shape = self._shaper(kind.fields[name].type, inner)
                parts.append((key, _attribute(self.tables.python_names[kind.name, name], shape)))
        return lambda value: None if value is None else {key: part(value) for key, part in parts}


async def _merged(found: dict[str, Any], made: Any) -> dict[str, Any]:
    computed: dict[str, Any] = await made
    return found | computed


def computation(source: Computed, declared: list[StrawberryArgument], read: Callable[..., Any]) -> Callable[..., Any]:
    """The resolver of a computed field; `read` returns the computation's input, or the field's planned value."""
    of_resolver = {parameter.name for parameter in source.parameters}

    def resolve(parent: Any, info: Any, **arguments: Any) -> Any:
        value = read(parent, info, **arguments)
        if source.planned is not None and all(arguments.get(name) is None for name in source.unless):
            return value if isawaitable(value) else Shaped(value)
        keywords = {
            name: given
            for name, given in python_arguments(arguments, declared).items()
            if given is not None and name not in of_resolver
        }
        computing: Computing = info.context.computing
        computing.awaitables(value)
        return computing.compute(source, value, keywords, info)

    return resolve


def python_arguments(
    arguments: dict[str, Any], declared: list[StrawberryArgument], scalars: Any = DEFAULT_SCALAR_REGISTRY
) -> dict[str, Any]:
    """A field's arguments by their names in Python, with inputs as objects."""
    made: dict[str, Any] = convert_arguments(arguments, declared, scalars, CONFIG)
    return made


def _made(source: Computed, value: Any, keywords: Mapping[str, Any], shape: Shaper | None) -> tuple[Any, int]:
    """The field's value and its size in the response."""
    made = source.finish(value, **keywords)
    shaped = made if shape is None else shape(made)
    if isinstance(shaped, str):
        return shaped, len(shaped)
    text = orjson.dumps(shaped)
    return (orjson.Fragment(text) if len(text) > LARGE else shaped), len(text)


def _attribute(name: str, shape: Shaper) -> Shaper:
    found = attrgetter(name)
    return found if shape is _itself else lambda value: shape(found(value))


def _name(value: Any) -> Any:
    return value.name if isinstance(value, Enum) else value


def _itself(value: Any) -> Any:
    return value
