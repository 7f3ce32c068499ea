"""Refusals of mutations: codes for programs, and messages for people."""

from typing import TypeAlias

import strawberry

from planner.declare import graph_enum, graph_type
from resolvers.transactions import RefusalCode
from schema.access import PUBLIC

UserErrorCode: TypeAlias = RefusalCode
graph_enum(UserErrorCode, name="UserErrorCode")


@graph_type(audience=PUBLIC)
class UserError:
    """One reason why a mutation was refused. All reasons are reported at once, and nothing is changed."""

    code: UserErrorCode = strawberry.field(description="Code for programs to branch on.")
    message: str = strawberry.field(description="Message for people to read.")
    path: list[str] = strawberry.field(
        description="Path to the value that was refused: `input`, then names of fields and zero-based positions in "
        "lists."
    )
