"""Compiles a statement to text: as SQLAlchemy does, and by shorter ways for what most of a statement consists of."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from itertools import count
from typing import Any, cast

from sqlalchemy import (
    Alias,
    ClauseElement,
    ColumnClause,
    False_,
    FromClause,
    Join,
    Label,
    Select,
    Subquery,
    Table,
    True_,
    select,
)
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import FUNCTIONS, LEGAL_CHARACTERS, OPERATORS, SQLCompiler
from sqlalchemy.sql.elements import _label_reference, _truncated_label, quoted_name
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import and_, as_

from models.rows import Expression, TextInLanguage
from planner.expressions import Json, NamedExpressions, OuterExpression, labelled
from planner.selects import Selected

# Reads the value of one parameter, as asyncpg takes it, from `planner.arguments.PlanInputs`.
ValueReader = Callable[[Any], Any]

CONSTANT = frozenset({"catalog.same_list"})  # functions of ours that read no table, and depend on arguments alone


@dataclass(frozen=True)
class Statement:
    """A statement's text, and the reader of each parameter: `values[0]` reads `$1`."""

    sql: str
    values: tuple[ValueReader, ...]
    named: frozenset[str]  # tables, and functions in a schema that may read others


class _QuotedNames(dict[str, str]):
    """By each name, the name in quotes if it needs them."""

    def __init__(self, dialect: Dialect) -> None:
        self.quote = dialect.identifier_preparer.quote

    def __missing__(self, name: str) -> str:
        found = self[name] = self.quote(name)
        return found


