"""Carries out mutations: in a transaction, once for each clientMutationId, with refusals in the payload."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_origin
from uuid import UUID

from graphql import GraphQLError

from models.identity.accounts import StaffRole
from models.logins import role_password
from models.messages import message
from models.viewers import ANYBODY, Audience, Viewer
from resolvers import transactions
from resolvers.calling import Call
from resolvers.faults import Faults
from resolvers.identity.staff import lacks_second_factor
from resolvers.rates import Unlimited
from resolvers.transactions import (
    Connection,
    Forbidden,
    IdempotencyKey,
    Refused,
    Result,
    Role,
    Work,
    require_role,
    too_long,
)
from schema.calls import call_of
from schema.context import Context
from schema.inputs import ARGUMENT, Parameters, Visit, read
from schema.user_errors import ended, forbidden_error, user_error
from settings import Limits

CLIENT_MUTATION_ID_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of carrying it out that only a few mutations need."""

    stored: bool = True  # whether the result is stored to answer repeated requests
    as_anybody: bool = False  # in the role of the public view, for every viewer
    as_publisher: bool = False  # in the role that may count records
    open_to_keys: bool = False  # to programs with an organization's key as well
    seconds: Callable[[Limits], float] | None = None  # its time limit, if it differs from that of other requests


@dataclass(frozen=True)
class CarriedOut:
    """A mutation, to be called with the context of a request and a reader of its arguments."""

    write: Callable[..., Any]
    name: str
    options: RunOptions
    rate: str | Unlimited
    roles: Mapping[Audience, Role]  # which one callers of an audience need, if any
    takes: tuple[Any, ...]  # the types of the write function's positional parameters
    parameters: Parameters
    results: Mapping[str, Any]  # their types, by the names of the payload's attributes
    prefixes: Mapping[str, str]  # of ids in the payload, whose key is the result
    payload: type

    async def __call__(self, context: Context, given: Callable[[], dict[str, Any]]) -> Any:
        """The payload, with refusals in `user_errors`. Forbidden becomes an error of the operation."""
        options = self.options
        if not options.as_anybody and not await context.is_viewers_own():
            raise ended(context.viewer.reads_in)
        viewer, write = context.viewer, context.write
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
            # Before the input is read: whoever lacks the role learns nothing about ids.
            if (role := self.roles.get(context.viewer.audience)) is not None:
                require_role(context.viewer, role)
            arguments, faults, key = await context.read_input(lambda: self.arguments(context, given))
            work = await self.work(call_of(context), arguments, faults)
            made = await transactions.run_once(write, viewer, work, key)
            context.note_carried_out()
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
        for name, prefix in self.prefixes.items():
            (key,) = made.values()
            values[name] = f"{prefix}_{key}"
        return self.payload(**values)


def check_client_mutation_id(given: Any, visit: Visit) -> None:
    """Refuses an id that is empty or too long."""
    path = ("client_mutation_id",)
    if not isinstance(given, str) or any(refusal.path == path for refusal in visit.refusals):
        return
    if not given:
        visit.refuse(message("This must not be empty."), path)
    elif len(given) > CLIENT_MUTATION_ID_LENGTH:
        visit.refusals += too_long(CLIENT_MUTATION_ID_LENGTH, *path).refusals


def as_kind(kind: Any, value: Any) -> Any:
    if get_origin(kind) is list and value is not None:
        return [as_kind(get_args(kind)[0], item) for item in value]
    return UUID(value) if kind is UUID and isinstance(value, str) else value
