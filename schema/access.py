"""Defines the audiences that types and fields are marked with, and reads those marks."""

from strawberry.types.field import StrawberryField

from models.viewers import Audience
from planner.declare import graph_of
from planner.declared import AUDIENCE
from privacy.described import DeclarationError

PUBLIC = frozenset(Audience)  # everyone
PATIENT = frozenset({Audience.PATIENT})
BUYER = frozenset({Audience.BUYER})
MANAGER = frozenset({Audience.MANAGER})
EACH_FIELD: frozenset[Audience] = frozenset()  # of a type whose fields each name their audience

SIGNED_IN = PATIENT | BUYER | MANAGER


class UnmarkedError(DeclarationError):
    """A type or a field names no audience, so that nobody could select it: the server does not start."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} names no audience: mark it in graph_type(audience=...) or with only=....")
        self.what = what


def audience_of(kind: type) -> frozenset[Audience]:
    """The audience that a type is declared for; EACH_FIELD if its fields declare theirs. Raises UnmarkedError."""
    declared = graph_of(kind)
    if declared is None or declared.audience is None:
        raise UnmarkedError(kind.__name__)
    return frozenset(declared.audience)


def field_audience(field: StrawberryField, declared: frozenset[Audience]) -> frozenset[Audience]:
    audience: frozenset[Audience] = field.metadata.get(AUDIENCE, declared)
    if not audience:
        owner = getattr(field.origin, "__name__", "a type")
        raise UnmarkedError(f"{owner}.{field.python_name}")
    return audience
