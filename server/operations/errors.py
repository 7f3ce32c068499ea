"""Builds the errors that clients see: codes, messages and HTTP statuses. No message repeats a value of the request."""

import math
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema
from graphql.language import Node

from models.languages import DEFAULT, Language
from models.messages import Message, counted, message
from models.viewers import Audience
from resolvers.transactions import CommitLost, RefusalCode
from server.callers.allowances import Allowance
from server.callers.allowances import headers as allowance_headers
from server.operations.expectations import variable_fault


class Code(StrEnum):
    """`extensions.code` of errors that are no refusal; the names are those that client libraries know."""

    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    NOT_FOUND = "NOT_FOUND"  # a file
    DOCUMENT_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"  # no document has this `documentId`
    DOCUMENT_NOT_TRUSTED = "QUERY_NOT_IN_SAFELIST"  # a text in a view that accepts those of its manifests only
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"  # of a mutation without an idempotency key whose commit was not confirmed
    INTERNAL = "INTERNAL_SERVER_ERROR"


# Queries that take an input, such as `insightQuote`, return what mutations return as `userErrors` as errors.
CODES = frozenset(code.value for code in (*Code, *RefusalCode))
DAY_SECONDS = 24 * 60 * 60
INTERNAL_MESSAGE = message("Internal server error.")
UNAVAILABLE_MESSAGE = message("The database is temporarily unavailable. Please try again.")
OUTCOME_UNKNOWN_MESSAGE = message(
    "The connection to the database was lost during the commit: the mutation may have been carried out or not. Check "
    "before you send it again. A mutation with a clientMutationId can be sent again without being carried out twice."
)


