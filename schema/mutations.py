"""Declares mutations over their write functions, from which input, payload and execution are derived."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_origin, get_type_hints
from uuid import UUID

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.utils.str_converters import to_camel_case

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.languages import Language
from models.viewers import Audience, Viewer
from planner.computing import python_arguments
from planner.costs import IN_PYTHON
from planner.declare import graph_type, sql, without_none
from planner.declared import AUDIENCE, CALL, CHECK, COST
from resolvers.faults import Faults
from resolvers.rates import KINDS, Unlimited
from resolvers.transactions import Connection, Forbidden, Refused, Role, Work
from schema.access import EACH_FIELD
from schema.carrying_out import CLIENT_MUTATION_ID_LENGTH, CarriedOut, RunOptions
from schema.context import Context
from schema.inputs import Visit, input_type, parameters_of, read
from schema.user_errors import UserError, forbidden_error, refusal_error

if TYPE_CHECKING:
    from schema.roots import Query

C = TypeVar("C", bound=type)

STORED_HOURS = 24  # as in models/functions/identity/mutation_results.sql
CLIENT_MUTATION_ID = (
    f"An id of the client's choice: at most {CLIENT_MUTATION_ID_LENGTH} characters. A request repeated with it "
    f"within {STORED_HOURS} hours, with the same input, returns the result of the first one and is not carried out "
    "again."
)
NO_EFFECT = "Accepted but ignored: results of this mutation are not stored."
RATE = "rate"  # in a field's metadata: as what it is counted
INPUT = strawberry.argument(description="The input object.")
# Resolvers give Strawberry a field's signature. graphql-core calls the metadata's CALL in their place.
CALLED = "the planner has not attached the field's resolver"
ROOT: Any = object()  # of queries; it has no state


async def graph_after(context: Context, given: Callable[[], dict[str, Any]]) -> Any:
    """The root of the graph, None if the view that the operation was validated against is no longer the viewer's."""
    return ROOT if await context.has_graph() else None


@strawberry.type
class Payload:
    """The fields of every payload; each also has, privately, the ids by which its fields are read."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="Why the mutation was refused. Empty if it was carried out.",
    )
    query: Annotated["Query", strawberry.lazy("schema.roots")] | None = strawberry.field(
        resolver=lambda: ROOT,
        description="The graph as the viewer sees it after the mutation. Null if the mutation has ended their session, "
        "such as with their account, or has signed in a caller of another view. Also null if reading it failed.",
        metadata={CALL: graph_after},
    )


@dataclass(frozen=True)
class Shown:
    """A field of a payload: read by a resolver, or part of the result if it has none.

    A sentence on when it is null is added to its description, unless `about` has one.
    """

    kind: Any
    resolver: Callable[..., Any] | None
    about: str | None
    prefix: str = ""  # of an id

    def described(self, name: str) -> str:
        about = self.about or f"The {name.replace('_', ' ')}."
        if "null" in about.lower():
            return about
        if get_origin(self.kind) is list:
            return f"{about} Empty if the mutation was refused, and null only if reading them failed."
        return f"{about} Null if the mutation was refused."


def shown(kind: Any, resolver: Callable[..., Any], about: str | None = None) -> Shown:
    """A field that a resolver reads, given the mutation's result."""
    return Shown(kind, resolver, about)


def given(kind: Any, about: str) -> Shown:
    """A field that is part of the result, or of a refusal."""
    return Shown(kind, None, about)


def given_id(prefix: str, about: str) -> Shown:
    """A field with the id of a deleted row, whose key is the result."""
    return Shown(strawberry.ID, None, about, prefix)


@dataclass(frozen=True, kw_only=True)
class Options(RunOptions):
    """Options that only a few mutations need."""

    input_name: str | None = None  # of the input type, if it is not named after the mutation
    payload: str = ""  # added to the payload's description after "Result of ..."
    read_by: str | None = None  # the result's name, if it is not named after the first field (`post_id`)


