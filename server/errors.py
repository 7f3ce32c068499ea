"""The only place that says no: the codes of errors, their words, which repeat no value, and their HTTP statuses."""

import re
import secrets
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLInputType, ValueNode, VisitorAction, print_ast
from graphql.language import SKIP, VariableDefinitionNode
from graphql.utilities import validate_input_literal
from graphql.validation import ASTValidationRule, ValuesOfCorrectTypeRule, specified_rules

from models.viewers import Audience


class Code(StrEnum):
    """`extensions.code` of every error: words that clients' tools know."""

    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    INVALID = "INVALID"  # and the next: what a quote is refused for, in the words of `userErrors`
    NOT_FOUND = "NOT_FOUND"
    INTERNAL = "INTERNAL_SERVER_ERROR"


CODES = frozenset(code.value for code in Code)


class Refusal(Exception):
    """A request that is not answered with data: the HTTP status, and the errors as the client is shown them.

    `lenient`: the request is well-formed GraphQL, so that a client of plain `application/json` is told with a 200.
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
        self.codes = tuple(dict.fromkeys(str(error["extensions"]["code"]) for error in errors))
        self.body = orjson.dumps({"errors": errors})


def refusal(
    status: int,
    code: Code,
    message: str,
    *,
    lenient: bool = False,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    **facts: Any,
) -> Refusal:
    """A refusal of one error; `facts` are further extensions of it."""
    error = {"message": message, "extensions": {"code": code.value} | facts}
    return Refusal(status, [error], lenient=lenient, headers=headers)


def over(limit: str, most: float, message: str, *, asked: int | None = None) -> Refusal:
    """The refusal of a document that is over a limit: names the limit and the figure."""
    facts: dict[str, Any] = {"limit": limit, "most": most} | ({} if asked is None else {"asked": asked})
    return refusal(400, Code.LIMIT_EXCEEDED, message, lenient=True, **facts)


def unauthenticated() -> Refusal:
    """The same for a token that is malformed, unknown, revoked or past its time."""
    return refusal(
        401,
        Code.UNAUTHENTICATED,
        "The token is invalid, revoked or expired. Sign in again.",
        headers=((b"www-authenticate", b"Bearer"),),
    )


def unavailable(message: str = "The server cannot reach its database. Try again in a moment.") -> Refusal:
    return refusal(503, Code.INTERNAL, message, headers=((b"retry-after", b"2"),))


def missed() -> Refusal:
    """A subscription while events are not heard, or after a moment in which they were not."""
    return unavailable("The server may have missed events. Subscribe again.")


def not_heard() -> Refusal:
    """A subscription to what is not there, or not the viewer's to see: the same for both."""
    message = "The object to subscribe to does not exist, or you may not see it."
    return refusal(400, Code.BAD_USER_INPUT, message, lenient=True)


def too_slow(name: str, seconds: float) -> Refusal:
    """A request that was cut off at a time limit."""
    message = f"The request exceeded the limit of {seconds:g} seconds. Request less, or try again later."
    return refusal(503, Code.LIMIT_EXCEEDED, message, headers=((b"retry-after", b"5"),), limit=name, most=seconds)


def internal() -> tuple[Refusal, str]:
    """A masked fault, and the id under which the log has it."""
    id = secrets.token_hex(8)
    return refusal(500, Code.INTERNAL, "Internal server error.", id=id), id


def syntax_error(error: GraphQLError) -> Refusal:
    """A document that cannot be parsed: where, and what kind of token stands there, but not the token."""
    found = SYNTAX.match(error.message)
    message = f"Syntax Error: {found[1].rstrip(':')}." if found else "Syntax Error."
    return Refusal(400, [shown(error, Code.PARSE_FAILED, message)], lenient=True)


SYNTAX = re.compile(
    r"Syntax Error: ("
    r"(?:Expected (?:'[^']{1,20}'|<?[A-Za-z]+>?), found |Unexpected )"
    r"(?:Name|String|BlockString|Int|Float|<EOF>|'[^'\w]{1,3}')"
    r"|Unterminated string|Unexpected character|Invalid [A-Za-z ]+:)"
)


