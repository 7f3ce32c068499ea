"""Declares mutations over their write functions, from which input, payload and execution are derived."""

import hashlib
import hmac
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.arguments import StrawberryArgument
from strawberry.utils.str_converters import to_camel_case

from models.identity.accounts import StaffRole
from models.languages import Language
from models.logins import role_password
from models.messages import message
from models.viewers import ANYBODY, Audience, Viewer
from planner.computing import python_arguments
from planner.costs import IN_PYTHON
from planner.declare import AUDIENCE, CALL, CHECK, COST, graph_type, sql, without_none
from resolvers import transactions
from resolvers.calling import Call, JoinLimits
from resolvers.faults import Faults
from resolvers.identity.attempts import AttemptLimit
from resolvers.identity.second_factors_rules import SecondFactorSettings, key_of
from resolvers.identity.staff import lacks_second_factor
from resolvers.rates import KINDS, Unlimited
from resolvers.transactions import (
    Connection,
    Forbidden,
    IdempotencyKey,
    Refusal,
    Refused,
    Result,
    Work,
    too_long,
)
from schema.access import EACH_FIELD
from schema.context import Context
from schema.inputs import ARGUMENT, Parameters, Visit, graph_path, input_type, parameters_of, read
from schema.user_errors import UserError
from settings import LOCALHOST, Limits

if TYPE_CHECKING:
    from schema.roots import Query

C = TypeVar("C", bound=type)

CLIENT_MUTATION_ID_LENGTH = 200
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


