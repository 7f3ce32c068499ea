"""Turns a document's text into operations of one view, and caches the result."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cachetools import LRUCache
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse
from graphql.validation import NoFragmentCyclesRule, UniqueFragmentNamesRule

from models.viewers import Audience
from planner.operations import Operation, Planner
from server.operations.errors import (
    Code,
    RequestError,
    TooCostly,
    limit_exceeded,
    request_error,
    syntax_error,
    validation_errors,
)
from server.operations.expectations import RULES
from server.operations.limits import Analysis, analyse, nested
from server.operations.validity import faults
from server.telemetry.digests import Digests
from settings import Limits, Profile

V = TypeVar("V")

KEPT = 500  # documents of one view
KEPT_TOKENS = 50_000  # of all of them: a token takes about 400 bytes, so they stay under 20 MB
TOKEN_CHARACTERS = 400  # characters of text that count as one more token: strings and comments may be long
OPERATION_TOKENS = 10  # that each operation or fragment counts more: what is prepared for one takes some kilobytes
KEPT_REFUSED = 200
KEPT_REFUSED_CHARACTERS = 1_000_000  # of all of them
KEPT_TEXT = 32_768  # characters; a longer document is parsed each time
KEPT_ANSWERS = 4  # to introspection, of about 300 KB each
ERRORS = 20
# The only rules for a document that could not be analysed: the other rules would walk its fragments.
SOUND = (NoFragmentCyclesRule, UniqueFragmentNamesRule)


class Recent(Generic[V]):
    """The most recently used values, each with its weight: bounded by their number and by their total weight."""

    def __init__(self, most: int, heaviest: int) -> None:
        self.most, self.heaviest, self.weight = most, heaviest, 0
        self.found: OrderedDict[str, tuple[V, int]] = OrderedDict()  # the least recently used first

    def __len__(self) -> int:
        return len(self.found)

    def __contains__(self, key: str) -> bool:
        return key in self.found

    def get(self, key: str) -> V | None:
        weighed = self.found.get(key)
        if weighed is None:
            return None
        self.found.move_to_end(key)
        return weighed[0]

    def keep(self, key: str, value: V, weight: int) -> None:
        """Keeps a value that is no heavier than all of them may be."""
        if key in self.found:
            self.weight -= self.found.pop(key)[1]
        self.found[key] = value, weight
        self.weight += weight
        while len(self.found) > self.most or self.weight > self.heaviest:
            self.weight -= self.found.popitem(last=False)[1][1]


@dataclass(slots=True)
class Document:
    """A valid document of one view, and those of its operations that were requested.

    `hash` stands for it in the log.
    """

    hash: str
    tree: DocumentNode
    analysis: Analysis
    operations: dict[str | None, Operation] = field(default_factory=dict)
    trusted: bool = False


class Documents:
    """The cached documents of one view: a caller of another view can neither find nor evict them."""

    def __init__(
        self,
        planner: Planner,
        audience: Audience,
        limits: Limits,
        *,
        introspection: bool,
        most_cost: int,
        digests: Digests,
        profile: Profile = "open",
    ) -> None:
        self.digests = digests
        self.restricted = profile != "open"  # whether texts that are not trusted are refused,
        self.explorable = profile == "trusted+graphiql"  # except from explorers
        self.trusted: dict[str, Document] = {}  # by their texts; never evicted
        self.trusted_ids: dict[str, str] = {}  # the text of each id
        self.reads = 0  # of documents that were not cached
        self.planner = planner
        self.audience = audience
        self.limits = limits
        self.introspection = (
            introspection  # whether its callers may introspect the schema, and errors suggest names of it
        )
        self.most_cost = most_cost  # of one operation
        self.answerable: Recent[Document] = Recent(KEPT, KEPT_TOKENS)
        self.refused: Recent[RequestError] = Recent(KEPT_REFUSED, KEPT_REFUSED_CHARACTERS)
        self.answers: LRUCache[str, bytes] = LRUCache(KEPT_ANSWERS)

    def known(self, text: str) -> Document | None:
        """The cached document of this text. Raises RequestError if it is known to be refused."""
        known = self.answerable.get(text)
        if known is not None:
            return known
        trusted = self.trusted.get(text)
        if trusted is not None:
            return trusted
        refused = self.refused.get(text)
        if refused is not None:
            raise refused.with_traceback(None)
        return None

    def keep(self, text: str, document: Document) -> None:
        # Fragments make many selections of few tokens, and their plans take the space.
        weight = max(document.tree.token_count, document.analysis.size) + len(text) // TOKEN_CHARACTERS
        weight += OPERATION_TOKENS * len(document.tree.definitions)
        if len(text) <= KEPT_TEXT and weight <= KEPT_TOKENS:
            self.answerable.keep(text, document, weight)

    def refuse(self, text: str, error: RequestError) -> None:
        """Caches a refusal, unless it depends on the variables or on the operation that is requested."""
        weight = len(text) + len(error.body)
        if not isinstance(error, TooCostly) and len(text) <= KEPT_TEXT and weight <= KEPT_REFUSED_CHARACTERS:
            self.refused.keep(text, error, weight)

    def operation(self, document: Document, name: str | None) -> Operation:
        """The operation of this name, or the only one if `name` is None. Raises RequestError if there is none."""
        known = document.operations.get(name)
        if known is None:
            try:
                known = self.planner.operation(document.tree, name, document.analysis.size)
            except GraphQLError:
                raise request_error(400, Code.BAD_USER_INPUT, no_operation(name), lenient=True) from None
            document.operations[name] = known
        return known

    def cost(self, operation: Operation, variables: Mapping[str, Any]) -> int:
        """The operation's cost with these variables, as sent. Raises TooCostly if it exceeds the view's limit."""
        return self.checked(operation.costs.total(variables))

    def checked(self, cost: int) -> int:
        if cost > self.most_cost:
            raise TooCostly(cost, self.most_cost)
        return cost

    def read(self, text: str, name: str | None, variables: Mapping[str, Any]) -> Document:
        """Parses and validates a document, and prepares its operation `name`; checks that one's cost before validating.

        May run in any thread. Raises RequestError if it cannot be parsed, exceeds a limit or is not valid.
        """
        self.reads += 1
        tree, analysis = self.parsed(text)
        costs = self.planner.costs.operation(tree, name) if analysis.sound else None
        if costs is not None:
            self.checked(costs.total(variables))
        document = self.validated(text, tree, analysis)
        if costs is not None:
            self.operation(document, name).costs = costs  # which has these variables' cost
        return document

    def validated(self, text: str, tree: DocumentNode, analysis: Analysis) -> Document:
        """The document of a text within the limits. Raises RequestError if it is not valid in the view."""
        rules = RULES if analysis.sound else SOUND
        # A suggested name tells a part of what introspection would.
        errors = faults(self.planner.schema, tree, rules, ERRORS, hide_suggestions=not self.introspection)
        if errors or not analysis.sound:
            raise validation_errors(errors, self.audience)
        if analysis.introspects and not self.introspection:
            message = "Introspection requires signing in. The public schema is at /schema/public.graphql."
            raise request_error(400, Code.VALIDATION_FAILED, message, lenient=True)
        return Document(self.digests.document(text), tree, analysis)

    def trust(self, text: str) -> Document:
        """Reads a trusted document, and prepares each of its operations.

        Raises RequestError as `read` does, and for an operation without variables that costs too much.
        """
        known = self.trusted.get(text)
        if known is not None:
            return known
        tree, analysis = self.parsed(text)
        document = self.validated(text, tree, analysis)
        document.trusted = True
        nodes = [each for each in tree.definitions if isinstance(each, OperationDefinitionNode)]
        for node in nodes:
            name = node.name.value if node.name else None
            operation = self.operation(document, name)
            if not node.variable_definitions:
                self.cost(operation, {})
        if len(nodes) == 1:  # which may be requested with its name or without
            document.operations[None] = operation
        self.trusted[text] = document
        return document

    def parsed(self, text: str) -> tuple[DocumentNode, Analysis]:
        """The parsed document, within the limits. Raises RequestError."""
        try:
            tree = parse(text, max_lexical_tokens=self.limits.tokens, max_comments=self.limits.tokens)
        except GraphQLError as error:
            if "Parsing aborted" in error.message:
                raise self.too_long(error.message) from None
            raise syntax_error(error) from None
        try:
            return tree, analyse(tree, self.limits)
        except RecursionError:  # for example, a hundred levels in each of fifty fragments
            raise nested() from None

    def cost_of_text(self, text: str, name: str | None, variables: Mapping[str, Any]) -> int | None:
        """The cost of an operation of a document that need not be valid; None if it has none of this name.

        May run in any thread. Raises RequestError if it cannot be parsed or exceeds a limit.
        """
        tree, analysis = self.parsed(text)
        costs = self.planner.costs.operation(tree, name) if analysis.sound else None
        return None if costs is None else costs.total(variables)

    def too_long(self, message: str) -> RequestError:
        if "nested" in message:
            return nested()
        what = "comments" if "comments" in message else "tokens"
        message = f"The document exceeds the limit of {self.limits.tokens:,} {what}."
        return limit_exceeded(what, self.limits.tokens, message)


def no_operation(name: str | None) -> str:
    if name is None:
        return "The document has several operations. Select one with operationName."
    return "The document has no operation with the name given in operationName."
