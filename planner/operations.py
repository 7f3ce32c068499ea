"""Plans operations: caches their plans, and binds a request's variables to a plan's parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLID,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableNode,
    default_field_resolver,
    default_type_resolver,
    get_operation_ast,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
    type_from_ast,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import get_variable_values
from graphql.utilities import coerce_input_value

from models.languages import Language
from models.rows import Expression, Row, one_statement
from models.viewers import Audience, Viewer
from planner.arguments import (
    PlanInputs,
    PlanKeyPart,
    Variables,
    bad_user_input,
    plan_key_parts,
    structural,
    variables_in,
)
from planner.compiling import ValueReader, compiled
from planner.compose import NotPlannable, StatementBuilder
from planner.computing import Computing, PassthroughExecutor
from planner.costs import Costs, OperationCosts
from planner.cursors import Cursors
from planner.declared import PAGE_LIMIT, Paged, Sql, SubscriptionSource
from planner.execution import BoundAttributes, attach_resolvers
from planner.expressions import object_of
from planner.known_ids import StatementCheck, refusal_of
from planner.nulls import never_null
from planner.payload_checks import check_payloads, plans_of_operation
from planner.plans import Plans, PlanSpace, bounded
from planner.selection import Selections, everything
from planner.sources import NO_TABLES, KnownTables, Sources, sources_of
from planner.tables import Tables


class BadVariables(Exception):
    """Variables of wrong types or missing ones; `errors` has a GraphQL error for each."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("bad variables")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Plan:
    """One SQL statement and a reader for each of its parameters. It returns one text: JSON, or the id of a topic."""

    sql: str
    readers: tuple[ValueReader, ...]
    checks: tuple[StatementCheck, ...] = ()
    marked: bool = False  # its JSON has the ids of the members whose data it has: see planner.member_reads
    recorded: bool = False  # it has which kinds of whose data: see planner.data_reads
    sources: Sources | None = None  # what decides its text beside its values; None if that may be anything
    cursors: Cursors | None = None  # what encrypts the cursors in its JSON; None if it has none
    # The fields of the root that are null only if the viewer is gone: the response key, how JSON shows its null, and
    # where that ends at the latest, for the first field.
    viewers: tuple[tuple[str, str, int | None], ...] = ()

    def values(self, variables: Variables, viewer: Viewer, parent: Any = None) -> list[Any]:
        """The statement's parameters in this request, as asyncpg takes them; `parent` is the object the fields hang on.

        Raises GraphQLError for an argument that cannot be read, such as a cursor of another list.
        """
        inputs = PlanInputs(variables, viewer, parent)
        return [read(inputs) for read in self.readers]

    def sealed(self, text: str) -> str:
        """The statement's JSON with its cursors encrypted."""
        return text if self.cursors is None else self.cursors.sealed(text)

    def lacks_viewer(self, text: str) -> bool:
        """Whether the statement's JSON shows that the viewer no longer existed when it was read."""
        # From the end, a large text is searched in a quarter of the time. The key may be that of a field below.
        return any(text.rfind(null, 0, end) >= 0 and orjson.loads(text)[key] is None for key, null, end in self.viewers)

    def refusal(self, error: Exception) -> GraphQLError | None:
        """The error for an argument that the statement refused by raising `error`; None if it raised something else."""
        return refusal_of(error, self.checks)


@dataclass(frozen=True, slots=True)
class Event:
    """A change to one row, `subject`, that concerns another, `about`; `kind` is the name of a subscription field."""

    kind: str
    subject: UUID
    about: UUID | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """How to answer a subscription: which events it receives, and the statement that reads each of them.

    Where it `needs_executor`, `each` returns the planned part alone, from which `Operation.run_executor` makes the
    result.
    """

    kind: str  # of its events
    key: str  # the response key of its one field
    topic: Plan | None  # returns the id that events must be about, null if the viewer may not see it. None: all events
    each: Plan  # returns the field's JSON, null if the viewer may not see the row. Its parent is the Event
    needs_executor: bool = False


