"""Declares the graph's types and fields: where a value comes from, who may select it, and what it means."""

import inspect
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import strawberry
from sqlmodel import SQLModel
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from models.rows import Value, ViewerIds
from planner.declared import (
    AUDIENCE,
    COMPUTATION,
    PAGE_LIMIT,
    PAGE_SIZE,
    SOURCE,
    AboutMember,
    Column,
    Computed,
    Cursor,
    Descriptions,
    GraphType,
    NodeById,
    NodesByIds,
    Paged,
    Parameter,
    Recorded,
    Source,
    Sql,
    SubscriptionSource,
)
from privacy.described import DeclarationError, DescribedEnum

C = TypeVar("C", bound=type)
NONE: Descriptions = {}

# Arguments that mean the same on every field; a field may describe its own otherwise.
COMMON: Descriptions = {
    "id": "The object's id, as an `id` field returned it.",
    "ids": f"Ids of objects, as `id` fields returned them: at most {PAGE_LIMIT}.",
    "first": f"Number of items to return from the start, 1 to {PAGE_LIMIT}. Defaults to {PAGE_SIZE}.",
    "after": "Return the items after this cursor.",
    "last": f"Number of items to return from the end, 1 to {PAGE_LIMIT}. Not to be combined with `first` or `after`.",
    "before": "Return the items before this cursor.",
}


def column(
    about: str,
    *,
    of: str | None = None,
    size: int | None = None,
    translated: bool = False,
    characters: int = 0,
    only: Any = None,
    init: Literal[False] = False,
) -> Any:
    """A column of the row, of the field's own name or of the name `of`; `size` and `characters` are as for `sql`.

    If `translated`, the row has `translations`, and the text is the one in the viewer's language, if there is one.
    """
    return _field(Column(of, size=size, translated=translated, characters=characters), about, only, [])


def sql(
    resolver: Callable[..., Any],
    about: str,
    *,
    arguments: Descriptions = NONE,
    span: tuple[str, str] | None = None,
    known: Descriptions = NONE,
    size: int | None = None,
    characters: int = 0,
    only: Any = None,
    init: Literal[False] = False,
) -> Any:
    """A resolver's result: an expression, rows, the row it was given, or branches.

    `span` names two bound arguments, the ends of a range: if both are given, the second must not be below the first.
    `known` gives the prefix of the ids in a bound list: one that names no row is refused where the resolver uses it.
    `size` is how many nodes the cost of an operation counts for a list, if `planner.costs.LIST_SIZE` is far from it.
    `characters` is the most that a long text may have: the cost counts them too.
    """
    source = Sql(resolver, *_signature(resolver), span=span, known=known, size=size, characters=characters)
    return _field(source, about, only, _arguments(source, arguments))


def paged(
    resolver: Callable[..., Any],
    about: str,
    *,
    arguments: Descriptions = NONE,
    backward: bool = False,
    only: Any = None,
    init: Literal[False] = False,
) -> Any:
    """A keyset connection over a resolver's ordered rows; `backward` adds `last` and `before`."""
    source = Paged(resolver, *_signature(resolver), backward=backward)
    page = [("first", int), ("after", Cursor)] + ([("last", int), ("before", Cursor)] if backward else [])
    of_page = [_argument(name, kind | None, COMMON[name]) for name, kind in page]
    return _field(source, about, only, _arguments(source, arguments) + of_page)


def subscription(
    resolver: Callable[..., Any],
    about: str,
    *,
    topic: Callable[..., Any] | None = None,
    arguments: Descriptions = NONE,
    only: Any = None,
    init: Literal[False] = False,
) -> Any:
    """A field of the subscription root: a resolver's row of an event, whose `subject` and `about` are columns.

    `topic` is a resolver of the one value that an event must be `about`. It runs when somebody subscribes, and returns
    null where they may not subscribe. None, from it or in its place, subscribes to every event of the kind.
    """
    source = SubscriptionSource(
        resolver, *_signature(resolver), topic=None if topic is None else Sql(topic, *_signature(topic))
    )
    return _field(source, about, only, _arguments(source, arguments))


