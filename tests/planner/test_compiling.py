"""Statements are written as SQLAlchemy writes them, whichever way a SELECT takes through the planner's compiler."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Select, Table, Text, func, literal_column, select, true, union_all

from models.rows import TextInLanguage
from models.rows import row as row_of
from models.tracking.observations import Indicator
from planner.compiling import compiled, has_plain_columns, simple_sources
from planner.expressions import Json, OuterColumn, OuterExpression, as_values, integer, labelled, object_of
from planner.selects import Ordering, Selected

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
    "a join": lambda columns: select(*columns).select_from(a.join(b, b.c.here_id == a.c.id)),
    "a join of the SELECT": lambda columns: (
        select(*columns).select_from(a).join(inner, inner.c.here_id == a.c.id).outerjoin(b, b.c.id == inner.c.here_id)
    ),
    "a joined table in a condition": lambda columns: (
        select(*columns).select_from(a).join(b, b.c.here_id == a.c.id).where(b.c.id > 1)
    ),
    "no table": lambda columns: select(*columns),
    "a subselect without another table": lambda columns: (
        select(*columns).select_from(a).where(a.c.id == select(a.c.id).where(a.c.name == "x").scalar_subquery())
    ),
}
OTHERS: dict[str, Callable[[Columns], Select[Any]]] = {
    "another table in a condition": lambda columns: select(*columns).select_from(a).where(b.c.here_id == a.c.id),
    "a join with another table in a condition": lambda columns: (
        select(*columns).select_from(a).join(b, b.c.here_id == a.c.id).where(inner.c.here_id == b.c.id)
    ),
    "distinct rows": lambda columns: select(*columns).select_from(a).distinct(),
    "groups": lambda columns: select(*columns).select_from(a).group_by(a.c.id).having(func.count() > 1),
    "an offset": lambda columns: select(*columns).select_from(a).limit(3).offset(2),
    "fetched rows": lambda columns: select(*columns).select_from(a).fetch(3),
    "a lock": lambda columns: select(*columns).select_from(a).with_for_update(),
    "an order by a label": lambda columns: select(*columns).select_from(a).order_by(func.upper(a.c.name).label("up")),
}


def sql(rows: Select[Any] | Selected) -> str:
    return compiled(Json("row_to_json(o$)", rows), {}, None).sql


def is_simple(rows: Select[Any]) -> bool:
    return has_plain_columns(rows) and simple_sources(rows) is not None


@pytest.mark.parametrize("shape", (SIMPLE | OTHERS).values(), ids=(SIMPLE | OTHERS).keys())
def test_columns_named_by_us_are_written_as_labels_are(shape: Callable[[Columns], Select[Any]]) -> None:
    pairs = PAIRS if shape(PAIRS[0][1:]).get_final_froms() else PAIRS[:1]
    if shape is SIMPLE["no table"]:
        pairs = [("one", literal_column("1")), ("order", literal_column("2"))]
    assert sql(shape(labelled(pairs))) == sql(shape([each.label(key) for key, each in pairs]))


@pytest.mark.parametrize(("shape", "ours"), [
    *((shape, True) for shape in SIMPLE.values()), *((shape, False) for shape in OTHERS.values()),
], ids=[*SIMPLE, *OTHERS])  # fmt: skip
def test_only_simple_selects_are_written_by_us(shape: Callable[[Columns], Select[Any]], ours: bool) -> None:
    assert is_simple(shape(labelled(PAIRS))) is ours
    assert not is_simple(shape([each.label(key) for key, each in PAIRS]))


@pytest.mark.parametrize("shape", (SIMPLE | OTHERS).values(), ids=(SIMPLE | OTHERS).keys())
def test_selects_of_ours_are_written_as_those_of_sqlalchemy(shape: Callable[[Columns], Select[Any]]) -> None:
    """With the columns, the order and the limit that they give, in place of those of the SELECT."""
    rows = shape([literal_column("0")])
    pairs = PAIRS if rows.get_final_froms() else [("order", literal_column("1"))]
    ours = Selected(
        labelled(pairs), rows, [Ordering(literal_column("1"), True), Ordering(a.c.id == 2, False)], integer(5)
    )
    theirs = rows.with_only_columns(*[each.label(key) for key, each in pairs], maintain_column_froms=True)
    order: list[Any] = [literal_column("1").desc(), (a.c.id == 2).asc()]
    assert sql(ours) == sql(theirs.order_by(None).order_by(*order).limit(integer(5)))


def test_a_select_of_a_function_is_named_as_sqlalchemy_names_it() -> None:
    """It is named before the functions in it."""
    inner_one = select(func.max(a.c.id)).scalar_subquery()
    both = [select(func.max(b.c.id, inner_one)), select(func.care.none())]
    assert all(map(is_simple, both))
    ours = sql(select(*labelled([(f"c{at}", each.scalar_subquery()) for at, each in enumerate(both)])).select_from(a))
    assert "max(there_1.id, (SELECT max(a.id) AS max_2 \nFROM care.here AS a)) AS max_1" in ours
    assert "(SELECT care.none() AS none_1)" in ours


def test_a_subselect_within_a_simple_select_finds_its_tables() -> None:
    """SQLAlchemy leaves those out that the SELECT around it has, which may be one that we write."""
    pair = select(b.c.id).where(b.c.here_id == a.c.id).scalar_subquery()
    ours = select(*labelled([("pair", pair)])).select_from(a)
    assert is_simple(ours)
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
    ours = object_of([("times", OuterColumn(inner, "times", Integer()))])
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
