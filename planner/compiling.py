"""Compiles a statement to text: as SQLAlchemy does, and by shorter ways for what most of a statement consists of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import count
from typing import Any

from sqlalchemy import Alias, ColumnClause, FromClause, Label, Select, Subquery, select
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import _label_reference, _truncated_label
from sqlalchemy.sql.operators import as_

from models.rows import Expression, TextInLanguage
from planner.expressions import Json, NamedColumn, NamedExpressions, OuterExpression, SubqueryColumn, labelled

# Reads the value of one parameter, as asyncpg takes it, from `planner.arguments.PlanInputs`.
ValueReader = Callable[[Any], Any]

CONSTANT = frozenset({"catalog.same_list"})  # functions of ours that read no table, and depend on arguments alone


@dataclass(frozen=True)
class Statement:
    """A statement's text, and the reader of each parameter: `values[0]` reads `$1`."""

    sql: str
    values: tuple[ValueReader, ...]
    named: frozenset[str]  # tables, and functions in a schema that may read others


class _Compiler(asyncpg.PGCompiler_asyncpg):
    def __init__(self, *args: Any, **kw: Any) -> None:
        self.named: set[str] = set()  # the statement's tables, and functions in a schema that may read others
        self.sources: dict[Any, str] = {}  # by each of these in FROM, its quoted name
        self.texts: dict[TextInLanguage, str] = {}  # what the order of a list repeats
        super().__init__(*args, **kw)

    def visit_outer_expression(self, element: OuterExpression, **kw: Any) -> str:
        return element.inner._compiler_dispatch(self, **kw)

    def visit_named_column(self, element: NamedColumn, **kw: Any) -> str:
        return f"{element.source}.{self.preparer.quote(element.name)}"

    def visit_subquery_column(self, element: SubqueryColumn, **kw: Any) -> str:
        return f"{self.name_of(element.source)}.{self.preparer.quote(element.name)}"

    def name_of(self, source: Any) -> str:
        """The quoted name of a table or subquery in FROM."""
        found = self.sources.get(source)
        if found is None:
            name = source.name
            if isinstance(name, _truncated_label):  # SQLAlchemy chooses it
                name = self._truncated_identifier("alias", name)
            found = self.sources[source] = self.preparer.quote(name)
        return found

    def visit_column(self, column: Any, *args: Any, **kw: Any) -> str:
        """As SQLAlchemy's, which names the column's source each time."""
        plain = isinstance(column.table, Alias | Subquery) and not isinstance(column.name, _truncated_label)
        if not plain or kw.get("add_to_result_map") is not None:
            return super().visit_column(column, *args, **kw)
        return f"{self.name_of(column.table)}.{self.preparer.quote(column.name)}"

    def visit_text_in_language(self, element: TextInLanguage, **kw: Any) -> str:
        found = self.texts.get(element)
        if found is None:
            texts, language, own = map(self.process, (element.texts, element.language, element.own))
            found = self.texts[element] = f"coalesce({texts}[{language}] ->> '{element.name}', {own})"
        return found

    def visit_named_expressions(self, element: NamedExpressions, **kw: Any) -> str:
        return ", ".join([self.named_as(key, each.self_group(as_)) for key, each in element.columns])

    def named_as(self, name: str, expression: Expression) -> str:
        # By these arguments SQLAlchemy knows that the name is written here.
        text = expression._compiler_dispatch(self, within_columns_clause=True, within_label_clause=True)
        return f"{text} AS {self.preparer.quote(name)}"

    def visit_json_of_rows(self, element: Json, **kw: Any) -> str:
        rows = self.process(element.rows, asfrom=True)
        select = "SELECT " if isinstance(element.rows, NamedExpressions) else ""
        return f"(SELECT {element.template} FROM ({select}{rows}) AS o$)"

    def visit_select(self, select_stmt: Any, *args: Any, **kw: Any) -> Any:
        """As SQLAlchemy's, which for most SELECTs of a statement finds out at length that they are simple."""
        select: Select[Any] = select_stmt
        source = simple_source(select) if self.stack else None
        if source is None:
            return super().visit_select(select, *args, **kw)  # type: ignore[no-untyped-call]
        around = self.stack[-1]
        if kw.get("compound_index") == 0:
            around["select_0"] = select  # the first part of a UNION, which SQLAlchemy compares the others with
        entry = {
            "asfrom_froms": {source},
            "correlate_froms": {source, *around["correlate_froms"]},
            "selectable": select,
        }
        self.stack.append(entry)  # type: ignore[arg-type]
        columns = select._raw_columns[0]._compiler_dispatch(self)
        text = f"SELECT {columns} \nFROM {source._compiler_dispatch(self, asfrom=True)}"
        if select._where_criteria:
            text += f" \nWHERE {self._generate_delimited_and_list(select._where_criteria)}"  # type: ignore[no-untyped-call]
        if select._order_by_clauses:
            text += self.order_by_clause(select)  # type: ignore[no-untyped-call]
        if select._limit_clause is not None:
            text += self.limit_clause(select)  # type: ignore[no-untyped-call]
        self.stack.pop()
        return text

    def _label_select_column(self, select: Any, column: Any, populate_result_map: bool, *more: Any, **kw: Any) -> Any:
        """A column of a SELECT. SQLAlchemy also notes what would be needed to read its values."""
        if isinstance(column, NamedExpressions):
            return self.visit_named_expressions(column)
        if isinstance(column, Label) and not isinstance(column.name, _truncated_label):
            return self.named_as(column.name, column.element)
        return super()._label_select_column(select, column, populate_result_map, *more, **kw)  # type: ignore[no-untyped-call]

    def visit_table(self, table: Any, *args: Any, **kw: Any) -> Any:
        self.named.add(table.fullname)
        return super().visit_table(table, *args, **kw)  # type: ignore[no-untyped-call]

    def visit_function(self, func: Any, *args: Any, **kw: Any) -> Any:
        name = ".".join((*func.packagenames, func.name))
        if func.packagenames and name not in CONSTANT:  # the tables that it reads are unknown
            self.named.add(name)
        return super().visit_function(func, *args, **kw)

    def visit_bindparam(self, bindparam: Any, *args: Any, **kw: Any) -> Any:
        # An enum member becomes a literal: a generic plan, for any value, would scan all dismissed flags for the few
        # that are open. The text is a name in our code, never a client's input.
        if isinstance(bindparam.value, Enum):
            return f"'{bindparam.value.name}'"
        return super().visit_bindparam(bindparam, *args, **kw)  # type: ignore[no-untyped-call]