@dataclass(frozen=True)
class Declared:
    """The arguments of `mutation`, until the class that it is used in gives it a name."""

    write: Callable[..., Any]
    about: str
    only: frozenset[Audience]
    roles: Mapping[Audience, Role]
    rate: str | Unlimited
    shows: Mapping[str, Shown]
    options: Options
    about_each: Mapping[str, str]


def mutation(
    write: Callable[..., Any],
    about: str,
    /,
    *,
    only: frozenset[Audience],
    rate: str | Unlimited,
    staff_role: StaffRole | None = None,
    user_role: UserRole | None = None,
    shows: Mapping[str, Shown] | None = None,
    options: Options | None = None,
    **about_each: str,
) -> Any:
    """A field of the mutation root that carries out `write`. To be used in a class that `mutations` decorates.

    `rate` is the kind of `resolvers.rates` as which it is counted, before anything else is done, or why it is not.
    `staff_role` is what staff need for it, `user_role` what an organization's users and programs need: whoever lacks
    theirs is refused before the input is read, so `write` does not ask for it.
    `write` takes its Connection, Viewer, Call and Faults as positional parameters, in any order, and the input's fields
    as keyword-only ones, which `about_each` describes. With Faults it is called for an input that cannot be read too,
    to find the other faults. It returns what the fields in `shows` are read by: an id, ids, or a
    dataclass of them. Without a Connection, it is awaited before the transaction begins, and returns the Work to be
    carried out in it.
    """
    if not isinstance(rate, Unlimited) and rate not in KINDS:
        raise ValueError(f"{write.__name__} names the unknown rate {rate}")
    needed: dict[Audience, Role | None] = {Audience.MANAGER: staff_role, Audience.BUYER: user_role}
    roles = {audience: role for audience, role in needed.items() if role is not None}
    return Declared(write, about, only, roles, rate, shows or {}, options or Options(), about_each)


def mutations(cls: C) -> C:
    """A part of the mutation root: a class whose attributes are declared with `mutation`."""
    for name, declared in list(vars(cls).items()):
        if isinstance(declared, Declared):
            setattr(cls, name, _field(declared, to_camel_case(name)))
    return graph_type(audience=EACH_FIELD)(cls)


def question(
    write: Callable[..., Any],
    about: str,
    /,
    *,
    only: frozenset[Audience],
    answer: type,
    input_name: str,
    make: Callable[[Any, Language], Any] | None = None,
    cost: int = IN_PYTHON,
    **about_each: str,
) -> Any:
    """A field of the query root with the result of `write`, which runs in a transaction of the view's role.

    `make` makes an `answer` of the result, in the viewer's language, if it is not one. `cost` is that of the field in
    an operation.

    A refusal is an error of the operation, with the code and the path of the first one, and with all of them as
    `userErrors`. `write` takes its Connection, and optionally Viewer and Faults, as `mutation` describes.
    """
    takes = positional(write)
    parameters = parameters_of(write)
    name = input_name[0].lower() + input_name.removesuffix("Input")[1:]
    taken = input_type(input_name, f"Input for `{name}`.", parameters, about_each)

    def arguments_of(input: Any) -> tuple[dict[str, Any], Faults]:
        visit = Visit()
        arguments = read(parameters, input, visit)
        faults = visit.faults()
        if Faults not in takes:
            faults.refuse()
        return arguments, faults

    def check(given: dict[str, Any], declared: list[StrawberryArgument], viewer: Viewer) -> None:
        try:
            _, faults = arguments_of(python_arguments(given, declared)["input"])
            faults.refuse()
        except Refused as refused:
            raise refusal_error(refused, viewer.reads_in) from None

    async def call(context: Context, given: Callable[[], dict[str, Any]]) -> Any:
        try:
            arguments, faults = await context.read_input(lambda: arguments_of(given()["input"]))
            async with context.write() as connection:
                known = {Connection: connection, Viewer: context.viewer, Faults: faults}
                made = await write(*(known[kind] for kind in takes), **arguments)
                return made if make is None else make(made, context.viewer.reads_in)
        except Refused as refused:
            raise refusal_error(refused, context.viewer.reads_in) from None
        except Forbidden as forbidden:
            raise forbidden_error(forbidden, context.viewer, context.viewer.reads_in) from None

    def resolve(input: Any) -> Any:
        raise AssertionError(CALLED)

    resolve.__annotations__ |= {"input": Annotated[taken, INPUT], "return": answer}
    return strawberry.field(
        resolver=resolve, description=about, metadata={AUDIENCE: only, CHECK: check, CALL: call, COST: cost}
    )


