"""Statements are written as SQLAlchemy writes them, whichever way a SELECT takes through the planner's compiler."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Select, Table, Text, func, literal_column, select, true, union_all

from models.rows import TextInLanguage
from models.rows import row as row_of
from models.tracking.observations import Indicator
from planner.compiling import compiled, simple_source
from planner.expressions import OuterExpression, SubqueryColumn, as_object, as_values, labelled, object_of

here = Table("here", MetaData(), Column("id", Integer), Column("name", Text), Column("Order", Integer), schema="care")
there = Table("there", MetaData(), Column("id", Integer), Column("here_id", Integer))
a, b = here.alias("a"), there.alias()
inner = select(b.c.here_id, func.count().label("times")).group_by(b.c.here_id).subquery()
PAIRS = [("id", a.c.id), ("camelCase", a.c["Order"] + 1), ("order", func.lower(a.c.name)), ("same", a.c.id == 2)]
Columns = Sequence[Any]
SIMPLE: dict[str, Callable[[Columns], Select[Any]]] = {
    "a table": lambda columns: select(*columns).select_from(a),
    "conditions": lambda columns: select(*columns).select_from(a).where(a.c.id > 1, a.c.name.is_not(None)),
    "one that is always so": lambda columns: select(*columns).select_from(a).where(true()),
    "an order and a limit": lambda columns: (
        select(*columns).select_from(a).order_by(a.c.name.desc(), a.c.id).limit(literal_column("3"))
    ),
    "a subselect in a condition": lambda columns: (
        select(*columns).select_from(a).where(select(b.c.id).where(b.c.here_id == a.c.id).exists())
    ),
    "a subselect without another table": lambda columns: (
        select(*columns).select_from(a).where(a.c.id == select(a.c.id).where(a.c.name == "x").scalar_subquery())
    ),
}
OTHERS: dict[str, Callable[[Columns], Select[Any]]] = {
    "another table in a condition": lambda columns: select(*columns).select_from(a).where(b.c.here_id == a.c.id),
    "a join": lambda columns: select(*columns).select_from(a.join(b, b.c.here_id == a.c.id)),
    "a join of the SELECT": lambda columns: select(*columns).select_from(a).join(inner, inner.c.here_id == a.c.id),
    "distinct rows": lambda columns: select(*columns).select_from(a).distinct(),
    "groups": lambda columns: select(*columns).select_from(a).group_by(a.c.id).having(func.count() > 1),
    "an offset": lambda columns: select(*columns).select_from(a).limit(3).offset(2),
    "fetched rows": lambda columns: select(*columns).select_from(a).fetch(3),
    "a lock": lambda columns: select(*columns).select_from(a).with_for_update(),
    "an order by a label": lambda columns: select(*columns).select_from(a).order_by(func.upper(a.c.name).label("up")),
    "no table": lambda columns: select(*columns),
}


def sql(rows: Select[Any]) -> str:
    return compiled(as_object(rows), {}, None).sql


@pytest.mark.parametrize("shape", (SIMPLE | OTHERS).values(), ids=(SIMPLE | OTHERS).keys())
def test_columns_named_by_us_are_written_as_labels_are(shape: Callable[[Columns], Select[Any]]) -> None:
    pairs = PAIRS if shape(PAIRS[0][1:]).get_final_froms() else PAIRS[:1]
    if shape is OTHERS["no table"]:
        pairs = [("one", literal_column("1")), ("order", literal_column("2"))]
    assert sql(shape(labelled(pairs))) == sql(shape([each.label(key) for key, each in pairs]))


@pytest.mark.parametrize(("shape", "is_simple"), [
    *((shape, True) for shape in SIMPLE.values()), *((shape, False) for shape in OTHERS.values()),
], ids=[*SIMPLE, *OTHERS])  # fmt: skip
def test_only_simple_selects_are_written_by_us(shape: Callable[[Columns], Select[Any]], is_simple: bool) -> None:
    assert (simple_source(shape(labelled(PAIRS))) is not None) is is_simple
    assert simple_source(shape([each.label(key) for key, each in PAIRS])) is None


def test_a_subselect_within_a_simple_select_finds_its_tables() -> None:
    """SQLAlchemy leaves those out that the SELECT around it has, which may be one that we write."""
    pair = select(b.c.id).where(b.c.here_id == a.c.id).scalar_subquery()
    ours = select(*labelled([("pair", pair)])).select_from(a)
    assert simple_source(ours) is not None
    assert sql(ours) == sql(select(pair.label("pair")).select_from(a))
    assert sql(ours).count("care.here AS a") == 1


def test_parts_of_a_union() -> None:
    """Of which SQLAlchemy writes some, and compares them with the first."""

    def union(columns: Columns) -> Select[Any]:
        parts = [select(*columns).select_from(a).where(a.c.id == number) for number in (1, 2)]
        together = union_all(*parts, select(*columns).select_from(a).distinct())
        return select(literal_column("u.*")).select_from(together.subquery("u"))

    one = [("order", a.c.name)]
    assert sql(union(labelled(one))) == sql(union([each.label(key) for key, each in one]))


def test_columns_of_a_subquery() -> None:
    outer = OuterExpression(inner.c.times)
    ours = object_of([("times", SubqueryColumn(inner, "times", Integer()))])
    assert compiled(as_values(select(ours).select_from(inner)), {}, None).sql == compiled(
        as_values(select(object_of([("times", outer)])).select_from(inner)), {}, None
    ).sql  # fmt: skip


def test_a_translated_text_is_that_of_operators() -> None:
    found, tag = row_of(Indicator), literal_column("'fr'", Text())
    spelled = func.coalesce(found.translations[tag].op("->>")(literal_column("'name'")), found.name)
    texts = [TextInLanguage(found, "name", tag), spelled]
    ours, theirs = (
        sql(select(*labelled([("name", each), ("low", func.lower(each)), ("is", each == "x")])).select_from(found))
        for each in texts
    )
    assert ours == theirs
