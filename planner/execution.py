"""Lets graphql-core execute a view's schema: resolvers that read planned fields and run computed ones."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.types.arguments import StrawberryArgument

from models.rows import Expression, Row
from planner.arguments import PlanInputs, Variables, sql_type
from planner.compose import TYPENAME, StatementBuilder
from planner.computing import LARGE, Shaped, computation, python_arguments
from planner.declare import attribute_types, graph_of, without_none
from planner.declared import CALL, Column, Computed, Source, Sql
from planner.marks import bare
from planner.tables import DEFINITION, Tables

if TYPE_CHECKING:
    from planner.operations import Operation, Plan

VALUE = '{"value":'  # how the JSON of one planned field begins
PARSED = 3  # times that a large text which must be parsed is counted in the size of the response, beside its own size


def attach_resolvers(schema: GraphQLSchema, tables: Tables) -> None:
    """Gives every planned field a resolver: it reads a planned row by its key, or runs a statement of its own."""
    for kind in schema.type_map.values():
        if is_object_type(kind):
            kind.is_type_of = None  # a planned row is a dict, whose type is in its TYPENAME key
            for name, field in kind.fields.items():
                source = tables.sources.get((kind.name, name))
                if source is not None:
                    prefix = tables.prefixes.get(kind.name) if name == "id" else None
                    # Of a computed field, what is read is what it is computed from.
                    as_input = isinstance(source, Computed) or is_leaf_type(get_named_type(field.type))
                    field.resolve = _resolver(source, tables.python_names[kind.name, name], as_input, prefix)
                declared = field.extensions.get(DEFINITION)
                if declared is not None and CALL in declared.metadata:
                    scalars = schema.extensions[DEFINITION].schema_converter.scalar_registry
                    field.resolve = _calling(declared.metadata[CALL], declared.arguments, scalars)
                if isinstance(source, Computed):
                    field.resolve = computation(source, field.extensions[DEFINITION].arguments, field.resolve)
        elif is_abstract_type(kind):
            kind.resolve_type = lambda value, *_: value[TYPENAME]


def _resolver(source: Source, python_name: str, as_input: bool, prefix: str | None) -> Any:
    def resolve(parent: Any, info: Any, **arguments: Any) -> Any:
        if isinstance(parent, dict):
            value = parent[info.path.key]
            return value if as_input else _finished(value, info)
        if isinstance(source, Column):
            value = getattr(parent, source.of or python_name)
            return value if prefix is None else f"{prefix}_{value}"
        return _read(parent, info, as_input)

    return resolve


def _calling(call: Any, declared: list[StrawberryArgument], scalars: Any) -> Any:
    def resolve(parent: Any, info: Any, **arguments: Any) -> Any:
        return call(info.context, partial(python_arguments, arguments, declared, scalars))

    return resolve


async def _read(parent: Any, info: Any, as_input: bool) -> Any:
    """The value of a planned field of a Python object or of a root type, read by one statement with all below it."""
    context = info.context
    path = tuple(key for key in info.path.as_list() if isinstance(key, str))
    kind, operation, variables = info.parent_type, context.operation, context.variables
    plan = operation.known_field((kind.name, *path), variables)
    if plan is None:
        make = partial(plan_of, operation, variables, kind, info.field_nodes, path, type(parent))
        in_thread = getattr(context, "in_thread", None)
        plan = make() if in_thread is None else await in_thread(make)
    values = plan.values(variables, context.viewer, parent)
    try:
        text = await context.read(plan.sql, values)
    except Exception as error:
        refused = plan.refusal(error)
        if refused is None:
            raise
        raise refused from None
    if text is None:
        return None
    if plan.marked or plan.recorded:
        admit = getattr(context, "admit", None)
        text = bare(text) if admit is None else await admit(text)
    text = plan.sealed(text)
    if len(text) > LARGE and not as_input and info.context.computing.is_complete(info) and text.startswith(VALUE):
        return Shaped(orjson.Fragment(text[len(VALUE) : -1]))
    count_bytes = getattr(context, "count_bytes", None)
    if len(text) > LARGE and count_bytes is not None:
        count_bytes(PARSED * len(text))
    value = orjson.loads(text)["value"]
    if as_input:
        return value
    if value is None and is_non_null_type(info.return_type):
        expect_viewer = getattr(context, "expect_viewer", None)
        if expect_viewer is not None:
            await expect_viewer()
    return _finished(value, info)


def _finished(value: Any, info: Any) -> Any:
    """A planned value, marked as what the response shows if it is. Completing thousands of rows takes a second."""
    return Shaped(value) if value is not None and info.context.computing.is_complete(info) else value


def plan_of(
    operation: "Operation",
    variables: Variables,
    kind: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
    parent: type,
) -> "Plan":
    """The statement for a planned field at this response path, of a Python object of the type `parent` or of a root."""
    source = operation.planner.tables.sources[kind.name, nodes[0].name.value]

    def field(builder: StatementBuilder) -> Expression:
        takes_row = isinstance(source, Sql) and source.takes_row
        this = Row(BoundAttributes(builder, parent), None, None) if takes_row else None
        return builder.field(kind, this, nodes)

    return operation.plan_field((kind.name, *path), variables, field)


def python_class(kind: GraphQLObjectType) -> type:
    """The class of a type's objects that Python returns."""
    origin: type = kind.extensions[DEFINITION].origin
    declared = graph_of(origin)
    return (declared and declared.python) or origin


class BoundAttributes(Mapping[str, Expression]):
    """The attributes of a Python object, as the columns of a row that resolvers take.

    Reading one, as in `row.title`, adds a parameter to the statement in the making: its value is that of the request's
    `parent` each time the statement runs. So resolvers need not know whether their row is of a table or of Python.
    """

    def __init__(self, builder: StatementBuilder, kind: type) -> None:
        self._builder, self._hints = builder, attribute_types(kind)

    def __getitem__(self, name: str) -> Expression:
        return self._builder.bind(partial(_attribute, name), sql_type(without_none(self._hints[name])))

    def __iter__(self) -> Iterator[str]:
        return iter(self._hints)

    def __len__(self) -> int:
        return len(self._hints)


def _attribute(name: str, inputs: PlanInputs) -> Any:
    return getattr(inputs.parent, name)