def computed(
    resolver: Callable[..., Any],
    finish: Callable[..., Any],
    about: str,
    *,
    planned: Callable[..., Any] | None = None,
    unless: tuple[str, ...] = (),
    arguments: Descriptions = NONE,
    size: int | None = None,
    cost: int = COMPUTATION,
    only: Any = None,
    init: Literal[False] = False,
) -> Any:
    """The result of `finish(value, **arguments)` on a resolver's expression as JSON: a leaf, or `Finished` objects.

    Arguments are `finish`'s keyword-only parameters, as plain Python values; one that is null is not passed. The
    resolver may have parameters of its own, which must be bound, and which `finish` is not passed. Where
    `planned` is given and no argument named in `unless` is, the field is planned as `sql(planned)`. Otherwise
    graphql-core finishes the operation. `finish` raises `models.rows.Unanswerable` to refuse. `size` is as for `sql`;
    `cost` is that of the computation, in nodes.
    """
    takes_row, asks_viewer, parameters = _signature(resolver)
    if not all(parameter.bound for parameter in parameters):
        raise DeclarationError(
            f"{resolver.__name__} is computed from, and so its arguments must not change the statement"
        )
    source = Computed(
        resolver,
        takes_row,
        asks_viewer,
        parameters,
        finish=finish,
        given=_signature(finish)[2],
        planned=None if planned is None else Sql(planned, *_signature(planned)),
        unless=frozenset(unless),
        size=size,
        cost=cost,
    )
    return _field(source, about, only, _arguments(source, arguments))


def node_by_id(about: str, *, init: Literal[False] = False) -> Any:
    """`node(id: ID!)`: null for an object that does not exist, or that the viewer may not see."""
    return _field(NodeById(), about, None, [_argument("id", strawberry.ID, COMMON["id"])])


def nodes_by_ids(about: str, *, init: Literal[False] = False) -> Any:
    """`nodes(ids: [ID!]!)`: for each id what `node` returns."""
    return _field(NodesByIds(), about, None, [_argument("ids", list[strawberry.ID], COMMON["ids"])])


@dataclass_transform(
    kw_only_default=True,
    field_specifiers=(column, sql, paged, subscription, computed, node_by_id, nodes_by_ids, strawberry.field),
)
def graph_type(
    *,
    audience: Any,
    row: type[SQLModel] | None = None,
    prefix: str | None = None,
    key: tuple[str, ...] = ("id",),
    among: Callable[..., Any] | None = None,
    name: str | None = None,
    description: str | None = None,
    python: type | None = None,
    about: AboutMember | None = None,
    recorded: Recorded | None = None,
) -> Callable[[C], C]:
    """An object type: who may select it, and, where it is a table's row, which table and which prefix its ids have.

    `key` names the columns that an id is made of. `among` is a resolver of the rows that `node` finds, without
    arguments, where that is not every row of the table that policies admit. `python` is the class of those of its
    objects that Python returns, where that is not the decorated class itself. `about` says which member a row is
    about, for types with members' rows that other members may read; `recorded` says which kinds of a member's data
    it shows, for the trail of reads. Its description is the class's docstring,
    or `description` where a constant is part of it. Raises DeclarationError where an argument of one of its
    fields is not described.
    """
    found = None if among is None else Sql(among, *_signature(among))

    def declare(cls: C) -> C:
        made = strawberry.type(cls, name=name, description=description or inspect.getdoc(cls))
        made.__graph__ = GraphType(audience, row, prefix, key, found, python, about, recorded)  # type: ignore[attr-defined]
        _check_arguments(made)
        return made

    return declare


@dataclass_transform(kw_only_default=True, field_specifiers=(column, sql, paged, strawberry.field))
def graph_interface(*, audience: Any) -> Callable[[C], C]:
    """An interface: its fields are those of the rows of its types."""

    def declare(cls: C) -> C:
        made: C = strawberry.interface(cls, description=inspect.getdoc(cls))
        made.__graph__ = GraphType(audience)  # type: ignore[attr-defined]
        _check_arguments(made)
        return made

    return declare


