"""Serializes the results of graphql-core's executor."""

import secrets

import orjson
from graphql import ExecutionResult

from models.languages import Language
from resolvers.transactions import OutcomeUnknown, Overloaded
from server.operations.errors import (
    RequestError,
    execution_error,
    field_failure,
    is_masked,
    outcome_unknown,
    overloaded,
    text_in,
)
from server.telemetry import logs


def response_of(
    result: ExecutionResult, language: Language, *, committed: bool = False, request: str | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """The response's JSON and the distinct codes of its errors; logs unexpected errors, which the client does not see.

    `language` is that of messages for people. `request` is the id under which they are logged too.

    Raises RequestError if a field raised one, unless something is, or may be, `committed`: then it is an error at the
    field's path, because a client that gets a 503 tries again, and would do it twice.
    """
    if not result.errors:
        return orjson.dumps({"data": result.data}), ()
    errors = []
    for error in result.errors:
        cause = overloaded() if isinstance(error.original_error, Overloaded) else error.original_error
        if isinstance(cause, RequestError):
            if not committed:
                raise cause
            errors.append(field_failure(error, cause, language))
            continue
        if isinstance(error.original_error, OutcomeUnknown):
            errors.append(outcome_unknown(error))
            continue
        id = None
        if is_masked(error):
            id = secrets.token_hex(8)
            logs.fault(id, error.original_error or error, request)
        errors.append(execution_error(error, id))
    for entry in errors:
        entry["message"] = text_in(entry["message"], language)
    codes = tuple(dict.fromkeys(str(error["extensions"]["code"]) for error in errors))
    return orjson.dumps({"errors": errors, "data": result.data}), codes
