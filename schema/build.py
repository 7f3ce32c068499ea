"""Builds the four views of the graph: for each audience, the schema of what it may select."""

from collections.abc import Collection
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.union import StrawberryUnion

from models.viewers import Audience
from schema.access import UnmarkedError, audience_of, field_audience
from schema.roots import NODES, Mutation, Query, Subscription
from schema.scalars import SCALARS


class View(strawberry.Schema):
    """The part of the graph that one audience may select: the rest does not exist in it, not even by name.

    Raises UnmarkedError where a type or a field that it reaches names no audience, and ValueError where a field is
    offered to an audience that may select nothing of the field's type.
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
                # A root may be missing, but not be empty.
                subscription=subscription if subscription and audience in audience_of(subscription) else None,
                types=[kind for kind in types if audience in audience_of(kind)],
                config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
            )
        except TypeError as error:  # graphql-core's own, around whatever a type's fields raise
            if isinstance(error.__cause__, UnmarkedError):
                raise error.__cause__ from None
            raise

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The fields of a type that the audience may select; of an input, all: only a field's arguments lead to it."""
        if type_definition.is_input:
            return type_definition.fields
        # A Connection[Post] is made from Connection, which bears the mark.
        declared = audience_of((type_definition.concrete_of or type_definition).origin)
        return [field for field in type_definition.fields if self.audience in field_audience(field, declared)]

    @property
    def schema_converter(self) -> GraphQLCoreConverter:
        converter: GraphQLCoreConverter = self.__dict__["schema_converter"]
        return converter

    @schema_converter.setter
    def schema_converter(self, converter: GraphQLCoreConverter) -> None:
        # Strawberry asks get_fields about fields and nobody about a union's members, so this view asks itself.
        whole = converter.from_union
        converter.from_union = lambda union: whole(_within(union, self.audience))  # type: ignore[method-assign]
        self.__dict__["schema_converter"] = converter


def build_views() -> dict[Audience, View]:
    """The four views, each a schema of its own; raises what `View` raises."""
    return {
        audience: View(audience, query=Query, mutation=Mutation, subscription=Subscription, types=NODES)
        for audience in Audience
    }


def _within(union: StrawberryUnion, audience: Audience) -> StrawberryUnion:
    members: list[Any] = [kind.resolve_type() if isinstance(kind, LazyType) else kind for kind in union.types]
    kept = [kind for kind in members if audience in audience_of(kind)]
    if len(kept) == len(members):
        return union
    return StrawberryUnion(union.graphql_name, tuple(map(StrawberryAnnotation, kept)), union.description)
