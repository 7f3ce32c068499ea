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
    """One reason why a mutation was refused. It reports all that it finds at once, and nothing was changed."""

    code: UserErrorCode = strawberry.field(description="Code for programs to branch on.")
    message: str = strawberry.field(description="Message for people to read.")
    path: list[str] = strawberry.field(
        description="Path to the value that was refused: `input`, then names of fields and zero-based positions in "
        "lists, such as `input`, `entries`, `0`, `value`. A missing answer to a survey has its question's key in place "
        "of a position: `input`, `answers`, `why`."
    )
