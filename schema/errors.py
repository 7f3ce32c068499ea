"""The only place for how a mutation refuses: codes that clients branch on, and sentences that people read."""

from enum import StrEnum

import strawberry

from planner.declare import graph_type
from schema.access import PUBLIC


@strawberry.enum(description="Why a mutation was refused.")
class UserErrorCode(StrEnum):
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    TAKEN = "TAKEN"
    TOO_LONG = "TOO_LONG"
    TOO_EARLY = "TOO_EARLY"
    TOO_LATE = "TOO_LATE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    LIMIT_REACHED = "LIMIT_REACHED"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    LICENCE_REQUIRED = "LICENCE_REQUIRED"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    CONFLICT = "CONFLICT"


@graph_type(audience=PUBLIC)
class UserError:
    """An expected refusal: nothing was written."""

    code: UserErrorCode = strawberry.field(description="What a client may branch on.")
    message: str = strawberry.field(description="The same as a sentence for people.")
    path: list[str] = strawberry.field(description="The argument that was refused, from the outside in.")
