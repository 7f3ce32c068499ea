"""The only place where what graphql-core made of an operation becomes an answer's bytes."""

import secrets

import orjson
from graphql import ExecutionResult

from server import logs
from server.errors import Refusal, execution_error, is_masked


def answer_of(result: ExecutionResult) -> tuple[bytes, tuple[str, ...]]:
    """The answer's JSON, and the codes of its errors, each once; what is masked is logged. Raises Refusal."""
    if not result.errors:
        return orjson.dumps({"data": result.data}), ()
    errors = []
    for error in result.errors:
        if isinstance(error.original_error, Refusal):
            raise error.original_error
        id = None
        if is_masked(error):
            id = secrets.token_hex(8)
            logs.fault(id, error.original_error or error)
        errors.append(execution_error(error, id))
    codes = tuple(dict.fromkeys(str(error["extensions"]["code"]) for error in errors))
    return orjson.dumps({"errors": errors, "data": result.data}), codes
