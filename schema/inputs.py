"""Derives inputs from the parameters of write functions, and reads, checks and digests an input in one visit."""

import inspect
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_camel_case

from models.messages import Message, message
from models.parameters import NO_NUMBER, NO_ROW, AccountAddress, EmailAddress, Id, NodeId
from planner.arguments import number_of, prefix_of, uuid_of
from planner.declared import Malformed
from privacy.described import DeclarationError
from resolvers.faults import Faults
from resolvers.texts import has_control_characters, with_line_feeds
from resolvers.transactions import UNSET, Key, Path, Refusal, RefusalCode, Unset, not_found
from schema.scalars import text_of

REQUIRED = inspect.Parameter.empty
TEXT_REFUSED = message("This contains a character that is not allowed: a control character or a lone surrogate.")
ADDRESS_REFUSED = message("This is not a valid e-mail address.")
ARGUMENT = "input"  # the only argument of every mutation
VERBATIM = {"password", "new_password"}  # whose text is left as it is: passwords may be older than these rules


# In place of values that cannot be read; by type, because rules compare them.
STAND_INS: Mapping[Any, Any] = {
    date: date(1970, 1, 1),
    datetime: datetime(1970, 1, 1, tzinfo=UTC),
    Decimal: Decimal(0),
}


@dataclass
class Visit:
    """The results of one pass over an input: its values, to be digested, and the refusals of unreadable ones."""

    leaves: list[tuple[Path, Any]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def leaf(self, path: Path, value: Any) -> Any:
        """Records a value and returns it; the line ends of a text become line feeds.

        A text that contains a control character or a lone surrogate is refused.
        """
        if type(value) is str:  # members of an enum are instances of str too
            verbatim = path[-1] in VERBATIM
            value = value if verbatim else with_line_feeds(value)
            if not _encodes(value) or ("\0" in value if verbatim else has_control_characters(value)):
                self.refuse(TEXT_REFUSED, path)
                value = ""
        self.leaves.append((path, value))
        return value

    def refuse(self, reason: Message, path: Path) -> None:
        self.refusals.append(Refusal(RefusalCode.INVALID, reason, path))

    def faults(self) -> Faults:
        """The faults found so far, to which rules add theirs."""
        return Faults(*self.refusals)

    def digestible(self) -> bytes:
        """The input as bytes to digest: equal for equal values, however they were written."""
        return json.dumps(self.leaves, default=text_of).encode()


Read: TypeAlias = Callable[[Any, Path, Visit], Any]


@dataclass(frozen=True)
class InputField:
    """A parameter of a write function, or a field of a dataclass in it, as a field of an input."""

    name: str
    kind: Any  # its type in the graph
    read: Read
    default: Any = REQUIRED
    nullable: bool = False


Parameters: TypeAlias = tuple[InputField, ...]

NESTED: dict[type, tuple[type, Parameters]] = {}  # dataclasses within inputs: their input types and fields


def nested(
    kind: type,
    name: str,
    about: str,
    /,
    *,
    must_give: Collection[str] = (),
    **about_each: str,
) -> None:
    """Declares the input type `name` for a dataclass that write functions take, with a description of each field.

    `must_give` are fields that a client must give although the dataclass has a default.
    """
    defaults = {
        each.name: REQUIRED if each.name in must_give or each.default is MISSING else each.default
        for each in fields(kind)
    }
    parameters = tuple(
        _parameter(each, hint, defaults[each]) for each, hint in get_type_hints(kind, include_extras=True).items()
    )
    NESTED[kind] = input_type(name, about, parameters, about_each), parameters


def parameters_of(write: Callable[..., Any]) -> Parameters:
    """The keyword-only parameters of a write function."""
    hints = get_type_hints(write, include_extras=True)
    return tuple(
        _parameter(name, hints[name], each.default)
        for name, each in inspect.signature(write).parameters.items()
        if each.kind is inspect.Parameter.KEYWORD_ONLY
    )


def input_type(name: str, about: str, parameters: Parameters, about_each: Mapping[str, str], **more: Any) -> type:
    """An input type with a field for each parameter, and an optional text field for each of `more`.

    Raises DeclarationError for a parameter without a description, and for a description without a parameter.
    """
    names = [each.name for each in parameters]
    for each in names:
        if each not in about_each:
            raise DeclarationError(f"{name}: describe the parameter {each!r}")
    for each in about_each:
        if each not in names:
            raise DeclarationError(f"{name}: there is no parameter {each!r}")
    made: dict[str, Any] = {"__annotations__": {}}
    for parameter in parameters:
        optional = {"default": strawberry.UNSET} if parameter.nullable else {}
        made[parameter.name] = strawberry.field(description=about_each[parameter.name], **optional)
        made["__annotations__"][parameter.name] = parameter.kind | None if parameter.nullable else parameter.kind
    for each, described in more.items():
        made[each] = strawberry.field(default=strawberry.UNSET, description=described)
        made["__annotations__"][each] = str | None
    return strawberry.input(type(name, (), made), description=about)


def read(parameters: Parameters, given: Any, visit: Visit, path: Path = ()) -> dict[str, Any]:
    """The arguments of a write function from an input, by parameter, without those whose default applies."""
    return dict(_arguments(parameters, given, visit, path))


def graph_path(path: Path) -> list[str]:
    """A path in the names of the graph, which begins with the argument `input`."""
    return [ARGUMENT, *(str(step) if isinstance(step, int | Key) else to_camel_case(step) for step in path)]


def _arguments(parameters: Parameters, given: Any, visit: Visit, path: Path) -> Iterator[tuple[str, Any]]:
    for parameter in parameters:
        name, value = parameter.name, getattr(given, parameter.name)
        if value is not None and value is not strawberry.UNSET:
            yield name, parameter.read(value, (*path, name), visit)
            continue
        visit.leaf((*path, name), None)
        # Null is passed on only if the default is None or UNSET, or there is no default.
        if parameter.default is REQUIRED or (value is None and parameter.default in (None, UNSET)):
            yield name, None


def _parameter(name: str, hint: Any, default: Any) -> InputField:
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    (kind,) = [part for part in parts if part is not type(None) and get_args(part) != (Unset.UNSET,)]
    made, reads = _reader(kind)
    return InputField(name, made, reads, default, nullable=default is not REQUIRED or len(parts) > 1)


def _reader(kind: Any) -> tuple[Any, Read]:
    """The graph's type for a parameter's type, and the function that reads its values."""
    origin = get_origin(kind)
    if origin is Annotated:
        of, mark = get_args(kind)
        if of is int:
            return strawberry.ID, _number_reader(mark)
        return strawberry.ID, _id_reader(mark, NodeId if of is NodeId else UUID)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        each, reads = _reader(get_args(kind)[0])
        return list[each], _list_reader(tuple if origin is tuple else list, reads)  # type: ignore[valid-type]
    if kind is EmailAddress:
        return EmailAddress, _valid_address
    if kind is AccountAddress:
        return EmailAddress, _account_address
    if is_dataclass(kind):
        if kind not in NESTED:
            raise DeclarationError(f"{kind.__name__}: declare its input type with `nested`")  # type: ignore[union-attr]
        make: Callable[..., Any] = kind
        made, parameters = NESTED[kind]
        return made, lambda value, path, visit: make(**read(parameters, value, visit, path))
    return kind, _leaf_reader(STAND_INS.get(kind))


def _leaf_reader(stand_in: Any) -> Read:
    def reads(value: Any, path: Path, visit: Visit) -> Any:
        if isinstance(value, Malformed):
            visit.refuse(value.message, path)
            value = stand_in
        return visit.leaf(path, value)

    return reads


def _id_reader(mark: Id, kind: type) -> Read:
    def reads(value: Any, path: Path, visit: Visit) -> Any:
        # Not read as a text: one with control characters is the id of no row, like any other.
        visit.leaves.append((path, value))
        prefix, key = prefix_of(value), uuid_of(value)
        if prefix in mark.prefixes and key is not None:
            return NodeId(prefix, key) if kind is NodeId else key
        if mark.or_none:
            return None
        visit.refusals += not_found(*path).refusals
        return NodeId("", NO_ROW) if kind is NodeId else NO_ROW

    return reads


def _number_reader(mark: Id) -> Read:
    def reads(value: Any, path: Path, visit: Visit) -> Any:
        visit.leaves.append((path, value))
        number = number_of(value) if prefix_of(value) in mark.prefixes else None
        if number is None:
            visit.refusals += not_found(*path).refusals
            return NO_NUMBER
        return number

    return reads


def _valid_address(value: AccountAddress | Malformed, path: Path, visit: Visit) -> EmailAddress:
    address = _account_address(value, path, visit)
    if isinstance(value, AccountAddress) and value.valid is None:
        visit.refuse(ADDRESS_REFUSED, path)
    return address.valid or EmailAddress("")


def _account_address(value: AccountAddress | Malformed, path: Path, visit: Visit) -> AccountAddress:
    if isinstance(value, Malformed):
        visit.refuse(ADDRESS_REFUSED, path)
        value = AccountAddress((), "", None)
    visit.leaves.append((path, list(value.forms)))
    return value


def _list_reader(make: Callable[..., Any], reads: Read) -> Read:
    def read_all(values: Any, path: Path, visit: Visit) -> Any:
        visit.leaf(path, len(values))
        return make(reads(value, (*path, place), visit) for place, value in enumerate(values))

    return read_all


def _encodes(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