@strawberry.type
class Payload:
    """The fields of every payload; each also has, privately, the ids by which its fields are read."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="Why the mutation was refused. Empty if it was carried out.",
    )
    query: Annotated["Query", strawberry.lazy("schema.roots")] | None = strawberry.field(
        resolver=lambda: ROOT,
        description="The graph as the viewer sees it after the mutation. Null only if reading it failed.",
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
class Options:
    """Options that only a few mutations need."""

    input_name: str | None = None  # of the input type, if it is not named after the mutation
    payload: str = ""  # added to the payload's description after "Result of ..."
    read_by: str | None = None  # the result's name, if it is not named after the first field (`post_id`)
    stored: bool = True  # whether the result is stored to answer repeated requests
    as_anybody: bool = False  # in the role of the public view, for every viewer
    as_publisher: bool = False  # in the role that may count records
    open_to_keys: bool = False  # to programs with an organization's key as well
    seconds: Callable[[Limits], float] | None = None  # its time limit, if it differs from that of other requests


@dataclass(frozen=True)
class Declared:
    """The arguments of `mutation`, until the class that it is used in gives it a name."""

    write: Callable[..., Any]
    about: str
    only: frozenset[Audience]
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
    shows: Mapping[str, Shown] | None = None,
    options: Options | None = None,
    **about_each: str,
) -> Any:
    """A field of the mutation root that carries out `write`. To be used in a class that `mutations` decorates.

    `rate` is the kind of `resolvers.rates` as which it is counted, before anything else is done, or why it is not.
    `write` takes its Connection, Viewer, Call and Faults as positional parameters, in any order, and the input's fields
    as keyword-only ones, which `about_each` describes. With Faults it is called for an input that cannot be read too,
    to find the other faults. It returns what the fields in `shows` are read by: an id, ids, or a
    dataclass of them. Without a Connection, it is awaited before the transaction begins, and returns the Work to be
    carried out in it.
    """
    if not isinstance(rate, Unlimited) and rate not in KINDS:
        raise ValueError(f"{write.__name__} names the unknown rate {rate}")
    return Declared(write, about, only, rate, shows or {}, options or Options(), about_each)


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


def refusal_error(refused: Refused, language: Language) -> GraphQLError:
    errors = [user_error(each, language) for each in refused.refusals]
    every = [{"code": each.code.value, "message": each.message, "path": each.path} for each in errors]
    first = errors[0]
    facts = {"code": first.code.value, "argument": first.path, "userErrors": every}
    return GraphQLError(first.message, extensions=facts)


def forbidden_error(forbidden: Forbidden, viewer: Viewer, language: Language) -> GraphQLError:
    """FORBIDDEN as an error of the field, with what would help: a role, or a user in place of a key."""
    extensions = {"code": "FORBIDDEN"}
    if viewer.api_key is not None:
        reason = message("API keys cannot do this: sign in as a user of the organization.")
    elif forbidden.role is None or (viewer.staff is None and viewer.organization is None):
        reason = message("You may not do this.")
    else:
        reason = message("This requires the role {role}. An administrator can give it to you.", role=forbidden.role)
        extensions["role"] = forbidden.role.value
    return GraphQLError(reason.in_language(language), extensions=extensions)


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
        takes=positional(declared.write),
        parameters=parameters_of(declared.write),
        results=results,
        shows=declared.shows,
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


@dataclass(frozen=True)
class CarriedOut:
    """A mutation, to be called with the context of a request and a reader of its arguments."""

    write: Callable[..., Any]
    name: str
    options: Options
    rate: str | Unlimited
    takes: tuple[Any, ...]  # the types of the write function's positional parameters
    parameters: Parameters
    results: Mapping[str, Any]  # their types, by the names of the payload's attributes
    shows: Mapping[str, Shown]
    payload: type

    async def __call__(self, context: Context, given: Callable[[], dict[str, Any]]) -> Any:
        """The payload, with refusals in `user_errors`. Forbidden becomes an error of the operation."""
        options, viewer, write = self.options, context.viewer, context.write
        if options.as_anybody:
            write, viewer = context.write_as_anybody or context.write, ANYBODY
        if options.as_publisher:
            assert context.publish is not None
            write = context.publish
        if context.guard_commit is not None:
            write = context.guard_commit(write)
        if options.seconds is not None and context.extend_deadline is not None:
            context.extend_deadline(options.seconds(context.settings.limits))
        try:
            if context.viewer.api_key is not None and not options.open_to_keys:
                raise Forbidden
            if context.count is not None and not isinstance(self.rate, Unlimited):
                await context.count(self.rate)
            arguments, faults, key = await context.read_input(lambda: self.arguments(context, given))
            work = await self.work(call_of(context), arguments, faults)
            made = await transactions.run_once(write, viewer, work, key)
            show_as_opened(context)
        except Refused as refused:
            refusals, shows, language = refused.refusals, refused.shows, context.viewer.reads_in
            context.refusals += [refusal.code.value for refusal in refusals]
            return self.payload(
                user_errors=await context.read_input(lambda: [user_error(each, language) for each in refusals]), **shows
            )
        except Forbidden as forbidden:
            raise await self.forbidden(context, forbidden) from None
        return self.answer(context, made)

    async def forbidden(self, context: Context, forbidden: Forbidden) -> GraphQLError:
        """The error, which says so if the viewer has the role and lacks the second factor that it needs."""
        language = context.viewer.reads_in
        error = forbidden_error(forbidden, context.viewer, language)
        if isinstance(forbidden.role, StaffRole) and context.viewer.staff is not None:
            async with context.write() as connection:
                lacking = await lacks_second_factor(connection, context.viewer, forbidden.role)
            if lacking:
                text = message(
                    "This requires the role {role}. You can use yours once you have set a second factor: "
                    "secondFactorStart.",
                    role=forbidden.role,
                ).in_language(language)
                return GraphQLError(text, extensions=dict(error.extensions or {}) | {"secondFactorRequired": True})
        return error

    def arguments(
        self, context: Context, given: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], Faults, IdempotencyKey | None]:
        """The write function's arguments, the faults of unreadable ones, and what identifies a repeated request."""
        visit, input = Visit(), given().get(ARGUMENT)
        arguments = read(self.parameters, input, visit)
        client_mutation_id = visit.leaf(("client_mutation_id",), getattr(input, "client_mutation_id", None))
        if self.options.stored:
            check_client_mutation_id(client_mutation_id, visit)
        faults = visit.faults()
        return arguments, faults, None if faults.found else self.idempotency_key(context, client_mutation_id, visit)

    def idempotency_key(self, context: Context, given: Any, visit: Visit) -> IdempotencyKey | None:
        """What identifies a repeated request; None if the client gave it no id."""
        if not self.options.stored or not isinstance(given, str):
            return None
        address = context.settings.database_url
        assert address is not None
        # Keyed by a secret that the database does not hold: a password in an input could be guessed from a bare digest.
        secret = role_password(address, "mutation inputs", context.settings.role_key).encode()
        # Of an organization, each user has their own ids, and all programs have theirs together.
        viewer = context.viewer
        owned = given if viewer.organization is None or viewer.account is None else f"{viewer.account} {given}"
        return IdempotencyKey(self.name, owned, hmac.digest(secret, visit.digestible(), hashlib.sha256))

    async def work(self, call: Call, arguments: Mapping[str, Any], faults: Faults) -> Work:
        """The Work to carry out in the transaction. It is never committed if there are faults."""
        if Faults not in self.takes:
            faults.refuse()
        if Connection not in self.takes:
            known = {Call: call, Faults: faults}
            prepared: Work = await self.write(*(known[kind] for kind in self.takes), **arguments)

            async def prepared_before(connection: Connection, viewer: Viewer) -> Result:
                made = await prepared(connection, viewer)
                faults.refuse()
                return made

            return prepared_before

        async def carried_out(connection: Connection, viewer: Viewer) -> Result:
            known = {Connection: connection, Viewer: viewer, Call: call, Faults: Faults(*faults.found)}
            made = await self.write(*(known[kind] for kind in self.takes), **arguments)
            faults.refuse()
            return self.result(made)

        return carried_out

    def result(self, made: Any) -> Result:
        """A write function's result, by the names of the payload's attributes."""
        if is_dataclass(made):
            return {each.name: getattr(made, each.name) for each in fields(made)}
        return dict.fromkeys(self.results, made)

    def answer(self, context: Context, made: Result) -> Any:
        """The payload of a result. Ids are UUIDs, or text if the result was stored."""
        values = {name: as_kind(self.results.get(name), value) for name, value in made.items()}
        for name, each in self.shows.items():
            if each.prefix:
                (key,) = made.values()
                values[name] = f"{each.prefix}_{key}"
        return self.payload(**values)


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


