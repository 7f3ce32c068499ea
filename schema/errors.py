"""The only place for how a mutation refuses: codes that clients branch on, and sentences that people read."""

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

    code: UserErrorCode = strawberry.field(description="What a client may branch on.")
    message: str = strawberry.field(description="The same as a sentence for people.")
    path: list[str] = strawberry.field(description="The argument that was refused, from the outside in.")
