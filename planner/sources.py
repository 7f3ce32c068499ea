"""Finds what decides a statement's text beside its values: rows of known tables, or something that is not known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from planner.compiling import CONSTANT, Statement


class KnownTables(Protocol):
    """The tables of which it is known what a view reads, and by what that is decided.

    `watched` has, by each of them, the tables whose rows decide. Of those that are `guarded` the viewer decides too.
    """

    @property
    def watched(self) -> Mapping[str, frozenset[str]]: ...

    @property
    def guarded(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """The tables whose rows decide a view's statement, and whether what the viewer may read of them does too."""

    view: str
    tables: frozenset[str]
    guarded: bool = False


@dataclass(frozen=True)
class NoTables:
    watched: Mapping[str, frozenset[str]]
    guarded: frozenset[str] = frozenset()


NO_TABLES = NoTables({})

# What may stand before a parenthesis: words of SQL, types, and functions that return the same for the same arguments
# and settings of a connection. A function that is missing here keeps a statement from being kept, nothing else.
WORDS = frozenset(
    """
    all and any array as by case cast else exists filter from in join lateral materialized not on or ordinality over row
    select then using values varchar when where with within
    """.split()  # noqa: SIM905
)
FUNCTIONS = frozenset(
    """
    array_agg array_append array_position array_prepend array_to_string btrim cardinality char_length coalesce concat_ws
    convert_to count encode floor greatest json_agg json_build_array json_build_object jsonb_build_array
    jsonb_build_object jsonb_each jsonb_extract_path jsonb_extract_path_text jsonb_object_keys least left lower max md5
    min normalize nullif octet_length regexp_replace replace row_number row_to_json set_config starts_with string_agg
    sum to_jsonb translate unnest upper
    """.split()  # noqa: SIM905
)
TEXTS = re.compile(r"'(?:[^']|'')*'")
QUOTED = re.compile(r'"(?:[^"]|"")*"')
ALIAS = re.compile(r"\bas \w+\s*\(")  # of a table, with names of its columns
CALLED = re.compile(r"(?<![\w.])([\w.]++)\s*\(")  # whole words: each is looked at once
# Calls without parentheses.
MOMENT = re.compile(r"\b(?:current_\w+|localtime\w*|session_user|user)\b")


def sources_of(statement: Statement, view: str, known: KnownTables) -> Sources | None:
    """What decides the text of a view's statement; None if it reads other tables, or calls what may differ."""
    if not statement.named or not statement.named <= known.watched.keys() or not is_constant(statement.sql):
        return None
    tables = frozenset[str]().union(*(known.watched[name] for name in statement.named))
    return Sources(view, tables, not statement.named.isdisjoint(known.guarded))


def is_constant(sql: str) -> bool:
    """Whether a statement returns the same for the same rows, whenever it runs."""
    bare = ALIAS.sub("as (", QUOTED.sub("quoted_", TEXTS.sub("''", sql)).lower())
    return MOMENT.search(bare) is None and set(CALLED.findall(bare)) <= WORDS | FUNCTIONS | CONSTANT