class _Compiler(asyncpg.PGCompiler_asyncpg):
    def __init__(self, dialect: Any, *args: Any, **kw: Any) -> None:
        self.quoted: _QuotedNames = dialect.quoted
        self.named: set[str] = set()  # the statement's tables, and functions in a schema that may read others
        self.sources: dict[Any, str] = {}  # by each table or subquery in FROM, its quoted name
        self.texts: dict[TextInLanguage, str] = {}  # what the order of a list repeats
        super().__init__(dialect, *args, **kw)

    def source_name(self, source: Any) -> str:
        """The quoted name of a table or subquery in FROM."""
        found = self.sources.get(source)
        if found is None:
            name = source.name
            if isinstance(name, _truncated_label):  # SQLAlchemy chooses it
                name = self._truncated_identifier("alias", name)
            found = self.sources[source] = self.quoted[name]
        return found

    def visit_outer_expression(self, element: OuterExpression, **kw: Any) -> str:
        return element.inner._compiler_dispatch(self, **kw)

    def visit_column(self, column: Any, *args: Any, **kw: Any) -> Any:
        """As SQLAlchemy's, which names the column's source each time."""
        plain = isinstance(column.table, NAMED) and not isinstance(column.name, _truncated_label)
        if not plain or kw.get("add_to_result_map") is not None:
            return super().visit_column(column, *args, **kw)
        return f"{self.source_name(column.table)}.{self.quoted[column.name]}"

    def visit_text_in_language(self, element: TextInLanguage, **kw: Any) -> str:
        found = self.texts.get(element)
        if found is None:
            texts, language, own = map(self.process, (element.texts, element.language, element.own))
            found = self.texts[element] = f"coalesce({texts}[{language}] ->> '{element.name}', {own})"
        return found

    def visit_named_expressions(self, element: NamedExpressions, **kw: Any) -> str:
        quoted = self.quoted
        return ", ".join(
            [
                f"{each.self_group(as_)._compiler_dispatch(self, **NAMED_HERE)} AS {quoted[key]}"
                for key, each in element.columns
            ]
        )

    def visit_json_of_rows(self, element: Json, **kw: Any) -> str:
        rows = self.process(element.rows, asfrom=True)
        select = "SELECT " if isinstance(element.rows, NamedExpressions) else ""
        return f"(SELECT {element.template} FROM ({select}{rows}) AS o$)"

    def visit_select(self, select_stmt: Any, *args: Any, **kw: Any) -> Any:
        """As SQLAlchemy's, which for most SELECTs of a statement finds out at length that they are simple."""
        select: Select[Any] = select_stmt
        sources = simple_sources(select) if self.stack and has_plain_columns(select) else None
        if sources is None:
            return super().visit_select(select, *args, **kw)  # type: ignore[no-untyped-call]
        if kw.get("compound_index") == 0:
            self.stack[-1]["select_0"] = select  # the first part of a UNION, which SQLAlchemy compares the others with
        column: Any = select._raw_columns[0]
        conditions, order, limit = select._where_criteria, select._order_by_clauses, select._limit_clause
        return self.written(select, column, sources, conditions, order, limit)

    def visit_selected(self, element: Selected, **kw: Any) -> Any:
        source, (column,) = element.source, element.columns
        if not isinstance(source, Select):
            return self.written(element, column, [source], (), element.order, element.limit)
        sources = simple_sources(source)
        if sources is None:
            return element.as_select()._compiler_dispatch(self, **kw)
        return self.written(element, column, sources, source._where_criteria, element.order, element.limit)

    def written(
        self,
        select: ClauseElement,
        column: Expression,
        sources: Sequence[ClauseElement],
        conditions: Sequence[Expression],
        order: Sequence[Expression],
        limit: Expression | None,
    ) -> str:
        """A SELECT of one column, or of NamedExpressions."""
        around, within = self.stack[-1], {each for source in sources for each in source._from_objects}
        entry = {
            "asfrom_froms": within,
            "correlate_froms": within | around["correlate_froms"],
            "selectable": select,
        }
        self.stack.append(entry)  # type: ignore[arg-type]
        name = ""
        if isinstance(column, FunctionElement):
            name = f" AS {self._truncated_identifier('colident', cast(Any, column._anon_name_label))}"
        text = f"SELECT {column._compiler_dispatch(self)}{name}"
        for source in sources:
            text += f" \nFROM {source._compiler_dispatch(self, asfrom=True)}"
        if conditions:
            text += f" \nWHERE {self._generate_delimited_and_list(conditions)}"
        if order:
            text += f" ORDER BY {self._generate_delimited_list(order, ', ')}"
        if limit is not None:
            text += f" \n LIMIT {limit._compiler_dispatch(self)}"
        self.stack.pop()
        return text

    def _label_select_column(self, select: Any, column: Any, populate_result_map: bool, *more: Any, **kw: Any) -> Any:
        """A column of a SELECT. SQLAlchemy also notes what would be needed to read its values."""
        if isinstance(column, NamedExpressions):
            return self.visit_named_expressions(column)
        if isinstance(column, Label) and not isinstance(column.name, _truncated_label):
            return self.visit_named_expressions(NamedExpressions([(column.name, column.element)]))
        return super()._label_select_column(select, column, populate_result_map, *more, **kw)  # type: ignore[no-untyped-call]

    def visit_alias(self, alias: Any, asfrom: bool = False, *args: Any, **kw: Any) -> Any:
        """As SQLAlchemy's, which writes the name of a table each time."""
        if not asfrom or not isinstance(alias.element, Table) or type(alias) is not Alias:
            return super().visit_alias(alias, asfrom, *args, **kw)  # type: ignore[no-untyped-call]
        return f"{self.visit_table(alias.element, asfrom=True)} AS {self.source_name(alias)}"

    def visit_table(self, table: Any, *args: Any, **kw: Any) -> Any:
        self.named.add(table.fullname)
        return super().visit_table(table, *args, **kw)  # type: ignore[no-untyped-call]

    def visit_function(self, func: Any, *args: Any, **kw: Any) -> Any:
        name, kind = ".".join((*func.packagenames, func.name)), cast(Any, type(func))
        if func.packagenames and name not in CONSTANT:  # the tables that it reads are unknown
            self.named.add(name)
        if args or kw.get("add_to_result_map") or func._with_ordinality or not is_plain(kind, func.name, name):
            return super().visit_function(func, *args, **kw)
        return f"{name}{func.clause_expr._compiler_dispatch(self, **kw | AGGREGATED)}"

    def visit_binary(self, binary: Any, override_operator: Any = None, *args: Any, **kw: Any) -> Any:
        """As SQLAlchemy's, which finds out that most operators are written between their operands."""
        written = BETWEEN.get(binary.operator)
        if written is None or override_operator is not None or args or kw.get("eager_grouping"):
            return super().visit_binary(binary, override_operator, *args, **kw)  # type: ignore[no-untyped-call]
        kw |= {"_in_operator_expression": True, "_binary_op": binary.operator}
        return binary.left._compiler_dispatch(self, **kw) + written + binary.right._compiler_dispatch(self, **kw)

    def _get_operator_dispatch(self, operator_: Any, qualifier1: str, qualifier2: str | None) -> Any:
        name = method_of(operator_.__name__, qualifier1, qualifier2)
        return name and getattr(self, name)

    def _generate_delimited_list(self, elements: Any, separator: str, **kw: Any) -> str:
        texts = [each._compiler_dispatch(self, **kw) for each in elements]
        return separator.join(filter(None, texts))

    def _generate_delimited_and_list(self, clauses: Any, **kw: Any) -> str:
        if any(isinstance(each, (True_, False_)) for each in clauses):
            return super()._generate_delimited_and_list(clauses, **kw)  # type: ignore[no-untyped-call,no-any-return]
        grouped = [each.self_group(and_) for each in clauses] if len(clauses) > 1 else clauses
        return self._generate_delimited_list(grouped, OPERATORS[and_], **kw)

    def visit_bindparam(self, bindparam: Any, *args: Any, **kw: Any) -> Any:
        # An enum member becomes a literal: a generic plan, for any value, would scan all dismissed flags for the few
        # that are open. The text is a name in our code, never a client's input.
        if isinstance(bindparam.value, Enum):
            return f"'{bindparam.value.name}'"
        return super().visit_bindparam(bindparam, *args, **kw)  # type: ignore[no-untyped-call]