class RequestError(Exception):
    """A request that is answered without data: the HTTP status, and the JSON of its errors.

    `lenient`: the request is well-formed GraphQL over HTTP, so the status is 200 for a client that accepts
    `application/json` and not `application/graphql-response+json`.
    """

    def __init__(
        self,
        status: int,
        errors: Sequence[dict[str, Any]],
        *,
        lenient: bool = False,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(status)
        self.status = status
        self.lenient = lenient
        self.headers = headers
        self.errors = errors
        self.codes = tuple(dict.fromkeys(str(error["extensions"]["code"]) for error in errors))
        self.body = orjson.dumps({"errors": errors})

    def in_language(self, language: Language) -> "RequestError":
        """The same error with the messages that are for people in a language; those for developers stay in English."""
        if language is DEFAULT or not any(isinstance(error["message"], Message) for error in self.errors):
            return self
        errors = [error | {"message": text_in(error["message"], language)} for error in self.errors]
        made = RequestError(self.status, errors, lenient=self.lenient, headers=self.headers)
        made.body = orjson.dumps(orjson.loads(self.body) | {"errors": errors})
        return made

    def with_body(self, body: bytes) -> "RequestError":
        """The same error with another JSON."""
        error = RequestError(self.status, self.errors, lenient=self.lenient, headers=self.headers)
        error.body = body
        return error


def request_error(
    status: int,
    code: Code,
    message: str,
    *,
    lenient: bool = False,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    **facts: Any,
) -> RequestError:
    """A RequestError with one error; `facts` are added to its extensions."""
    error = {"message": message, "extensions": {"code": code.value} | facts}
    return RequestError(status, [error], lenient=lenient, headers=headers)


class NotAdmitted(RequestError):
    """A request whose document is not looked at: its id is unknown, or the view accepts trusted documents only."""


def document_not_found(audience: Audience) -> RequestError:
    hint = " It may be available after signing in." if audience is Audience.PUBLIC else ""
    message = f"No document of this view has the requested documentId.{hint}"
    return not_admitted(Code.DOCUMENT_NOT_FOUND, message)


def document_not_trusted() -> RequestError:
    return not_admitted(
        Code.DOCUMENT_NOT_TRUSTED, "This view accepts trusted documents only. Send the documentId of one of them."
    )


def not_admitted(code: Code, message: str) -> RequestError:
    return NotAdmitted(400, [{"message": message, "extensions": {"code": code.value}}], lenient=True)


def limit_exceeded(limit: str, most: float, message: str, *, asked: int | None = None) -> RequestError:
    """A document or variables beyond a limit: the error's extensions name the limit, its value and the request's."""
    facts: dict[str, Any] = {"limit": limit, "most": most} | ({} if asked is None else {"asked": asked})
    return request_error(400, Code.LIMIT_EXCEEDED, message, lenient=True, **facts)


class TooCostly(RequestError):
    """An operation whose cost, with the variables it was sent with, exceeds the limit of the caller's view."""

    def __init__(self, requested: int, limit: int) -> None:
        message = (
            f"The operation costs {requested:,} and exceeds the limit of {limit:,}. Select less, or smaller pages."
        )
        cost = {"requested": requested, "limit": limit}
        facts = {"code": Code.LIMIT_EXCEEDED.value, "limit": "cost", "most": limit, "asked": requested, "cost": cost}
        super().__init__(400, [{"message": message, "extensions": facts}], lenient=True)


def too_many_members(most: int, left: int, asked: int, resets_at: datetime) -> RequestError:
    """An answer with the data of more members than the viewer may read until `resets_at`."""
    if left:
        reason = message(
            "This response has the data of {asked:,} members whose data you have not read today. You can read that "
            "of {left:,} more until midnight UTC. Select smaller pages.",
            asked=asked,
            left=left,
        )
    else:
        reason = message(
            "You have read the data of {most:,} members today, which is the limit. Pseudonyms and kinds do not count, "
            "nor do members whose data you have read today. The limit resets at midnight UTC.",
            most=most,
        )
    seconds = max(1, int((resets_at - datetime.now(UTC)).total_seconds()))
    allowance = Allowance("members", most, DAY_SECONDS, left, seconds)
    return request_error(
        429,
        Code.LIMIT_EXCEEDED,
        reason,
        headers=((b"retry-after", b"%d" % seconds), *allowance_headers([allowance])),
        limit="members_read",
        most=most,
        asked=asked,
        left=left,
        resetsAt=resets_at.isoformat().replace("+00:00", "Z"),
    )


def unauthenticated() -> RequestError:
    """A token that opens no session: the same for a malformed, unknown, revoked or expired one."""
    return request_error(
        401,
        Code.UNAUTHENTICATED,
        message("Invalid or expired token: sign in again, or use another API key."),
        headers=((b"www-authenticate", b"Bearer"),),
    )


def signed_out() -> RequestError:
    """A request without a token for what only a session or an API key may read."""
    return request_error(
        401,
        Code.UNAUTHENTICATED,
        message("This file is not public: sign in first."),
        headers=((b"www-authenticate", b"Bearer"),),
    )


def unavailable(reason: Message = UNAVAILABLE_MESSAGE) -> RequestError:
    """A request that may succeed if it is sent again shortly."""
    return request_error(503, Code.INTERNAL, reason, headers=((b"retry-after", b"2"),))


def shutting_down() -> RequestError:
    return unavailable(message("The server is shutting down. Please try again."))


class CommitLostError(RequestError, CommitLost):
    """As `unavailable`, for work that can be repeated: reads, and writes with an idempotency key."""

    def __init__(self) -> None:
        error = unavailable()
        super().__init__(error.status, error.errors, headers=error.headers)


def overloaded() -> RequestError:
    """A request beyond the number that may wait for a connection."""
    return unavailable(message("The server is overloaded. Please try again."))


def too_much_planning(burst: int, most: int, seconds: int) -> RequestError:
    """New or very large documents of one caller, beyond a `burst` and faster than `most` selections a second.

    `seconds` is when to try again.
    """
    message = (
        f"Too many new or very large documents: the limit is {most:,} of their selections in a second. Send values as "
        f"variables, so that documents are the same each time. Try again in {seconds:,} seconds."
    )
    allowance = Allowance("planning", burst, math.ceil(burst / most), 0, seconds)
    headers = ((b"retry-after", b"%d" % seconds), *allowance_headers([allowance]))
    return request_error(
        429, Code.LIMIT_EXCEEDED, message, headers=headers, limit="planned_a_second", most=most, retryAfter=seconds
    )


def too_many_streams(most: int) -> RequestError:
    """A socket or event stream beyond those that one caller may have open."""
    message = f"Too many open WebSockets and event streams: the limit is {most}. Close some of them first."
    headers = ((b"retry-after", b"5"),)
    return request_error(429, Code.LIMIT_EXCEEDED, message, headers=headers, limit="streams", most=most)


def too_many_subscriptions(most: int) -> RequestError:
    """A subscription beyond those that one caller may have, on all of their sockets and event streams."""
    message = f"You have too many subscriptions: the limit is {most}. End some of them first."
    return limit_exceeded("subscriptions", most, message)


def subscriptions_cost_exceeded(requested: int, most: int) -> RequestError:
    """A subscription whose cost, with those of the caller's other ones, exceeds what they may cost together."""
    message = f"Your subscriptions would cost {requested:,} together and exceed the limit of {most:,}. Select less."
    return limit_exceeded("subscriptions_cost", most, message, asked=requested)


def rate_limited(
    policy: str, most: int, seconds: int, wait: int, headers: tuple[tuple[bytes, bytes], ...]
) -> RequestError:
    """A mutation beyond its rate; `wait` is in how many seconds another will be accepted."""
    reason = counted(
        "Too many requests of this kind: the limit is {most:,} in {seconds:,} seconds. Try again in {count:,} second.",
        "Too many requests of this kind: the limit is {most:,} in {seconds:,} seconds. Try again in {count:,} seconds.",
        wait,
        most=most,
        seconds=seconds,
    )
    more = ((b"retry-after", b"%d" % wait), *headers)
    return request_error(
        429, Code.LIMIT_EXCEEDED, reason, headers=more, limit=policy, most=most, window=seconds, retryAfter=wait
    )


def events_missed() -> RequestError:
    """A subscription while the server receives no events, or after a gap in them."""
    return unavailable(message("Events may have been missed. Please resubscribe."))


def unknown_topic() -> RequestError:
    """A subscription to an object that does not exist or that the viewer may not see: the same for both."""
    message = "The object to subscribe to does not exist or is not visible to you."
    return request_error(400, Code.BAD_USER_INPUT, message, lenient=True)


def timed_out(name: str, seconds: float) -> RequestError:
    """A request that was cancelled at a time limit of Settings.limits."""
    reason = message(
        "The request exceeded the time limit of {seconds} seconds. Select less, or try again later.", seconds=seconds
    )
    return request_error(503, Code.LIMIT_EXCEEDED, reason, headers=((b"retry-after", b"5"),), limit=name, most=seconds)


def request_timed_out(seconds: float) -> RequestError:
    """A request that has reached its own time limit, which a mutation may have extended."""
    return timed_out("request_seconds", seconds)


def internal() -> tuple[RequestError, str]:
    """An unexpected error without its details, and the id under which it is logged."""
    id = secrets.token_hex(8)
    return request_error(500, Code.INTERNAL, INTERNAL_MESSAGE, id=id), id


def empty_selection(node: Node) -> RequestError:
    """Braces without a selection, which graphql-core's parser lets pass and the specification does not."""
    at = (node.loc.source, [node.loc.end - 1]) if node.loc else (None, None)
    return syntax_error(GraphQLError("Syntax Error: Expected Name, found '}'.", None, *at))


def syntax_error(error: GraphQLError) -> RequestError:
    """A document that cannot be parsed: the location and the kind of token found there, but not its text."""
    found = SYNTAX.match(error.message)
    message = f"Syntax Error: {found[1].rstrip(':')}." if found else "Syntax Error."
    return RequestError(400, [error_entry(error, Code.PARSE_FAILED, message)], lenient=True)


SYNTAX = re.compile(
    r"Syntax Error: ("
    r"(?:Expected (?:'[^']{1,20}'|<?[A-Za-z]+>?), found |Unexpected )"
    r"(?:Name|String|BlockString|Int|Float|<EOF>|'[^'\w]{1,3}')"
    r"|Unterminated string|Unexpected character|Invalid [A-Za-z ]+:)"
)


SIGN_IN_HINTS = ("Cannot query field", "Unknown type", "The subscription operation is not supported")


def validation_errors(errors: Iterable[GraphQLError], audience: Audience) -> RequestError:
    """A document that is not valid in its view's schema."""
    entries = []
    for error in errors:
        message = error.message
        # No hint in other views: a field outside the viewer's schema must look as if it did not exist.
        if audience is Audience.PUBLIC and message.startswith(SIGN_IN_HINTS):
            hint = "Subscriptions are" if message.startswith("The subscription") else "It may be"
            message = message if "Did you mean" in message else f"{message} {hint} available after signing in."
        entries.append(error_entry(error, Code.VALIDATION_FAILED, message))
    return RequestError(400, entries, lenient=True)


SUGGESTION = re.compile(r" Did you mean [^?]*\?\Z")


def bad_variables(errors: Iterable[GraphQLError], schema: GraphQLSchema, *, suggests: bool) -> RequestError:
    """Variables of the wrong type: for each, its name, the path within it and the expected type.

    `suggests`: whether the message also names fields that may have been meant.
    """
    entries = []
    for error in errors:
        message, path = variable_fault(error, schema)
        message = message if suggests else SUGGESTION.sub("", message)
        entry = error_entry(error, Code.BAD_USER_INPUT, message)
        if path:
            entry["extensions"]["path"] = path
        entries.append(entry)
    return RequestError(400, entries, lenient=True)


def bad_input(error: GraphQLError) -> RequestError:
    """An argument that the planner refuses, such as a page size; its messages contain no value."""
    return RequestError(400, [execution_error(error, None)], lenient=True)


def execution_error(error: GraphQLError, id: str | None) -> dict[str, Any]:
    """The entry for an error of graphql-core's executor; an unexpected one shows only the `id` it is logged under."""
    code = (error.extensions or {}).get("code")
    if code in CODES and code != Code.INTERNAL:
        entry = error_entry(error, str(code), error.message)
        entry["extensions"] |= error.extensions or {}  # our own, such as the limit's name and value
        return entry
    if error.original_error is None and (argument := ARGUMENT.match(error.message)):
        return error_entry(error, Code.BAD_USER_INPUT, f"Argument '{argument[1]}' has an invalid value.")
    entry = error_entry(error, Code.INTERNAL, INTERNAL_MESSAGE)
    entry["extensions"]["id"] = id or secrets.token_hex(8)
    return entry


def text_in(reason: str, language: Language) -> str:
    return reason.in_language(language) if isinstance(reason, Message) else reason


def field_failure(error: GraphQLError, failure: RequestError, language: Language) -> dict[str, Any]:
    """The entry for a field that raised a RequestError: that error's cause, at the field's path."""
    (shown,) = failure.errors
    cause = text_in(shown["message"], language).partition(". ")[0].removesuffix(".")  # without the advice to try again
    entry = error_entry(error, shown["extensions"]["code"], f"{cause}.")
    entry["extensions"] |= shown["extensions"]
    return entry


def outcome_unknown(error: GraphQLError) -> dict[str, Any]:
    """The entry for a mutation of which nobody knows whether it was committed."""
    return error_entry(error, Code.OUTCOME_UNKNOWN, OUTCOME_UNKNOWN_MESSAGE)


def is_masked(error: GraphQLError) -> bool:
    """Whether `execution_error` hides this error's message, so that it has to be logged."""
    return bool(execution_error(error, "")["extensions"]["code"] == Code.INTERNAL)


ARGUMENT = re.compile(r"Argument '(\w+)' (?:has invalid value|of required type|of non-null type)")


def error_entry(error: GraphQLError, code: str, message: str) -> dict[str, Any]:
    """An entry of `errors`, with the error's locations and path."""
    entry: dict[str, Any] = {"message": message}
    if error.locations:
        entry["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        entry["path"] = list(error.path)
    entry["extensions"] = {"code": str(code)}
    return entry