def validation_errors(errors: Iterable[GraphQLError], audience: Audience) -> Refusal:
    """A document that its view does not know how to answer."""
    told = []
    for error in errors:
        message = error.message
        # Elsewhere no hint: what is not in a caller's view does not exist for it.
        if audience is Audience.PUBLIC and message.startswith(("Cannot query field", "Unknown type")):
            message += " It may be available after signing in."
        told.append(shown(error, Code.VALIDATION_FAILED, message))
    return Refusal(400, told, lenient=True)


class ValuesWithoutRepeating(ValuesOfCorrectTypeRule):
    """Literals of the right type; says what was expected and where, and leaves out what was found."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        if input_type:

            def on_error(error: GraphQLError, path: list[str | int]) -> None:
                self.report_error(GraphQLError(expected(error.message, str(input_type)), error.nodes or node))

            validate_input_literal(node, input_type, on_error, None, None, self.context.hide_suggestions)
        return SKIP


# One tuple for the life of the process: rules made anew for each request would defeat every cache.
RULES: tuple[type[ASTValidationRule], ...] = tuple(
    ValuesWithoutRepeating if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)


def bad_variables(errors: Iterable[GraphQLError]) -> Refusal:
    """Variables that do not fit their types: which, where in it, and what was expected."""
    return Refusal(400, [shown(error, Code.BAD_USER_INPUT, fitting(error)) for error in errors], lenient=True)


def bad_input(error: GraphQLError) -> Refusal:
    """An argument that cannot be used, such as a page size: the planner's own words, which hold no value."""
    return Refusal(400, [execution_error(error, None)], lenient=True)


def execution_error(error: GraphQLError, id: str | None) -> dict[str, Any]:
    """An error of an operation that ran; what is not ours or the caller's is masked under `id`."""
    code = (error.extensions or {}).get("code")
    if code in CODES and code != Code.INTERNAL:
        told = shown(error, Code(code), error.message)
        told["extensions"] |= error.extensions or {}  # ours: such as the limit and the figure
        return told
    if error.original_error is None and (argument := ARGUMENT.match(error.message)):
        return shown(error, Code.BAD_USER_INPUT, f"Argument '{argument[1]}' has a value of the wrong type.")
    told = shown(error, Code.INTERNAL, "Internal server error.")
    told["extensions"]["id"] = id or secrets.token_hex(8)
    return told


def is_masked(error: GraphQLError) -> bool:
    return bool(execution_error(error, "")["extensions"]["code"] == Code.INTERNAL)


ARGUMENT = re.compile(r"Argument '(\w+)' (?:has invalid value|of required type|of non-null type)")
VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid (?:default )?value(?: at \.?((?:\.?\w+|\[\d+\])+))?: ")
EXPECTED = re.compile(
    r"Expected (?:a )?value of (?:non-null )?type '(?P<type>[\w!\[\]]+)'(?P<field> to include required field '\w+')?"
    r"|(?P<scalar>[A-Z]\w*) cannot represent"
    r"|Enum '(?P<enum>\w+)' cannot represent"
    r"|Value '\w*' does not exist in '(?P<member>\w+)' enum"
    r"|(?P<own>[A-Z]\w* takes [^\"'{]+\.)$"  # as schema/scalars.py words it, which repeats no value
)


def fitting(error: GraphQLError) -> str:
    declared = next((node for node in error.nodes or () if isinstance(node, VariableDefinitionNode)), None)
    type = print_ast(declared.type) if declared else "its own"
    found = VARIABLE.match(error.message)
    if found:
        place = f" at {found[2]}" if found[2] else ""
        return f"Variable '${found[1]}' has an invalid value{place}. {expected(error.message[found.end() :], type)}"
    name = f"Variable '${declared.variable.name.value}'" if declared else "A variable"
    return f"{name} has an invalid value. Expected a value of type '{type}'."


def expected(message: str, type: str) -> str:
    # The expression is matched at the start alone: further on, the message may quote what a person wrote.
    found = EXPECTED.match(message)
    if found is None:
        return f"Expected a value of type '{type}'."
    if found["own"]:
        return found["own"]
    type = found["type"] or found["scalar"] or found["enum"] or found["member"]
    return f"Expected a value of type '{type}'{found['field'] or ''}."


def shown(error: GraphQLError, code: Code, message: str) -> dict[str, Any]:
    told: dict[str, Any] = {"message": message}
    if error.locations:
        told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        told["path"] = list(error.path)
    told["extensions"] = {"code": code.value}
    return told