NAMED = (Alias, Subquery)
NAMED_HERE = {"within_columns_clause": True, "within_label_clause": True}  # by which SQLAlchemy leaves out the name
AGGREGATED = {"within_aggregate_function": True}
# Operators that are written between their operands, without a method of SQLAlchemy's.
BETWEEN = {
    operator: text
    for operator, text in OPERATORS.items()
    if not hasattr(asyncpg.PGCompiler_asyncpg, f"visit_{operator.__name__}_binary")
}


@cache
def method_of(operator: str, *qualifiers: str | None) -> str | None:
    """The name of the compiler's method for an operator, if it has one: a search for one that it lacks is slow."""
    name = "_".join(["visit", operator, *filter(None, qualifiers)])
    return name if hasattr(_Compiler, name) else None


@cache
def is_plain(kind: Hashable, name: str, whole: str) -> bool:
    """Whether a function is written as its whole name, without quotes, and its arguments."""
    if FUNCTIONS.get(cast(Any, kind), name) != name or isinstance(name, quoted_name):
        return False
    return not hasattr(_Compiler, f"visit_{name.lower()}_func") and all(map(LEGAL_CHARACTERS.match, whole.split(".")))


# All that is set of a SELECT without groups and the like.
SIMPLE = {
    "_raw_columns", "_from_obj", "_where_criteria", "_order_by_clauses", "_limit_clause", "_fetch_clause",
    "_fetch_clause_options", "_label_style", "_propagate_attrs", "_setup_joins",
}  # fmt: skip


def simple_sources(select: Select[Any]) -> list[FromClause] | None:
    """What is in FROM, at most one thing, of a SELECT that has but conditions, an order and a LIMIT; else None.

    SELECTs from several are left to SQLAlchemy, which leaves out those that an enclosing SELECT has.
    """
    if not select.__dict__.keys() <= SIMPLE or select._fetch_clause is not None or len(select._raw_columns) > 1:
        return None
    (column,) = select._raw_columns
    if any(isinstance(each, _label_reference) for each in select._order_by_clauses):
        return None
    named = [*select._from_obj, *column._from_objects]
    for condition in select._where_criteria:
        named += condition._from_objects
    found = list(dict.fromkeys(named))
    if select._setup_joins:
        found = joined(select, found)
    return found if len(found) < 2 and all(isinstance(each, (*NAMED, Join)) for each in found) else None


def has_plain_columns(select: Select[Any]) -> bool:
    """Whether the columns of a SELECT are NamedExpressions, or one that is a function or a text of ours."""
    first = next(iter(select._raw_columns), None)
    is_text = isinstance(first, ColumnClause) and first.is_literal
    return is_text or isinstance(first, (NamedExpressions, FunctionElement))


def joined(select: Select[Any], found: list[FromClause]) -> list[FromClause]:
    """What a SELECT with joins has in FROM, of what is named in it."""
    source, joins = found[0], cast(Any, select._setup_joins)
    for right, condition, left, how in joins:
        if condition is None or left is not None:
            return found
        source = Join(source, right, condition, **how)
    return [source, *(each for each in found if each not in source._from_objects)]


COMPILED_ALIKE = 50  # statements by one dialect
_compiled = count()


@lru_cache(1)
def _dialect(_: int) -> Dialect:
    """SQLAlchemy's dialect. It remembers each name that it has ever quoted, and names are clients' aliases."""
    made = asyncpg.dialect()  # type: ignore[no-untyped-call]
    made.statement_compiler, made.quoted = _Compiler, _QuotedNames(made)  # type: ignore[attr-defined]
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
