"""The only place where mutations meet their writing resolvers: inputs read, payloads built, refusals told."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from models.connections import role_password
from models.viewers import ANYBODY, Audience
from planner.arguments import prefix_of, uuid_of
from planner.declare import AUDIENCE, attribute_types, without_none
from resolvers import writing
from resolvers.writing import Forbidden, Made, Once, Refusal, RefusalCode, Refused, Work, invalid, not_found, too_long
from schema.context import Context
from schema.errors import UserError
from schema.scalars import text_of

if TYPE_CHECKING:
    from schema.roots import Query

P = TypeVar("P")

# What an organization's program may do besides reading. Whatever else there is takes somebody who has signed in: a key
# that is stolen makes no other key.
OPEN_TO_KEYS = frozenset({"insightPublish"})

CLIENT_MUTATION_ID_LENGTH = 200
CLIENT_MUTATION_ID = (
    "An id of the caller's own making: a request that comes again with it, within a day and with the same input, is "
    "answered with the first one's result and not carried out again."
)


def client_mutation_id() -> Any:
    """What every input has: `client_mutation_id: str | None = client_mutation_id()`."""
    return strawberry.field(default=strawberry.UNSET, description=CLIENT_MUTATION_ID)


def mutation(resolver: Callable[..., Any], about: str, *, only: frozenset[Audience]) -> Any:
    """A field of the root of mutations, and whom it is for."""
    return strawberry.mutation(resolver=resolver, description=about, metadata={AUDIENCE: only})


def question(resolver: Callable[..., Any], about: str, *, only: frozenset[Audience]) -> Any:
    """A field of the root of queries that Python answers, and whom it is for."""
    return strawberry.field(resolver=resolver, description=about, metadata={AUDIENCE: only})


def query() -> Annotated["Query", strawberry.lazy("schema.roots")]:
    # The root is built of types that are built of this module's: it can't be imported above.
    from schema.roots import Query

    return Query()


@strawberry.type
class Outcome:
    """What every mutation's answer has; each says its own audience, and holds the ids that its fields are read by."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was refused; empty where it was carried out."
    )


@strawberry.type
class Payload(Outcome):
    """What all have but that of a mutation which spends, and so may not be asked along with anything else."""

    query: Annotated["Query", strawberry.lazy("schema.roots")] = strawberry.field(
        resolver=query, description="The graph as the caller sees it, after what was done."
    )


def id_of(value: strawberry.ID, prefix: str, *path: str) -> UUID:
    """The row's key in an id of the graph; `path` leads to it. Raises Refused, as for what is not there, for another
    type's id and for what is no id.
    """
    found = id_or_none(value, prefix)
    if found is None:
        raise not_found(*path)
    return found


def id_or_none(value: strawberry.ID | None, prefix: str) -> UUID | None:
    """The same, for a resolver that tells what is not there itself."""
    return uuid_of(value) if prefix_of(value) == prefix else None


async def carry_out(
    info: strawberry.Info[Context, None],
    payload: type[P],
    input: Any,
    work: Work,
    *,
    as_anybody: bool = False,
    as_publisher: bool = False,
    seconds: float | None = None,
) -> P:
    """The payload of a mutation: `work` is given a transaction and the viewer, and returns its private fields.

    A refusal is told in `user_errors`, with nothing written; Forbidden is an error of the operation. An input with a
    client's id for it is carried out once. `input` may be None, for a mutation that takes none. `as_anybody`: in the
    public view's role, whoever asks. `as_publisher`: in the role that may have records counted. `seconds`: how long it
    may take, where that is not as long as any other request.
    """
    context = info.context
    write, viewer = context.write, context.viewer
    if as_anybody:
        write, viewer = context.write_as_anybody or context.write, ANYBODY
    if as_publisher:
        assert context.publish is not None
        write = context.publish
    if seconds is not None and context.allow is not None:
        context.allow(seconds)
    try:
        refuse_keys(info)
        refuse_unwritable_text(input)
        once = once_of(info, input)
        made = await writing.carry_out(write, viewer, work, once)
    except Refused as refused:
        return payload(user_errors=told(refused))  # type: ignore[call-arg]
    except Forbidden:
        raise forbidden() from None
    return payload(**read_back(payload, made))


def refuse_keys(info: strawberry.Info[Context, None]) -> None:
    """Raises Forbidden where a program asks, with an organization's key, for what takes somebody who has signed in."""
    if info.context.viewer.api_key is not None and info.field_name not in OPEN_TO_KEYS:
        raise Forbidden


def forbidden() -> GraphQLError:
    """Forbidden as an error of the operation."""
    return GraphQLError("You may not do this.", extensions={"code": "FORBIDDEN"})


def told(refused: Refused) -> list[UserError]:
    """A refusal as the graph tells it."""
    return [UserError(code=one.code, message=one.message, path=list(one.path)) for one in refused.refusals]


def once_of(info: strawberry.Info[Context, None], input: Any) -> Once | None:
    """What tells this request from a new one; None where the client gave it no id."""
    given = getattr(input, "client_mutation_id", None)
    if not isinstance(given, str):
        return None
    path = ("input", "clientMutationId")
    if not given:
        raise invalid("This may not be empty.", *path)
    if len(given) > CLIENT_MUTATION_ID_LENGTH:
        raise too_long(CLIENT_MUTATION_ID_LENGTH, *path)
    address = info.context.settings.database_url
    assert address is not None
    # Keyed by what the database does not hold: a bare digest of an input with a password could be guessed from.
    key = role_password(address, "mutation inputs").encode()
    text = json.dumps(asdict(input), sort_keys=True, default=as_text)
    return Once(info.field_name, given, hmac.digest(key, text.encode(), hashlib.sha256))


def as_text(value: Any) -> str | None:
    return None if value is strawberry.UNSET else text_of(value)


def refuse_unwritable_text(input: Any) -> None:
    """Raises Refused for each text that PostgreSQL cannot be sent: NUL, and halves of surrogate pairs."""
    bad = [path for path, text in texts_in(input, ("input",)) if "\0" in text or not encodes(text)]
    if bad:
        message = "This holds a character that text may not: NUL or a lone surrogate."
        raise Refused(*(Refusal(RefusalCode.INVALID, message, path) for path in bad))


def texts_in(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from texts_in(item, (*path, str(place)))
    elif isinstance(value, strawberry.Some):
        yield from texts_in(value.value, path)
    elif is_dataclass(value):
        definition = get_object_definition(value, strict=True)
        for field in definition.fields:
            name = field.graphql_name or to_camel_case(field.python_name)
            yield from texts_in(getattr(value, field.python_name), (*path, name))


def encodes(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def read_back(payload: type, made: Made) -> dict[str, Any]:
    """A result's values as the payload's fields have them: kept ones were JSON."""
    kinds = kinds_of(payload)
    return {name: as_kind(kinds[name], value) for name, value in made.items()}


@cache
def kinds_of(payload: type) -> dict[str, Any]:
    return {name: without_none(kind) for name, kind in attribute_types(payload).items()}


def as_kind(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(kind) is list:
        return [as_kind(get_args(kind)[0], item) for item in value]
    return UUID(value) if kind is UUID and isinstance(value, str) else value
