"""The only place for operations: a document's operation, its plans by shape, and what a plan is run with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    execute,
    get_operation_ast,
    is_non_null_type,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.utilities import coerce_input_value
from sqlalchemy import select

from models.rows import Expression, Row, one_statement
from models.viewers import Audience, Viewer
from planner.arguments import Coerced, Request, Shape, refused, shapes, structural, variables_in
from planner.compose import Composer, Mixed
from planner.computing import Completing, Computing
from planner.declare import PAGE_LIMIT, Told
from planner.expressions import Reader, as_object, compiled, labelled
from planner.finish import Attributes, finish_by
from planner.selection import Selections, everything
from planner.tables import Tables

PLANS_AN_OPERATION = 64


class BadVariables(Exception):
    """The variables do not fit the operation; `errors` say which, as GraphQL errors."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("bad variables")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Plan:
    """One SQL statement that answers with the text of the JSON of `data`."""

    sql: str
    readers: tuple[Reader, ...]

    def values(self, coerced: Coerced, viewer: Viewer, parent: Any = None) -> list[Any]:
        """The statement's parameters in this request. :raises GraphQLError: for a cursor of another list."""
        request = Request(coerced, viewer, parent)
        return [read(request) for read in self.readers]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened: of the kind of the subscription's field that tells it, to a row, about another."""

    kind: str
    subject: UUID
    about: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a subscription is answered: events of which kind, about what, and the JSON of the field `key` for each.

    Where it is `mixed`, that JSON is what `Operation.finish` makes the answer of.
    """

    kind: str
    key: str
    about: Plan | None  # None: about anything; else it says which id, or null where it is not to be heard
    each: Plan  # its parent is the Event; null where the viewer may not see its row
    mixed: bool = False


class Planner:
    """One view's schema, ready to plan: pages hold at most `page_limit` rows.

    `open_tables`: those of which every viewer reads every row. A statement of no others carries no viewer.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        audience: Audience,
        page_limit: int = PAGE_LIMIT,
        open_tables: frozenset[str] = frozenset(),
    ) -> None:
        self.schema, self.audience, self.page_limit, self.open_tables = schema, audience, page_limit, open_tables
        self.tables = Tables(schema)
        finish_by(schema, self.tables)

    def operation(self, document: DocumentNode, name: str | None) -> "Operation":
        """:raises GraphQLError: where the document has no such operation, or several and no name was given."""
        node = get_operation_ast(document, name)
        if node is None:
            raise refused(
                "There is no operation with that name." if name else "Name the operation to run in operationName."
            )
        return Operation(self, document, node)


