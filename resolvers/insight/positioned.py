"""Reads variables of a dataset with their categories, as publishing needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from models.database import Connection
from models.languages import DEFAULT, Language
from privacy.domains import Category, DomainRule, Variable

VARIABLES = """
    SELECT v.position, v.name, coalesce(v.translations -> $2 ->> 'label', v.label) AS titled, v.rule, v.ordinal,
        v.max_per_member, v.subject_id, v.groups, c.code, coalesce(c.translations -> $2 ->> 'label', c.label) AS label,
        c.value, c.low, c.high, c.merges
    FROM insight.variable v JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
    WHERE v.dataset_id = $1
"""
IN_ORDER = " ORDER BY v.position, c.place"


@dataclass(frozen=True)
class PositionedVariable:
    """A variable, and its position in its dataset."""

    position: int
    variable: Variable


async def domain_of(
    connection: Connection, dataset: UUID, names: Sequence[str] | None = None
) -> Mapping[str, PositionedVariable]:
    """The dataset's own variables with these names, or all, by name and in order, with their categories in order."""
    wanted = names if names is None else list(names)
    condition = " AND v.groups = '' AND ($3::text[] IS NULL OR v.name = any($3))"
    rows = await connection.fetch(VARIABLES + condition + IN_ORDER, dataset, DEFAULT.tag, wanted)
    return {each.variable.name: each for each in _positioned(rows)}


async def variables_at(
    connection: Connection, dataset: UUID, positions: Sequence[int], language: Language = DEFAULT
) -> Mapping[int, PositionedVariable]:
    """The variables and groupings at these positions, in order, with labels in a language."""
    condition = " AND v.position = any($3)"
    rows = await connection.fetch(VARIABLES + condition + IN_ORDER, dataset, language.tag, list(positions))
    return {each.position: each for each in _positioned(rows)}


def _positioned(rows: Sequence[asyncpg.Record]) -> Sequence[PositionedVariable]:
    first: dict[int, asyncpg.Record] = {}
    categories: dict[int, list[Category]] = {}
    for row in rows:
        first.setdefault(row["position"], row)
        one = Category(row["code"], row["label"], row["value"], row["low"], row["high"], tuple(row["merges"]))
        categories.setdefault(row["position"], []).append(one)
    return [
        PositionedVariable(
            position,
            Variable(
                name=row["name"],
                label=row["titled"],
                categories=tuple(categories[position]),
                rule=DomainRule(row["rule"]),
                ordinal=row["ordinal"],
                max_per_member=row["max_per_member"],
                subject=row["subject_id"],
                groups=row["groups"],
            ),
        )
        for position, row in first.items()
    ]