# All that is set of a SELECT without joins, groups and the like.
SIMPLE = {
    "_raw_columns", "_from_obj", "_where_criteria", "_order_by_clauses", "_limit_clause", "_fetch_clause",
    "_fetch_clause_options", "_label_style", "_propagate_attrs",
}  # fmt: skip


def simple_source(select: Select[Any]) -> FromClause | None:
    """The one table or subquery of a SELECT of ours that has but conditions, an order and a LIMIT; else None."""
    if not select.__dict__.keys() <= SIMPLE or select._fetch_clause is not None or len(select._raw_columns) > 1:
        return None
    (columns,) = select._raw_columns
    if not isinstance(columns, NamedExpressions) and not (isinstance(columns, ColumnClause) and columns.is_literal):
        return None
    if any(isinstance(each, _label_reference) for each in select._order_by_clauses):
        return None
    found = dict.fromkeys(select._from_obj)
    for condition in select._where_criteria:
        found |= dict.fromkeys(condition._from_objects)
    (source, *others) = found or (None,)
    return source if isinstance(source, Alias | Subquery) and not others else None


COMPILED_ALIKE = 50  # statements by one dialect
_compiled = count()


@lru_cache(1)
def _dialect(_: int) -> Dialect:
    """SQLAlchemy's dialect. It remembers each name that it has ever quoted, and names are clients' aliases."""
    made = asyncpg.dialect()  # type: ignore[no-untyped-call]
    made.statement_compiler = _Compiler
    return made


def compiled(
    body: Expression, bound: dict[str, ValueReader], setting: str | None, open_tables: frozenset[str] = frozenset()
) -> Statement:
    """The statement for a JSON expression. With a `setting`, it sets the viewer itself, as its last parameter.

    The viewer is set by the condition of a CASE, whose branch PostgreSQL evaluates afterwards. Joined, it would have no
    defined order, and policies could be evaluated before the setting exists. A statement that names only `open_tables`
    does not set it, which saves a tenth of a small statement's time. If a policy were evaluated without a setting, it
    would admit no row.
    """
    dialect = _dialect(next(_compiled) // COMPILED_ALIKE)
    done = select(*labelled([("o", body)])).compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    assert isinstance(done, _Compiler)
    values = [_reader(done, name, bound) for name in done.positiontup or ()]
    sql = done.string
    if setting is None or done.named <= open_tables:
        return Statement(f"SELECT b.o::text FROM ({sql}) b", tuple(values), frozenset(done.named))
    viewer = f"set_config('{setting}', ${len(values) + 1}, true)"
    text = f"SELECT CASE WHEN {viewer} IS NOT NULL THEN ({sql})::text END"
    return Statement(text, (*values, lambda inputs: inputs.viewer.scope), frozenset(done.named))


def _reader(done: SQLCompiler, name: str, bound: dict[str, ValueReader]) -> ValueReader:
    if name in bound:
        return bound[name]
    constant = done.params[name]
    process = done._bind_processors.get(name)
    value = process(constant) if callable(process) else constant
    return lambda inputs: value