def show_as_opened(context: Context) -> None:
    """Has the rest of the payload read as whoever has just signed in, unless the request's view is not theirs."""
    if context.opened is not None and context.viewer.audience in (Audience.PUBLIC, context.opened[0].audience):
        context.viewer = context.opened[0]


@lru_cache(maxsize=16)  # every mutation takes them, and a server has one of each
def second_factor_settings(key: str | None, domain: str, origins: frozenset[str], port: int) -> SecondFactorSettings:
    """Passkeys belong to the domain, and are accepted from its pages and those of its subdomains."""
    hosts = {origin: urlsplit(origin).hostname or "" for origin in origins}
    listed = [origin for origin, host in hosts.items() if host == domain or host.endswith(f".{domain}")]
    own = f"http://{domain}:{port}" if domain == LOCALHOST else f"https://{domain}"
    return SecondFactorSettings(key_of(key), domain, tuple(sorted({own, *listed})))


def call_of(context: Context) -> Call:
    def opened(viewer: Viewer, kept: str | None) -> None:
        context.opened = viewer, kept

    settings, limits = context.settings, context.settings.limits
    window = timedelta(minutes=limits.tries_minutes)
    return Call(
        viewer=context.viewer,
        apart=context.write_as_anybody or context.write,
        device=context.device,
        address=context.address,
        demonstration=settings.demo,
        minimum_age=settings.minimum_age,
        sign_ins=AttemptLimit(limits.sign_ins_to, limits.sign_ins_from, window, per_pair=limits.sign_ins),
        proofs=AttemptLimit(limits.proofs, limits.sign_ins_from, window),
        mails=AttemptLimit(limits.mails_to, limits.mails_from, window, per_pair=limits.mails),
        second_factors=second_factor_settings(
            settings.second_factor_key, settings.passkey_domain, settings.origins, settings.port
        ),
        joins=JoinLimits(settings.joins_a_day, settings.joins_at_first, settings.joins),
        takes_cookie=context.takes_cookie,
        opened=opened,
    )


def check_client_mutation_id(given: Any, visit: Visit) -> None:
    """Refuses an id that is empty or too long."""
    path = ("client_mutation_id",)
    if not isinstance(given, str) or any(refusal.path == path for refusal in visit.refusals):
        return
    if not given:
        visit.refuse(message("This must not be empty."), path)
    elif len(given) > CLIENT_MUTATION_ID_LENGTH:
        visit.refusals += too_long(CLIENT_MUTATION_ID_LENGTH, *path).refusals


def user_error(refusal: Refusal, language: Language) -> UserError:
    rendered = refusal.message.in_language(language)
    return UserError(code=refusal.code, message=rendered, path=graph_path(refusal.path))


def as_kind(kind: Any, value: Any) -> Any:
    if get_origin(kind) is list and value is not None:
        return [as_kind(get_args(kind)[0], item) for item in value]
    return UUID(value) if kind is UUID and isinstance(value, str) else value
