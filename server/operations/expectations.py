"""Says what was expected in place of a value that does not fit its type, and where, without repeating the value."""

import re
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLInputType, GraphQLSchema, ValueNode, VisitorAction, print_ast
from graphql.language import SKIP, VariableDefinitionNode
from graphql.utilities import validate_input_literal
from graphql.validation import ASTValidationRule, ValuesOfCorrectTypeRule, specified_rules

from schema.scalars import InvalidScalar

VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid (?:default )?value(?: at \.?((?:\.?\w+|\[\d+\])+))?: ")
MISSING = " to be provided."  # the end of graphql-core's message for a variable that was not sent
STEP = re.compile(r"\w+")
EXPECTED = re.compile(
    r"Expected (?:a )?value of (?:non-null )?type '(?P<type>[\w!\[\]]+)'"
    r"(?:(?P<field> to include required field '(?P<missing>\w+)')"
    # A name of GraphQL, as programs write it; other keys may be text that somebody entered.
    r"| not to include unknown field '(?P<unknown>[_A-Za-z][_0-9A-Za-z]{0,62})'"
    r"(?=[.,])(?P<meant>\. Did you mean (?:'\w+'|, | or )+\?)?"
    r"|(?P<other> not to include unknown field ))?"
    r"|(?P<scalar>[A-Z]\w*) cannot represent"
    r"|Enum '(?P<enum>\w+)' cannot represent"
    r"|Value '\w*' does not exist in '(?P<member>\w+)' enum"
)


class ValuesWithoutRepeating(ValuesOfCorrectTypeRule):
    """Checks the types of literals. Its messages give the expected type and the location, but not the literal."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        if input_type:
            schema = self.context.schema

            def on_error(error: GraphQLError, path: list[str | int]) -> None:
                message = expectation(error, str(input_type), schema)
                self.report_error(GraphQLError(message, error.nodes or node))

            validate_input_literal(node, input_type, on_error, None, None, self.context.hide_suggestions)
        return SKIP


# Built once for the process: new rules for each request would defeat every cache keyed by them.
RULES: tuple[type[ASTValidationRule], ...] = tuple(
    ValuesWithoutRepeating if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)


def variable_fault(error: GraphQLError, schema: GraphQLSchema) -> tuple[str, list[str]]:
    """What is wrong with a variable, and the path to the field at fault, which begins with the variable's name.

    The path is empty if it is the variable as a whole.
    """
    declared = next((node for node in error.nodes or () if isinstance(node, VariableDefinitionNode)), None)
    type = print_ast(declared.type) if declared else "its type"
    found = VARIABLE.match(error.message)
    if not found and error.extensions:  # the planner's own, whose message quotes nothing
        return error.message, []
    if not found:
        name = f"Variable '${declared.variable.name.value}'" if declared else "A variable"
        return f"{name} has an invalid value. Expected a value of type '{type}'.", []
    rest = error.message[found.end() :]
    within, expected = found[2] or "", EXPECTED.match(rest)
    steps = STEP.findall(within)
    unknown = expected and expected["unknown"]
    if unknown:
        within, steps = f"{within}.{unknown}".lstrip("."), [*steps, unknown]
    elif expected and expected["missing"]:
        steps.append(expected["missing"])
    if declared and rest.endswith(MISSING):
        return f"Variable '${found[1]}' is missing. Expected a value of type '{type}'.", []
    place = f" at {within}" if within else ""
    # graphql-core quotes the value before the words of the error that it wraps.
    cause = error.original_error if isinstance(error.original_error, InvalidScalar) else GraphQLError(rest)
    message = f"Variable '${found[1]}' has an invalid value{place}. {expectation(cause, type, schema, known=False)}"
    return message, [found[1], *steps] if steps else []


def expectation(error: GraphQLError, type: str, schema: GraphQLSchema, *, known: bool = True) -> str:
    """What an error of a scalar, or of graphql-core, says was expected; `type` is the fallback.

    A field that the type does not have is named if it is `known` to be part of a document, where programs name it.
    """
    if isinstance(error, InvalidScalar):
        return error.message
    # Matched at the start only: the rest of the message may quote the request.
    found = EXPECTED.match(error.message)
    if found is None:
        return f"Expected a value of type '{type}'."
    type = found["type"] or found["scalar"] or found["enum"] or found["member"]
    if found["unknown"] or found["other"]:
        meant = (found["meant"] or "").removeprefix(".")
        field = f"field '{found['unknown']}'" if known and found["unknown"] else "such field"
        return f"Type '{type}' has no {field}.{meant}"
    return f"Expected a value of type '{type}'{found['field'] or ''}{_members(type, schema)}."


def _members(type: str, schema: GraphQLSchema) -> str:
    kind: Any = schema.get_type(type.strip("[]!"))
    return f": {', '.join(kind.values)}" if isinstance(kind, GraphQLEnumType) else ""
