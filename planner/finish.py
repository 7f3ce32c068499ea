"""The only place where graphql-core and the planner meet: planned and computed fields of what Python finishes."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from graphql import GraphQLSchema, is_abstract_type, is_object_type

from models.rows import Expression, Row
from planner.arguments import Request, sql_type
from planner.compose import TYPENAME, Composer
from planner.computing import computation
from planner.declare import Column, Computed, Source, Sql, attribute_types, without_none
from planner.tables import DEFINITION, Tables


def finish_by(schema: GraphQLSchema, tables: Tables) -> None:
    """Give every planned field of a view its resolver: by key in a planned row, else by a statement of its own."""
    for kind in schema.type_map.values():
        if is_object_type(kind):
            kind.is_type_of = None  # a planned row is a dict, and says its type itself
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
    """A planned field that hangs on a Python object or on a root: one statement for all that is under it."""
    context = info.context

    def field(composer: Composer) -> Expression:
        this = None if parent is None else Row(Attributes(composer, type(parent)), None, None)
        return composer.field(info.parent_type, this, info.field_nodes)

    path = (key for key in info.path.as_list() if isinstance(key, str))
    plan = context.operation.part((info.parent_type.name, *path), context.coerced, field)
    text = await context.read(plan.sql, plan.values(context.coerced, context.viewer, parent))
    return None if text is None else json.loads(text)["value"]


class Attributes(Mapping[str, Expression]):
    """The attributes of a Python object as a row's columns: each is bound when it is named."""

    def __init__(self, composer: Composer, kind: type) -> None:
        self._composer, self._hints = composer, attribute_types(kind)

    def __getitem__(self, name: str) -> Expression:
        return self._composer.bind(partial(_attribute, name), sql_type(without_none(self._hints[name])))

    def __iter__(self) -> Iterator[str]:
        return iter(self._hints)

    def __len__(self) -> int:
        return len(self._hints)


def _attribute(name: str, request: Request) -> Any:
    return getattr(request.parent, name)
