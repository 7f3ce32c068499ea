"""Builds the four views of the graph: for each audience, a schema of what it may select."""

from collections.abc import Collection
from typing import Any

import strawberry
from graphql import is_input_object_type
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.union import StrawberryUnion

from models.viewers import Audience
from planner.declare import graph_of, source_of
from planner.declared import Column
from resolvers.exporting import GraphNames
from schema.access import UnmarkedError, audience_of, field_audience
from schema.in_context import in_context
from schema.roots import NODES, Mutation, Query, Subscription
from schema.scalars import SCALARS


class View(strawberry.Schema):
    """The part of the graph that one audience may select; nothing else exists in it, not even by name.

    Raises UnmarkedError if a type or field that it contains names no audience, and ValueError if the audience may
    select a field, but nothing of the field's type.
    """

    def __init__(
        self,
        audience: Audience,
        *,
        query: type,
        mutation: type | None = None,
        subscription: type | None = None,
        types: Collection[type] = (),
    ) -> None:
        self.audience = audience
        try:
            super().__init__(
                query=query,
                mutation=mutation,
                # GraphQL allows a missing root, but not an empty one.
                subscription=subscription if subscription and audience in audience_of(subscription) else None,
                types=[kind for kind in types if audience in audience_of(kind)],
                directives=[in_context],
                config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
            )
        except TypeError as error:  # graphql-core wraps what building a type's fields raises
            if isinstance(error.__cause__, UnmarkedError):
                raise error.__cause__ from None
            raise

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The fields of a type that the audience may select; all of an input, which only arguments refer to."""
        if type_definition.is_input:
            return type_definition.fields
        # RelayConnection[Post] is made from RelayConnection, which has the mark.
        declared = audience_of((type_definition.concrete_of or type_definition).origin)
        return [field for field in type_definition.fields if self.audience in field_audience(field, declared)]

    def _extend_introspection(self) -> None:
        super()._extend_introspection()
        # Strawberry answers false for what is no input, the specification null.
        is_one_of = self._schema.type_map["__Type"].fields["isOneOf"]  # type: ignore[attr-defined]
        of_input = is_one_of.resolve
        is_one_of.resolve = lambda kind, info: of_input(kind, info) if is_input_object_type(kind) else None

    @property
    def schema_converter(self) -> GraphQLCoreConverter:
        converter: GraphQLCoreConverter = self.__dict__["schema_converter"]
        return converter

    @schema_converter.setter
    def schema_converter(self, converter: GraphQLCoreConverter) -> None:
        # Strawberry filters fields by get_fields, and has no such method for a union's members.
        whole = converter.from_union
        converter.from_union = lambda union: whole(_within(union, self.audience))  # type: ignore[method-assign]
        self.__dict__["schema_converter"] = converter


def build_views() -> dict[Audience, View]:
    """The view of each audience. Raises UnmarkedError and ValueError as `View` does."""
    return {
        audience: View(audience, query=Query, mutation=Mutation, subscription=Subscription, types=NODES)
        for audience in Audience
    }


def graph_names(views: Collection[View]) -> GraphNames:
    """What the graph calls rows and columns: the prefixes of ids, and descriptions, by their names in the database."""
    prefixes: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    for view in views:
        for kind in view._schema.type_map.values():
            definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if not isinstance(definition, StrawberryObjectDefinition):
                continue
            declared = graph_of(definition.origin)
            if declared is None or declared.table is None:
                continue
            table = declared.table.__table__.fullname  # type: ignore[attr-defined]
            if declared.prefix is not None:
                prefixes[table] = declared.prefix
            for field in definition.fields:
                source = source_of(field)
                if isinstance(source, Column) and field.description:
                    descriptions.setdefault(f"{table}.{source.of or field.python_name}", field.description)
    return GraphNames(prefixes, descriptions)


def _within(union: StrawberryUnion, audience: Audience) -> StrawberryUnion:
    members: list[Any] = [kind.resolve_type() if isinstance(kind, LazyType) else kind for kind in union.types]
    kept = [kind for kind in members if audience in audience_of(kind)]
    if len(kept) == len(members):
        return union
    return StrawberryUnion(union.graphql_name, tuple(map(StrawberryAnnotation, kept)), union.description)
