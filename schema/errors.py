"""Refusals of mutations: codes that clients branch on, and messages that people read."""

from typing import TypeAlias

import strawberry

from planner.declare import graph_type
from resolvers.writing import RefusalCode
from schema.access import PUBLIC

UserErrorCode: TypeAlias = RefusalCode
strawberry.enum(UserErrorCode, name="UserErrorCode", description="Why a mutation was refused.")


@graph_type(audience=PUBLIC)
class UserError:
    """An expected refusal: nothing was written."""

    code: UserErrorCode = strawberry.field(description="The code that clients branch on.")
    message: str = strawberry.field(description="The same as a sentence for people. It may change.")
    path: list[str] = strawberry.field(
        description="The path to the input field that was refused, such as `input`, `entries`, `0`, `value`."
    )