class Planner:
    """Plans the operations of one view's schema.

    `open_tables` are the tables of which every viewer may read the same rows. A statement that reads only these does
    not carry its viewer. With `answer_bytes`, a statement whose text exceeds it returns `planner.plans.TOO_LARGE`
    instead. Answers may be kept that are read of `kept` tables alone. `cursors` encrypts those of lists; without it,
    with a key that no other planner has. The constructor attaches the planner's resolvers to `schema`.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        audience: Audience,
        open_tables: frozenset[str] = frozenset(),
        answer_bytes: int | None = None,
        kept: KnownTables = NO_TABLES,
        cursors: Cursors | None = None,
    ) -> None:
        self.answer_bytes, self.kept, self.cursors = answer_bytes, kept, cursors or Cursors()
        self.schema, self.audience, self.open_tables = schema, audience, open_tables
        self.tables = Tables(schema)
        self.costs = Costs(schema, self.tables, PAGE_LIMIT)
        self.space = PlanSpace()
        attach_resolvers(schema, self.tables)

    def operation(self, document: DocumentNode, name: str | None, selections: int = 0) -> "Operation":
        """The operation of this name, or the only one if `name` is None. Raises GraphQLError if there is none.

        More plans of it are cached the more `selections` it has.
        """
        node = get_operation_ast(document, name)
        if node is None:
            raise bad_user_input("No operation has this name." if name else "Select an operation with operationName.")
        return Operation(self, document, node, selections)


class Operation:
    """A validated operation of one view, with a cache of its plans.

    Variables that change the statement, such as a page size, are part of a plan's key; all others are bound.
    """

    def __init__(
        self, planner: Planner, document: DocumentNode, node: OperationDefinitionNode, selections: int = 0
    ) -> None:
        self.planner, self.document, self.node = planner, document, node
        self.kind: OperationType = node.operation
        self.kind_name: str = self.kind.value
        self.name = node.name.value if node.name else None
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._variables: list[tuple[str, Any, bool]] = [
            (each.variable.name.value, type_from_ast(planner.schema, each.type), each.default_value is not None)
            for each in node.variable_definitions or ()
        ]
        self._coercers = {name: coercer_of(kind) for name, kind, _ in self._variables}
        nullable = any(not is_non_null_type(kind) for _, kind, _ in self._variables)
        self._never_null = never_null(node, self.fragments, planner.schema) if nullable else frozenset()
        self._key_parts = self._find_key_parts()
        self.costs = OperationCosts(planner.costs, document, node)
        self._in_context = next((each for each in node.directives or () if each.name.value == IN_CONTEXT), None)
        self._plans: Plans[Plan] = Plans(selections, planner.space)

    def language(self, variables: Variables) -> Language | None:
        """The language that `@inContext` on the operation asks for."""
        if self._in_context is None:
            return None
        value: Any = cast(Any, self._in_context.arguments)[0].value
        return Language(variables.values[value.name.value] if isinstance(value, VariableNode) else value.value)

    def declared(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Those of the variables, as sent, that the operation declares: nothing reads the others."""
        if variables.keys() <= self._coercers.keys():
            return variables
        return {name: variables[name] for name, _, _ in self._variables if name in variables}

    def coerce(self, variables: Mapping[str, Any]) -> Variables:
        """The variables coerced to their types.

        Raises BadVariables if any are missing, have a wrong type, or are null and used where a value is required.
        """
        if not self._variables:
            return NO_VARIABLES
        values: dict[str, Any] = {}
        for name, kind, has_default in self._variables:
            given = variables.get(name, Undefined)
            if given is Undefined:
                if has_default or is_non_null_type(kind):
                    return self._coerce_fully(variables)
                continue
            value = self._coercers[name](given)
            if value is Undefined or (value is None and name in self._never_null):  # the slower way reports the errors
                return self._coerce_fully(variables)
            values[name] = value
        return Variables(values)

    def _coerce_fully(self, variables: Mapping[str, Any]) -> Variables:
        found = get_variable_values(
            self.planner.schema, self.node.variable_definitions or (), dict(variables), max_errors=20
        )
        if isinstance(found, list):
            raise BadVariables(found)
        declared = {each.variable.name.value: each for each in self.node.variable_definitions or ()}
        nulls = [name for name in declared if name in self._never_null and variables.get(name, Undefined) is None]
        if nulls:
            raise BadVariables([bad_user_input(NOT_NULL.format(name), declared[name]) for name in nulls])
        return Variables(found.coerced, found)

    def plan(self, variables: Variables) -> Plan | None:
        """The whole operation as one statement; None if graphql-core has to execute it.

        Raises GraphQLError for an argument that cannot be planned, such as a page size out of bounds.
        """
        if self.kind is not OperationType.QUERY:
            return None
        return self._cached(OPERATION, variables, self._plan_operation)

    def known_plan(self, variables: Variables) -> Plan | None:
        """As `plan`, of a query. Raises KeyError if it is not cached."""
        return self._plans[self._key(OPERATION, variables) if self._key_parts else (OPERATION,)]

    def is_planned(self, variables: Variables) -> bool:
        """Whether `make_plans` has been called for variables like these, and its plans may still be cached."""
        parts = ("made", "operation") if self.kind is OperationType.QUERY else ("made",)
        return all(self._key((part,), variables) in self._plans for part in parts)

    def make_plans(self, variables: Variables, viewer: Viewer) -> None:
        """Plans all statements of the operation, so that they are cached. May run in any thread, and take a second.

        Raises GraphQLError for an argument that cannot be planned.
        """
        if self.kind is OperationType.MUTATION:
            self.check(variables, viewer)
            self._plans[self._key(("made",), variables)] = None
        else:
            self.plan_all(variables)

    def plan_all(self, variables: Variables) -> None:
        """As `make_plans`, without reading the values of the variables, which may stand for any of their kind."""
        if self.kind is OperationType.SUBSCRIPTION:
            self.subscription_plan(variables)
        elif self.plan(variables) is None:
            for _ in plans_of_operation(self, variables):
                pass
        self._plans[self._key(("made",), variables)] = None

    def keep_plans(self) -> None:
        """Keeps the plans that are cached now for as long as the operation, beside those that may be evicted."""
        self._plans.keep()

    def shaping_variables(self) -> list[tuple[str, Any, Any]]:
        """The variables that change the statement: name, type, and the default's node or None."""
        shaping = {part.variable for part in self._key_parts}
        defaults = {each.variable.name.value: each.default_value for each in self.node.variable_definitions or ()}
        return [(name, kind, defaults[name]) for name, kind, _ in self._variables if name in shaping]

    def parts_of(self, variable: str) -> set[Any]:
        """The parts of a variable that change the statement: functions, as of `PlanKeyPart`."""
        return {part.part for part in self._key_parts if part.variable == variable}

    def check(self, variables: Variables, viewer: Viewer) -> None:
        """Raises GraphQLError if the selection of a mutation's payload would be refused after the mutation's commit."""
        if self.kind is OperationType.MUTATION:
            check_payloads(self, variables, viewer)

    def plan_field(
        self, path: tuple[str, ...], variables: Variables, field: Callable[[StatementBuilder], Expression]
    ) -> Plan:
        """One field of an operation that graphql-core executes; `path` is its parent type and its response path."""

        def plan(builder: StatementBuilder) -> Plan:
            builder.for_executor = True
            return self._compiled(builder, [("value", field(builder))])

        found = self._cached(("field", *path), variables, plan)
        assert found is not None  # it is planned, or raises NotPlannable
        return found

    def known_field(self, path: tuple[str, ...], variables: Variables) -> Plan | None:
        """As `plan_field`, None if it is not cached."""
        try:
            return self._plans[self._key(("field", *path), variables)]
        except KeyError:
            return None

    def subscription_plan(self, variables: Variables) -> SubscriptionPlan:
        """How to answer a subscription. Raises GraphQLError if its one field is skipped."""
        root = self.planner.schema.subscription_type
        assert root is not None  # validated
        selections = Selections(self.planner.schema, self.fragments, variables.values)
        selected = list(selections.of(root, [self.node.selection_set]).items())
        if len(selected) != 1:
            raise bad_user_input("A subscription must select exactly one field, without skipping it.")
        ((key, nodes),) = selected
        name = nodes[0].name.value
        source = self.planner.tables.sources[root.name, name]
        assert isinstance(source, SubscriptionSource)

        def plan_event(builder: StatementBuilder) -> Plan:
            event = Row(BoundAttributes(builder, Event), None, None)
            return self._planned(builder, builder.field(root, event, nodes))

        def plan_event_for_executor(builder: StatementBuilder) -> Plan:
            builder.for_executor = True
            return plan_event(builder)

        def plan_topic(builder: StatementBuilder) -> Plan | None:
            topic = None if source.topic is None else builder.resolved(source.topic, root.fields[name], None, nodes)
            return None if topic is None else self._planned(builder, topic)

        topic = self._cached(("topic",), variables, plan_topic)
        try:
            each, needs_executor = self._cached(("event",), variables, plan_event), False
        except NotPlannable:
            each, needs_executor = self._cached(("event for executor",), variables, plan_event_for_executor), True
        assert each is not None
        return SubscriptionPlan(name, key, topic, each, needs_executor)

    async def execute(self, variables: Variables, context: Any) -> ExecutionResult:
        """Runs graphql-core's executor, in which each planned field and its selection are one statement.

        The result's data is for orjson to serialize: its large planned parts are an `orjson.Fragment` each.
        `context` is what resolvers see as `info.context`: the planner sets three attributes of it.
        """
        context.operation, context.variables = self, variables
        return await self.run_executor(variables, None, context)

    async def run_executor(self, variables: Variables, root: Any, context: Any = None) -> ExecutionResult:
        """graphql-core's result for the root value `root`, a dict that holds planned fields by their response keys."""
        planner, context = self.planner, context or SimpleNamespace()
        selections = Selections(planner.schema, self.fragments, variables.values)
        context.computing = computing = Computing(selections, planner.tables)
        # Not by graphql-core's `execute`, which would coerce the variables once more.
        result: Any = PassthroughExecutor(
            planner.schema,
            self.fragments,
            {name: FragmentDetails(fragment) for name, fragment in self.fragments.items()},
            root,
            context,
            self.node,
            variables.full,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=cast(Any, computing.awaitables),
        ).execute_operation()
        if isinstance(result, ExecutionResult):
            return result
        try:
            found: ExecutionResult = await result
            return found
        finally:
            computing.awaitables.close()

    def _cached(
        self, part: tuple[str, ...], variables: Variables, plan: Callable[[StatementBuilder], Plan | None]
    ) -> Plan | None:
        """The plan of one part of the operation; `plan` makes it if it is not cached, and may raise NotPlannable."""
        key = self._key(part, variables)
        try:
            return self._plans[key]
        except KeyError:
            pass
        planner = self.planner
        selections = Selections(planner.schema, self.fragments, variables.values)
        builder = StatementBuilder(planner.tables, selections, variables, planner.audience, planner.cursors)
        with one_statement():
            found = plan(builder)
        self._plans[key] = found
        return found

    def _key(self, part: tuple[str, ...], variables: Variables) -> tuple[Any, ...]:
        return (part, *[each.of(variables.values) for each in self._key_parts]) if self._key_parts else (part,)

    def _plan_operation(self, builder: StatementBuilder) -> Plan | None:
        root = self.planner.schema.query_type
        assert root is not None
        selected = builder.selections.of(root, [self.node.selection_set])
        try:
            plan = self._compiled(builder, builder.fields_of(root, None, selected))
        except NotPlannable:
            return None
        sources = self.planner.tables.sources
        own = []
        for at, (key, nodes) in enumerate(selected.items()):
            if is_viewers_own(root, nodes[0].name.value, sources):
                null = f'"{key}":null'
                own.append((key, null, None if at else len(null) + 1))
        return replace(plan, viewers=tuple(own)) if own else plan

    def _compiled(self, builder: StatementBuilder, fields: list[Any]) -> Plan:
        return self._planned(builder, object_of(fields), is_event=False)

    def _planned(self, builder: StatementBuilder, body: Expression, *, is_event: bool = True) -> Plan:
        planner = self.planner
        done = compiled(body, builder.bound, planner.audience.setting, planner.open_tables)
        most = planner.answer_bytes
        # Measuring a response takes a twentieth of a small statement's time. One without a list has few texts.
        sql = done.sql
        if most is not None and (is_event or "json_agg" in sql):
            sql = bounded(sql, most)
        of_members = builder.marked or builder.recorded
        sources = None if is_event or of_members else sources_of(done, planner.audience.view, planner.kept)
        cursors = planner.cursors if builder.paged else None
        return Plan(sql, done.values, tuple(builder.checks), builder.marked, builder.recorded, sources, cursors)

    def _find_key_parts(self) -> list[PlanKeyPart]:
        found: dict[tuple[str, Any], PlanKeyPart] = {}
        schema, tables = self.planner.schema, self.planner.tables
        root = schema.get_root_type(self.kind)
        assert root is not None
        for kind, node in everything(self.node.selection_set, self.fragments, root, schema):
            for directive in node.directives or ():
                for argument in directive.arguments or ():
                    for variable in variables_in(argument.value):
                        found[variable, structural] = PlanKeyPart(variable, structural)
            source = tables.sources.get((kind.name, node.name.value)) if isinstance(node, FieldNode) else None
            if source is not None and isinstance(node, FieldNode):
                for part in plan_key_parts(node, kind.fields[node.name.value], source, tables.prefixes_of):
                    found[part.variable, part.part] = part
        return list(found.values())


