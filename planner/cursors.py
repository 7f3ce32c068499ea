"""Encrypts the cursors of an answer, and reads those of requests.

The keys of a list's order are not all shown: discussions are in the order of their last post, which may have been
removed. Statements write them as JSON, and the server encrypts them before the answer is sent.
"""

import json
import re
import secrets
import zlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from math import isfinite
from typing import Any, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from graphql import FieldNode, GraphQLError, GraphQLField
from sqlalchemy import Boolean, Text, func, literal_column
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import JSON

from models.rows import Expression
from models.viewers import Viewer
from planner.arguments import PlanInputs, bad_user_input, encodes, value_of
from planner.expressions import integer

KEY = "$c"  # of a cursor's object in a statement's answer; no response key has a dollar sign
# As in planner.member_reads, this matches no value that somebody wrote. Its array is a list of texts and numbers.
PLAIN = re.compile(r'\{"\$c" : (\[[^"\]]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"\]]*)*\])\}')
BEGINS = f'{{"{KEY}" : '
KEY_BYTES = 32
BLOCK = 32  # bytes, to which cursors are filled: their length tells nothing about a number or a short text


@dataclass(frozen=True)
class ListTag:
    """What names a list in its cursors: its field, and the id of the object that it is a list of, if it has one.

    A list whose order depends on the viewer's language is another in each, so its tag has that language.
    """

    field: str
    parent: Expression | None
    language: Expression | None = None  # the tag of it, in a statement

    def of_root(self, viewer: Viewer) -> str:
        """The tag of a list without a parent, as the viewer's cursors have it."""
        return self.field if self.language is None else f"{self.field}{viewer.reads_in.tag}"

    @property
    def expression(self) -> Expression:
        """The tag in a statement, in which alone it is known if there is a parent."""
        field: Expression = literal_column(f"'{self.field}'", Text())
        if self.language is not None:
            field = field.concat(self.language)
        if self.parent is None:
            return field
        digest = func.md5(field.concat(sql_cast(self.parent, Text())))
        return cast(Expression, func.left(digest, integer(len(self.field)), type_=Text()))


@dataclass(frozen=True)
class ListCheck:
    """A cursor that a statement checks; the number of the check is its place in the plan's list."""

    node: FieldNode
    argument: str

    def refusal(self, _: int = 0) -> GraphQLError:
        """The error for a cursor of another list."""
        return bad_user_input(f"The argument '{self.argument}' is not a cursor of this list.", self.node)


class Cursors:
    """Encrypts and authenticates cursors by AES-SIV (RFC 5297), with a key that all servers of a database have.

    It takes no nonce, so the same place in a list always has the same cursor. Without a `key`, one is drawn: no other
    process reads the cursors of this one.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self.use(key or secrets.token_bytes(KEY_BYTES))

    def use(self, key: bytes) -> None:
        """Replaces the key; cursors that were encrypted with the one before are refused."""
        self.cipher = AESSIV(key)

    def sealed(self, text: str) -> str:
        """The JSON of an answer with its cursors encrypted."""
        return PLAIN.sub(self._seal, text) if BEGINS in text else text

    def tag(self, name: str, parent: Expression | None, language: Expression | None = None) -> ListTag:
        """The tag of the list of a field, which is called `name`; with a `language`, its order depends on it."""
        return ListTag(f"{zlib.crc32(name.encode()):08x}", parent, language)

    def seal(self, keys: str) -> str:
        """The cursor of a JSON array: the list's tag, and the values of its order."""
        plain = keys.encode()
        filled = plain.ljust(-(-len(plain) // BLOCK) * BLOCK)
        return urlsafe_b64encode(self.cipher.encrypt(filled, None)).decode()

    def opened(self, cursor: str) -> Any:
        """What `seal` was given, as a value. Raises ValueError for any other text."""
        try:
            return json.loads(self.cipher.decrypt(b64decode(cursor, b"-_", validate=True), None))
        except InvalidTag:
            raise ValueError from None

    def _seal(self, found: re.Match[str]) -> str:
        return f'"{self.seal(found[1])}"'


def is_of_list(given: Expression, tag: ListTag, number: int) -> Expression:
    """Whether the tag in a cursor is the list's. Evaluating it raises UNKNOWN_KEY if it is not."""
    return cast(Expression, func.catalog.same_list(given, tag.expression, integer(number), type_=Boolean()))


def plain_cursor(tag: ListTag, keys: Sequence[Expression]) -> Expression:
    """A row's cursor as statements write it: the list's tag and the values of its order, still to be encrypted."""
    values = func.json_build_array(tag.expression, *keys, type_=JSON())
    return func.json_build_object(literal_column(f"'{KEY}'", Text()), values, type_=JSON())


def cursor_reader(
    cursors: Cursors, check: ListCheck, field: GraphQLField, tag: ListTag, keys: Sequence[Expression]
) -> list[Callable[[PlanInputs], Any]]:
    """A reader of a cursor argument for its tag, and for each key of the order, typed as the key's column.

    The readers raise GraphQLError for a malformed cursor, or one of another field. The statement compares parents.
    """
    kinds: list[type] = [str, *(key.type.python_type for key in keys)]

    def read(inputs: PlanInputs) -> list[Any]:
        cursor = value_of(check.node, field, check.argument, inputs.variables)
        return decoded(cursors, cursor, None if tag.parent is not None else tag.of_root(inputs.viewer), kinds, check)

    return [partial(_at, read, at) for at in range(len(kinds))]


def _at(read: Callable[[PlanInputs], list[Any]], at: int, inputs: PlanInputs) -> Any:
    return read(inputs)[at]


def decoded(cursors: Cursors, cursor: Any, tag: str | None, kinds: Sequence[type], check: ListCheck) -> list[Any]:
    """The tag and keys in a cursor, as values of `kinds`. Raises GraphQLError if it is no cursor of such a list.

    `tag` is None if the statement compares it.
    """
    try:
        found = cursors.opened(cursor)
        if not isinstance(found, list) or (tag is not None and found[0] != tag):
            raise TypeError
        return [_key(kind, value) for kind, value in zip(kinds, found, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, IndexError):
        raise check.refusal() from None


def _key(kind: type, value: Any) -> Any:
    if kind is UUID:
        return UUID(value)
    if issubclass(kind, datetime):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else _fail()
    if issubclass(kind, date):
        return date.fromisoformat(value)
    if kind is bool:
        return value if type(value) is bool else _fail()
    if kind is int:
        return value if type(value) is int and abs(value) < 2**31 else _fail()
    if kind is float:
        number = float(value) if type(value) in (int, float) else _fail()
        return number if isfinite(number) else _fail()
    return value if isinstance(value, str) and "\0" not in value and encodes(value) else _fail()


def _fail() -> Any:
    raise ValueError
