"""Reads arguments from literals and variables: as bound values, ids, and parts of a plan's key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from graphql import FieldNode, GraphQLError, GraphQLField, Undefined, ValueNode, VariableNode, is_non_null_type
from graphql.execution.values import VariableValues
from graphql.language import ListValueNode, ObjectValueNode
from graphql.utilities.coerce_input_value import coerce_input_literal
from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, Text, Uuid
from sqlalchemy.types import TypeEngine

from models.viewers import Viewer
from planner.declared import PAGE_LIMIT, Computed, Malformed, NodeById, NodesByIds, Paged, Parameter, Source, Sql

PAGE = ("first", "last")
CURSORS = ("after", "before")
SQL_TYPES: dict[Any, TypeEngine[Any]] = {
    UUID: Uuid(), str: Text(), date: Date(), datetime: DateTime(timezone=True), bool: Boolean(), int: Integer(),
    float: Float(53),
}  # fmt: skip


@dataclass(slots=True)  # not frozen: that would double the time of making one for each request
class Variables:
    """The variables of a request, coerced to their types."""

    values: Mapping[str, Any]
    coerced: VariableValues | None = None  # graphql-core's own, if it has coerced them

    @property
    def full(self) -> VariableValues:
        """As graphql-core's executor takes them."""
        if self.coerced is None:
            self.coerced = VariableValues({}, dict(self.values))
        return self.coerced


@dataclass(slots=True)  # as Variables
class PlanInputs:
    """The input of a plan's readers; `parent` is the Python object that a planned field belongs to, if any."""

    variables: Variables
    viewer: Viewer
    parent: Any = None


def bad_user_input(message: str, node: Any = None) -> GraphQLError:
    """A GraphQL error with the code BAD_USER_INPUT; the message must not repeat a value."""
    return GraphQLError(message, nodes=node, extensions={"code": "BAD_USER_INPUT"})


def argument(node: FieldNode, name: str) -> ValueNode | None:
    """An argument's value as written in the document; None if it is not there."""
    for given in node.arguments or ():
        if given.name.value == name:
            return given.value
    return None


def value_of(node: FieldNode, field: GraphQLField, name: str, variables: Variables) -> Any:
    """An argument's value in this request; Undefined if it is not given."""
    given = argument(node, name)
    if given is None:
        return Undefined
    if isinstance(given, VariableNode):
        return variables.values.get(given.name.value, Undefined)
    return coerce_input_literal(given, field.args[name].type, variables.full)


def is_given(node: FieldNode, field: GraphQLField, name: str, variables: Variables) -> bool:
    """Whether an argument is given and not null."""
    return value_of(node, field, name, variables) not in (None, Undefined)


def bound(node: FieldNode, field: GraphQLField, name: str, kind: Any) -> Callable[[PlanInputs], Any]:
    """The reader of a bound argument, of the Python type `kind`."""
    return converted(node, field, name, _converter(kind, name, node))


def converted(
    node: FieldNode, field: GraphQLField, name: str, convert: Callable[[Any], Any]
) -> Callable[[PlanInputs], Any]:
    """The reader of what `convert` makes of an argument."""
    given = argument(node, name)
    if isinstance(given, VariableNode):
        variable = given.name.value
        return lambda inputs: convert(inputs.variables.values.get(variable))
    if given is not None and not variables_in(given):  # the same in every request
        constant = convert(coerce_input_literal(given, field.args[name].type))
        return lambda inputs: constant
    return lambda inputs: convert(value_of(node, field, name, inputs.variables))


def not_below(
    first: Callable[[PlanInputs], Any], last: Callable[[PlanInputs], Any], span: tuple[str, str], node: FieldNode
) -> Callable[[PlanInputs], Any]:
    """Reads what `last` reads. The reader raises GraphQLError if that is below the value that `first` reads."""

    def read(inputs: PlanInputs) -> Any:
        begins, ends = first(inputs), last(inputs)
        if begins is not None and ends is not None and ends < begins:
            raise bad_user_input(f"The argument '{span[1]}' must not be before '{span[0]}'.", node)
        return ends

    return read


def sql_type(kind: Any) -> TypeEngine[Any]:
    """The SQL type of a parameter for values of a Python type. Raises KeyError for an unknown type."""
    if getattr(kind, "__origin__", None) is list:
        return ARRAY(sql_type(kind.__args__[0]))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return SQL_TYPES[str]
    return SQL_TYPES[kind]


