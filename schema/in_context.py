"""The languages of the graph, and the directive that asks for one."""

from typing import Annotated

import strawberry
from strawberry.directive import DirectiveLocation

from models.languages import Language as Language
from planner.declare import graph_enum
from planner.operations import IN_CONTEXT

graph_enum(Language)


@strawberry.directive(
    locations=[DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION],
    name=IN_CONTEXT,
    description="Answers the operation in a language. Without it, the language is the account's, or the one that the "
    "header Accept-Language prefers, or English.",
)
def in_context(language: Annotated[Language, strawberry.argument(description="The language.")]) -> None:
    """Read by the planner; there is no field to change."""
