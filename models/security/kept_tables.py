"""Declares of which tables answers may be kept in memory: what a role reads of them changes with watched rows alone.

Every write to a watched table sends TABLE_CHANGED in its transaction, by the triggers of
models/functions/insight/kept_answers.sql.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.security.read_rules import BUYER, FROZEN, LICENSED, OF_INSIGHT, PUBLISHED, RELEASE, SAME_FOR_ALL, SCOPES
from models.viewers import SETTINGS, Audience

SCHEMAS = ("catalog.", "insight.")  # what members write is never kept,
OF_MEMBERS = frozenset({"catalog.association"})  # nor what they publish of themselves
NAMED = re.compile(r"\b(?:FROM|JOIN) ([a-z]+\.[a-z_]+)")
FOR_EVERYBODY = SAME_FOR_ALL | {FROZEN}  # conditions on the rows of watched tables alone
# Conditions that depend on the datasets of LICENSED, which is asked at each read, and on watched tables.
BY_LICENCE = frozenset({PUBLISHED.readers[BUYER], RELEASE.readers[BUYER], OF_INSIGHT.readers[BUYER]})


@dataclass(frozen=True)
class KeptTables:
    """Of which tables the answers to an audience may be kept.

    `watched` has, by each of these tables, all those that decide what the audience reads of it. Of the `guarded` ones
    the viewer decides too: only by what the statement in RIGHTS returns to them.
    """

    watched: Mapping[str, frozenset[str]]
    guarded: frozenset[str] = frozenset()


def kept_tables(audience: Audience) -> KeptTables:
    """The tables of which an audience's answers may be kept."""
    conditions = {
        table: scope.readers[audience]
        for table, scope in SCOPES.items()
        if audience in scope.readers and table.startswith(SCHEMAS) and table not in OF_MEMBERS
    }
    guarded = {table for table, each in conditions.items() if audience is BUYER and each in BY_LICENCE}
    open_to_all = {table for table, each in conditions.items() if each in FOR_EVERYBODY}
    watched = {table: deciding(table, conditions) for table in open_to_all | guarded}
    return KeptTables(watched, frozenset(guarded))


def deciding(table: str, conditions: Mapping[str, str]) -> frozenset[str]:
    """A table, and those whose rows decide by its condition which of its rows are read, but for what LICENSED reads."""
    found, left = set[str](), [table]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += NAMED.findall(conditions[one].replace(LICENSED, ""))
    return frozenset(found)


def watched_tables() -> Sequence[str]:
    """All tables whose writes are told to every server."""
    return sorted({name for audience in Audience for names in kept_tables(audience).watched.values() for name in names})


# A digest of the datasets of LICENSED, for the organization that is its parameter.
LICENSED_DATASETS = (
    f"WITH viewer AS MATERIALIZED (SELECT set_config('{SETTINGS[BUYER]}', $1, true) AS id) "  # noqa: S608 - ours
    "SELECT CASE WHEN viewer.id IS NOT NULL THEN (SELECT encode(sha256(convert_to(coalesce("
    f"string_agg(DISTINCT licensed.id::text, ' ' ORDER BY licensed.id::text), ''), 'UTF8')), 'hex') FROM {LICENSED}"
    " AS licensed) END FROM viewer"
)
# By view, the statement that says what a viewer may read of guarded tables. Its parameter is the viewer's scope.
RIGHTS: Mapping[str, str] = {BUYER.view: LICENSED_DATASETS}