class Operation:
    """A validated operation of one view. Its plans are kept by the shape of its variables, the least used dropped."""

    def __init__(self, planner: Planner, document: DocumentNode, node: OperationDefinitionNode) -> None:
        self.planner, self.document, self.node = planner, document, node
        self.kind: OperationType = node.operation
        self.name = node.name.value if node.name else None
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._shapes = self._find_shapes()
        self._variables: list[tuple[str, Any, bool]] = [
            (each.variable.name.value, type_from_ast(planner.schema, each.type), each.default_value is not None)
            for each in node.variable_definitions or ()
        ]
        self._plans: LRUCache[Any, Plan | None] = LRUCache(PLANS_AN_OPERATION)

    def coerce(self, variables: Mapping[str, Any]) -> Coerced:
        """The variables as the schema reads them. :raises BadVariables: with an error for each that does not fit."""
        if not self._variables:
            return NO_VARIABLES
        values: dict[str, Any] = {}
        for name, kind, has_default in self._variables:
            given = variables.get(name, Undefined)
            if given is Undefined:
                if has_default or is_non_null_type(kind):
                    return self._coerce_fully(variables)
                continue
            value = coerce_input_value(given, kind)
            if value is Undefined:  # the exact way says why
                return self._coerce_fully(variables)
            values[name] = value
        return Coerced(variables, values, VariableValues({}, values))

    def _coerce_fully(self, variables: Mapping[str, Any]) -> Coerced:
        found = get_variable_values(
            self.planner.schema, self.node.variable_definitions or (), dict(variables), max_errors=20
        )
        if isinstance(found, list):
            raise BadVariables(found)
        return Coerced(variables, found.coerced, found)

    def plan(self, coerced: Coerced) -> Plan | None:
        """The whole operation as one statement; None where graphql-core must finish it. Kept by shape.

        :raises GraphQLError: for a page size out of bounds.
        """
        if self.kind is not OperationType.QUERY:
            return None
        return self._kept((), coerced, self._plan_all)

    def part(self, what: tuple[str, ...], coerced: Coerced, field: Callable[[Composer], Expression]) -> Plan:
        """One field of an operation that graphql-core finishes; `what` is its type and its path."""

        def plan(composer: Composer) -> Plan:
            composer.finishing = True
            return self._compiled(composer, [("value", field(composer))])

        found = self._kept(what, coerced, plan)
        assert found is not None  # a part is planned or raises Mixed
        return found

    def hearing(self, coerced: Coerced) -> Hearing:
        """How a subscription is answered. :raises GraphQLError: where its one field is skipped."""
        root = self.planner.schema.subscription_type
        assert root is not None  # validated
        selections = Selections(self.planner.schema, self.fragments, coerced.values)
        selected = list(selections.of(root, [self.node.selection_set]).items())
        if len(selected) != 1:
            raise refused("A subscription must select exactly one field, and not skip it.")
        ((key, nodes),) = selected
        name = nodes[0].name.value
        source = self.planner.tables.sources[root.name, name]
        assert isinstance(source, Told)

        def each(composer: Composer) -> Plan:
            event = Row(Attributes(composer, Event), None, None)
            return self._planned(composer, composer.field(root, event, nodes))

        def about(composer: Composer) -> Plan | None:
            heard = None if source.heard is None else composer.resolved(source.heard, root.fields[name], None, nodes)
            return None if heard is None else self._planned(composer, heard)

        def each_to_finish(composer: Composer) -> Plan:
            composer.finishing = True
            return each(composer)

        mixed = False
        try:
            found = self._kept(("each",), coerced, each)
        except Mixed:
            mixed, found = True, self._kept(("each", "to finish"), coerced, each_to_finish)
        assert found is not None
        return Hearing(name, key, self._kept(("about",), coerced, about), found, mixed)

    async def execute(self, coerced: Coerced, context: Any) -> ExecutionResult:
        """Run by graphql-core: Python fields as they are, each planned field and its selection as one statement."""
        context.operation, context.coerced = self, coerced
        return await self.finish(coerced, None, context)

    async def finish(self, coerced: Coerced, root: Any, context: Any = None) -> ExecutionResult:
        """What graphql-core makes of `root`: fields that were planned already are there by their response keys."""
        planner, context = self.planner, context or SimpleNamespace()
        selections = Selections(planner.schema, self.fragments, coerced.values)
        context.computing = Computing(selections, planner.tables.python_names)
        result = execute(
            planner.schema,
            self.document,
            root_value=root,
            context_value=context,
            variable_values=dict(coerced.raw),
            operation_name=self.name,
            executor_class=Completing,
        )
        return result if isinstance(result, ExecutionResult) else await result

    def _kept(self, what: tuple[Any, ...], coerced: Coerced, plan: Callable[[Composer], Plan | None]) -> Plan | None:
        key = (what, *(shape.of(coerced.values) for shape in self._shapes))
        try:
            return self._plans[key]
        except KeyError:
            pass
        planner = self.planner
        selections = Selections(planner.schema, self.fragments, coerced.values)
        composer = Composer(planner.tables, selections, coerced, planner.page_limit, planner.audience)
        try:
            with one_statement():
                found = plan(composer)
        except Mixed:
            if what:
                raise
            found = None
        self._plans[key] = found
        return found

    def _plan_all(self, composer: Composer) -> Plan:
        root = self.planner.schema.query_type
        assert root is not None
        selected = composer.selections.of(root, [self.node.selection_set])
        return self._compiled(composer, composer.fields_of(root, None, selected))

    def _compiled(self, composer: Composer, fields: list[Any]) -> Plan:
        return self._planned(composer, as_object(select(*labelled(fields))))

    def _planned(self, composer: Composer, body: Expression) -> Plan:
        planner = self.planner
        done = compiled(body, composer.bound, planner.audience.setting, planner.open_tables)
        return Plan(done.sql, done.values)

    def _find_shapes(self) -> list[Shape]:
        found: dict[tuple[str, Any], Shape] = {}
        schema, tables = self.planner.schema, self.planner.tables
        root = schema.get_root_type(self.kind)
        assert root is not None
        for kind, node in everything(self.node.selection_set, self.fragments, root, schema):
            for directive in node.directives or ():
                for argument in directive.arguments or ():
                    for variable in variables_in(argument.value):
                        found[variable, structural] = Shape(variable, structural)
            source = tables.sources.get((kind.name, node.name.value)) if isinstance(node, FieldNode) else None
            if source is not None and isinstance(node, FieldNode):
                for shape in shapes(node, kind.fields[node.name.value], source, tables.prefix_of):
                    found[shape.variable, shape.part] = shape
        return list(found.values())


NO_VARIABLES = Coerced({}, {}, VariableValues({}, {}))