def _converter(kind: Any, name: str, node: FieldNode) -> Callable[[Any], Any]:
    is_text = kind is str

    def convert(value: Any) -> Any:
        if is_text and type(value) is str and value.isascii() and "\0" not in value:  # as most texts
            return value
        if value is None or value is Undefined:
            return None
        if isinstance(value, Malformed):
            raise bad_user_input(f"The argument '{name}' is malformed. {value.message}", node)
        if kind is UUID:
            return uuid_of(value)
        return _text(value, name, node) if is_text else getattr(value, "value", value)

    if getattr(kind, "__origin__", None) is not list:
        return convert
    each = _converter(kind.__args__[0], name, node)

    def convert_all(values: Any) -> Any:
        return None if values is None or values is Undefined else [each(value) for value in values]

    return convert_all


def _text(value: Any, name: str, node: FieldNode) -> str:
    text = str(value)
    if "\0" in text or not encodes(text):
        raise bad_user_input(f"The argument '{name}' must not contain U+0000 or a lone surrogate.", node)
    return text


def encodes(text: str) -> bool:
    """Whether a text can be sent to PostgreSQL: it has no lone surrogate."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def uuid_of(id: Any) -> UUID | None:
    """The row's key in an id of the graph. None for a malformed id, which then matches no row."""
    text = id[id.find("_") + 1 :] if isinstance(id, str) else ""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def number_of(id: Any) -> int | None:
    """The row's number in an id of the graph. None for a malformed id, which then matches no row."""
    text = id[id.find("_") + 1 :] if isinstance(id, str) else ""
    # Up to nine digits, as many as every integer of PostgreSQL has.
    return int(text) if text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 10 else None


def prefix_of(id: Any) -> str:
    """The prefix in an id of the graph, "com" in "com_…"; "" if it has none."""
    return id.partition("_")[0] if isinstance(id, str) and "_" in id else ""


def page_size(node: FieldNode, field: GraphQLField, name: str, variables: Variables) -> int | None:
    """The value of `first` or `last`; None if it is not given. Raises GraphQLError outside 1 to PAGE_LIMIT."""
    size = value_of(node, field, name, variables)
    if size is None or size is Undefined:
        return None
    if not 1 <= size <= PAGE_LIMIT:
        raise bad_user_input(f"The argument '{name}' must be between 1 and {PAGE_LIMIT}.", node)
    return int(size)


@dataclass(frozen=True)
class PlanKeyPart:
    """A variable that changes the statement, and the part of it that does: its value, its presence or its prefix."""

    variable: str
    part: Callable[[Any], Any]

    def of(self, values: Mapping[str, Any]) -> Any:
        return self.part(values.get(self.variable, Undefined))


def plan_key_parts(
    node: FieldNode, field: GraphQLField, source: Source, prefix: Callable[[Any], Any]
) -> list[PlanKeyPart]:
    """The variables in a field's arguments that change its statement; `prefix` returns those of an id or of several."""
    found = []
    for given in node.arguments or ():
        required = is_non_null_type(field.args[given.name.value].type)
        part = prefix if isinstance(source, NodeById | NodesByIds) else _part(source, given.name.value, required)
        if part is not None:
            found += [PlanKeyPart(variable, part) for variable in variables_in(given.value)]
    return found


def variables_in(value: ValueNode) -> list[str]:
    """The names of the variables within a value."""
    if isinstance(value, VariableNode):
        return [value.name.value]
    if isinstance(value, ListValueNode):
        return [name for item in value.values for name in variables_in(item)]
    if isinstance(value, ObjectValueNode):
        return [name for item in value.fields for name in variables_in(item.value)]
    return []


def _part(source: Source, name: str, required: bool) -> Callable[[Any], Any] | None:
    if isinstance(source, Paged) and name in PAGE:
        return structural
    if isinstance(source, Paged) and name in CURSORS:
        return present
    if isinstance(source, Computed):
        if name in source.unless:
            return present
        if any(each.argument == name for each in source.parameters):
            return None if required else present
        if source.planned is None or all(each.argument != name for each in source.planned.parameters):
            return None  # only `finish` reads it
        source = source.planned
    if isinstance(source, Sql):
        parameter = parameter_of(source, name)
        if not parameter.bound:
            return structural
    return None if required else present


def parameter_of(source: Sql, name: str) -> Parameter:
    """The resolver's parameter for an argument of the graph: `from_` for `from`, snake case for camel case."""
    return next(parameter for parameter in source.arguments if parameter.argument == name)


def structural(value: Any) -> Any:
    """A value as a part of a plan's key, which must be hashable."""
    return tuple(structural(item) for item in value) if isinstance(value, list) else value


def present(value: Any) -> bool:
    """Whether a value is given and not null."""
    return value is not None and value is not Undefined