def graph_enum(kind: type[DescribedEnum], *, name: str | None = None) -> None:
    """Makes an enum one of the graph's, described by its docstring and its members' descriptions.

    Raises DeclarationError where it has no docstring of its own.
    """
    if not kind.__dict__.get("__doc__"):
        raise DeclarationError(f"{kind.__name__} has no docstring, which is its description in the graph")
    strawberry.enum(kind, name=name, description=inspect.getdoc(kind))
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = kind(value.value).description


def graph_of(cls: type) -> GraphType | None:
    """What a class itself was declared with; not what it inherits."""
    found: GraphType | None = cls.__dict__.get("__graph__")
    return found


def source_of(field: Any) -> Source | None:
    """Where a Strawberry field's value comes from; None where Python computes it."""
    declared: Source | None = field.metadata.get(SOURCE)
    if declared is not None:
        return declared
    return Column() if field.base_resolver is None else None


def attribute_types(kind: type) -> dict[str, Any]:
    """The types of a Python object's attributes, by name; one that is declared lazily stays as it is written."""
    found: dict[str, Any] = {}
    for cls in reversed(kind.__mro__):
        found |= inspect.get_annotations(cls)
    return {name: get_args(hint)[0] if get_origin(hint) is Annotated else hint for name, hint in found.items()}


def _field(source: Source, about: str, only: Any, arguments: list[StrawberryArgument]) -> Any:
    metadata: Mapping[Any, Any] = {SOURCE: source} | ({} if only is None else {AUDIENCE: only})
    made = strawberry.field(description=about, metadata=metadata)
    made.init = False  # a payload is built from its ids alone
    made.arguments = arguments
    return made


def _signature(resolver: Callable[..., Any]) -> tuple[bool, bool, tuple[Parameter, ...]]:
    hints = get_type_hints(resolver)
    takes_row, asks_viewer, found = False, False, []
    for name, parameter in inspect.signature(resolver).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            takes_row = True
        elif hints[name] is ViewerIds:
            asks_viewer = True
        else:
            kind = without_none(hints[name])
            bound = get_origin(kind) is Value
            required = parameter.default is inspect.Parameter.empty
            default = None if required else parameter.default
            found.append(Parameter(name, get_args(kind)[0] if bound else kind, bound, required, default))
    return takes_row, asks_viewer, tuple(found)


def without_none(hint: Any) -> Any:
    """The type that an optional one is of."""
    if get_origin(hint) in (Union, UnionType):
        rest = [part for part in get_args(hint) if part is not NoneType]
        return rest[0] if len(rest) == 1 else hint
    return hint


def _arguments(source: Sql, described: Descriptions) -> list[StrawberryArgument]:
    made = []
    for parameter in source.arguments:
        name = parameter.name.rstrip("_")
        kind = {UUID: strawberry.ID, list[UUID]: list[strawberry.ID]}.get(parameter.kind, parameter.kind)
        common = COMMON.get(name) if name == "id" else None
        made.append(_argument(name, kind if parameter.required else kind | None, described.get(name, common)))
    if unknown := described.keys() - {argument.python_name for argument in made}:
        raise DeclarationError(f"{source.resolver.__name__} takes no argument {min(unknown)}, which is described")
    return made


def _argument(name: str, kind: Any, about: str | None) -> StrawberryArgument:
    return StrawberryArgument(name, None, StrawberryAnnotation(kind), description=about)


def _check_arguments(cls: Any) -> None:
    for declared in cls.__strawberry_definition__.fields:
        if declared.metadata.get(SOURCE) is None:  # a Python resolver's field describes its arguments by itself
            continue
        for argument in declared.arguments:
            if not argument.description:
                where = f"{cls.__name__}.{declared.python_name}"
                raise DeclarationError(f"{where}: describe its argument {argument.python_name} in arguments={{...}}")