def positional(write: Callable[..., Any]) -> tuple[Any, ...]:
    """The types of a write function's positional parameters."""
    hints = get_type_hints(write)
    parameters = inspect.signature(write).parameters.values()
    return tuple(hints[each.name] for each in parameters if each.kind is not each.KEYWORD_ONLY)


def _field(declared: Declared, name: str) -> Any:
    type_name, options = name[0].upper() + name[1:], declared.options
    results = _results(declared, get_type_hints(declared.write)["return"])
    payload = _payload_type(declared, name, results)
    carried_out = CarriedOut(
        declared.write,
        name,
        options,
        rate=declared.rate,
        roles=declared.roles,
        takes=positional(declared.write),
        parameters=parameters_of(declared.write),
        results=results,
        prefixes={each: shows.prefix for each, shows in declared.shows.items() if shows.prefix},
        payload=payload,
    )

    def resolve(input: Any) -> Any:
        raise AssertionError(CALLED)

    def resolve_without_input() -> Any:
        raise AssertionError(CALLED)

    resolver: Callable[..., Any] = resolve if carried_out.parameters else resolve_without_input
    # Null if it failed: the payloads of the operation's other mutations, which are carried out, are not lost with it.
    resolver.__annotations__["return"] = payload | None
    if carried_out.parameters:
        about_id = CLIENT_MUTATION_ID if options.stored else NO_EFFECT
        taken = input_type(
            options.input_name or f"{type_name}Input",
            f"Input for `{name}`.",
            carried_out.parameters,
            declared.about_each,
            client_mutation_id=about_id,
        )
        resolver.__annotations__["input"] = Annotated[taken, INPUT]
    metadata = {AUDIENCE: declared.only, CALL: carried_out, RATE: declared.rate}
    return strawberry.mutation(resolver=resolver, description=declared.about, metadata=metadata)


def _results(declared: Declared, kind: Any) -> dict[str, Any]:
    """The types of a write function's results, by the names of the payload's attributes."""
    if kind == Work and declared.options.read_by:
        return {declared.options.read_by: UUID}
    if kind in (Work, type(None)):
        return {}
    if is_dataclass(kind):
        return {name: without_none(each) for name, each in get_type_hints(kind).items()}
    first = next(iter(declared.shows), "")
    suffixed = {UUID: f"{first}_id", list[UUID]: f"{first[:-1]}_ids"}
    return {declared.options.read_by or suffixed.get(kind, first): kind}


def _payload_type(declared: Declared, name: str, results: Mapping[str, Any]) -> type:
    made: dict[str, Any] = {
        "__annotations__": {},
        "__doc__": f"Result of `{name}`. {declared.options.payload}".rstrip(),
    }
    for each, kind in results.items():
        if each not in declared.shows:
            made["__annotations__"][each] = strawberry.Private[kind | None]  # type: ignore[misc, valid-type]
            made[each] = None
    for each, shows in declared.shows.items():
        about = shows.described(each)
        made["__annotations__"][each] = shows.kind | None
        made[each] = sql(shows.resolver, about) if shows.resolver else strawberry.field(default=None, description=about)
    return graph_type(audience=declared.only)(type(f"{name[0].upper()}{name[1:]}Payload", (Payload,), made))
