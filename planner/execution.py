"""Lets graphql-core execute a view's schema: resolvers that read planned fields and run computed ones."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from graphql import GraphQLSchema, is_abstract_type, is_object_type

from models.rows import Expression, Row
from planner.arguments import PlanInputs, sql_type
from planner.compose import TYPENAME, StatementBuilder
from planner.computing import computation
from planner.declare import Column, Computed, Source, Sql, attribute_types, without_none
from planner.tables import DEFINITION, Tables


def attach_resolvers(schema: GraphQLSchema, tables: Tables) -> None:
    """Gives every planned field a resolver: it reads a planned row by its key, or runs a statement of its own."""
    for kind in schema.type_map.values():
        if is_object_type(kind):
            kind.is_type_of = None  # a planned row is a dict, whose type is in its TYPENAME key
            for name, field in kind.fields.items():
                source = tables.sources.get((kind.name, name))
                if source is not None:
                    field.resolve = _resolver(source, tables.python_names[kind.name, name])
                if isinstance(source, Computed):
                    field.resolve = computation(source, field.extensions[DEFINITION].arguments, field.resolve)
        elif is_abstract_type(kind):
            kind.resolve_type = lambda value, *_: value[TYPENAME]


def _resolver(source: Source, python_name: str) -> Any:
    def resolve(parent: Any, info: Any, **arguments: Any) -> Any:
        if isinstance(parent, dict):
            return parent[info.path.key]
        if isinstance(source, Column):
            return getattr(parent, source.of or python_name)
        return _read(parent if isinstance(source, Sql) and source.takes_row else None, info)

    return resolve


async def _read(parent: Any, info: Any) -> Any:
    """The value of a planned field of a Python object or of a root type, read by one statement with all below it."""
    context = info.context

    def field(builder: StatementBuilder) -> Expression:
        this = None if parent is None else Row(BoundAttributes(builder, type(parent)), None, None)
        return builder.field(info.parent_type, this, info.field_nodes)

    path = (key for key in info.path.as_list() if isinstance(key, str))
    plan = context.operation.plan_field((info.parent_type.name, *path), context.variables, field)
    text = await context.read(plan.sql, plan.values(context.variables, context.viewer, parent))
    return None if text is None else json.loads(text)["value"]


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
