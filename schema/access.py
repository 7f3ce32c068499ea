"""Audiences that types and fields are marked with, and who may select what by these marks."""

from strawberry.types.field import StrawberryField

from models.viewers import Audience
from planner.declare import AUDIENCE, graph_of

PUBLIC = frozenset(Audience)  # everyone
PATIENT = frozenset({Audience.PATIENT})
BUYER = frozenset({Audience.BUYER})
MANAGER = frozenset({Audience.MANAGER})
EACH_FIELD: frozenset[Audience] = frozenset()  # of a type whose fields must each name their own audience

SIGNED_IN = PATIENT | BUYER | MANAGER


class UnmarkedError(TypeError):
    """A type or a field that names no audience: nobody may select it, so the server does not start."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} names no audience: mark it in graph_type(audience=...) or with only=....")
        self.what = what


def audience_of(kind: type) -> frozenset[Audience]:
    """Whom a type is declared for; EACH_FIELD where its fields say so one by one."""
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
