"""Defines what a declaration of the graph consists of: where a field's value comes from, and whom a type is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NewType

from sqlmodel import SQLModel
from strawberry.utils.str_converters import to_camel_case

from models.messages import Message

Descriptions = Mapping[str, str]  # of arguments, by the name of the resolver's parameter without its closing "_"

AUDIENCE = "cohorte.audience"  # key of a field's metadata: who may select it, where its type does not say
CALL = "cohorte.call"  # key of a field's metadata: what resolves it, given the context and a reader of its arguments
COST = "cohorte.cost"  # key of a field's metadata: what a query that a function answers costs, if not `costs.IN_PYTHON`
CHECK = "cohorte.check"  # key of a field's metadata: refuses arguments before a mutation whose payload selects it
SOURCE = "cohorte.source"  # key of a field's metadata: where its value comes from

PAGE_SIZE = 20  # items of a page whose size is not given
PAGE_LIMIT = 100  # the most items that a page may have
COMPUTATION = 5  # the cost of a field that Python computes, in nodes: what it takes beside those of the database

Cursor = NewType("Cursor", str)  # a place in a list; the schema says how the scalar reads


@dataclass(frozen=True)
class Malformed:
    """The value of a scalar that was given as a text of another form: refused where it is used, with its path.

    `message` says what the scalar takes, and does not repeat the text.
    """

    message: Message


@dataclass(frozen=True)
class Parameter:
    """A keyword-only parameter of a resolver: `bound` values change no statement, all others are its shape."""

    name: str
    kind: Any  # the Python type: of the value itself, not Value[...]
    bound: bool
    required: bool
    default: Any = None

    @property
    def argument(self) -> str:
        """Its name in the graph; `from_` is Python's spelling of `from`."""
        return to_camel_case(self.name.rstrip("_"))


@dataclass(frozen=True)
class Column:
    """The row's column, by default of the field's own name."""

    of: str | None = None
    size: int | None = field(default=None, kw_only=True)  # as of `Sql`
    translated: bool = field(default=False, kw_only=True)  # whether the row's `translations` may have it
    characters: int = field(default=0, kw_only=True, compare=False)  # as of `Sql`


@dataclass(frozen=True)
class Sql:
    """A resolver's expression, rows or branches."""

    resolver: Callable[..., Any]
    takes_row: bool
    asks_viewer: bool
    parameters: tuple[Parameter, ...]
    span: tuple[str, str] | None = field(
        default=None, kw_only=True
    )  # two arguments: the second must not be below the first
    known: Descriptions = field(default_factory=dict, kw_only=True)  # lists of ids that must name rows: the prefix
    size: int | None = field(default=None, kw_only=True)  # of a list: nodes that its cost counts
    characters: int = field(default=0, kw_only=True, compare=False)  # of a text: the most, if it may be long

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The parameters that arguments of the field are given to."""
        return self.parameters


@dataclass(frozen=True)
class Paged(Sql):
    """A resolver's ordered rows, as a keyset connection."""

    backward: bool = False


@dataclass(frozen=True)
class SubscriptionSource(Sql):
    """The row of an event, whose kind is the field's name; `topic` says which events of the kind a subscriber hears."""

    topic: Sql | None = None

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        return tuple({each.name: each for each in (*self.parameters, *(self.topic or self).parameters)}.values())


@dataclass(frozen=True)
class Computed(Sql):
    """What Python makes of a resolver's JSON; where no argument of `unless` is given, what `planned` says instead."""

    finish: Callable[..., Any] = field(kw_only=True)
    cost: int = field(kw_only=True)
    given: tuple[Parameter, ...] = ()  # that `finish` takes
    planned: Sql | None = None
    unless: frozenset[str] = frozenset()

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        of_planned = self.planned.parameters if self.planned else ()
        return tuple({each.name: each for each in (*self.parameters, *self.given, *of_planned)}.values())


@dataclass(frozen=True)
class NodeById:
    """The row that an id names, of whichever type its prefix says."""


@dataclass(frozen=True)
class NodesByIds:
    """The rows that ids name, in the order of the ids: null for an id that names none."""


Source = Column | Sql | Paged | NodeById | NodesByIds


@dataclass(frozen=True)
class AboutMember:
    """Whom the rows of a type are about: the member whose id is in `column`, of whom selecting a row counts as reading.

    Selecting nothing but the `free` fields does not, unless a field of `telling` leads there, such as
    `Community.members`, and its resolver is true of the row above: to be in such a list tells something. Rows that are
    reached from a row about a member are of the same member, and count with it, unless the type has free fields.
    Without a column, rows are the viewer's own, or those of a patient whose diary they keep: neither they nor what is
    reached from them counts. If they are `own`, none is a patient's.
    """

    column: str | None = None
    own: bool = field(default=False, kw_only=True)
    free: frozenset[str] = frozenset()
    telling: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recorded:
    """Which kinds of a member's data a type shows, whose reads by staff and by relatives are recorded.

    `member` is the column with the id of the member. Any selection shows the kind `row`, and a field the kind that
    `fields` names beside it; an object that is reached by a field in `reached_by`, such as `Community.members`, shows
    that kind too. A kind in `exists` is read by staff only where its expression is true of the row: where there is
    nothing, or nothing that they may see, nothing was read. Members read as relatives where the array that
    `entrusted` returns has the member's id; without it, relatives may not see these kinds.
    """

    member: str
    entrusted: Callable[..., Any] | None = None
    row: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    reached_by: Mapping[str, str] = field(default_factory=dict)
    exists: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class GraphType:
    """What `graph_type` and `graph_interface` know of a class."""

    audience: Any
    table: type[SQLModel] | None = None
    prefix: str | None = None
    key: tuple[str, ...] = ("id",)
    among: Sql | None = None
    python: type | None = None
    about: AboutMember | None = None
    recorded: Recorded | None = None