IN_CONTEXT = "inContext"  # the directive with the language of an operation
NO_VARIABLES = Variables({})
NOT_NULL = "Variable '${}' must not be null: it is used where a value is required."
OPERATION = ("operation",)  # the part that is all of it


def is_viewers_own(root: GraphQLObjectType, name: str, sources: Mapping[tuple[str, str], Any]) -> bool:
    """Whether a field of the root is an object that the viewer has for as long as they exist."""
    source = sources.get((root.name, name))
    if not isinstance(source, Sql) or isinstance(source, Paged) or not source.asks_viewer:
        return False
    kind = root.fields[name].type
    return is_non_null_type(kind) and is_object_type(kind.of_type)


def coercer_of(kind: Any) -> Callable[[Any], Any]:
    """What coerces values of a type as graphql-core does, to Undefined where it cannot.

    graphql-core examines the type again for each value. Most variables are scalars or enums.
    """
    leaf = kind.of_type if is_non_null_type(kind) else kind
    takes_text = leaf is GraphQLString or leaf is GraphQLID
    if not is_leaf_type(leaf):
        return lambda given: coerce_input_value(given, kind)
    null = None if leaf is kind else Undefined

    def coerce(given: Any) -> Any:
        if takes_text and type(given) is str:
            return given
        if given is None:
            return null
        try:
            return leaf.coerce_input_value(given)
        except Exception:
            return Undefined

    return coerce
