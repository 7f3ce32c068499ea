"""Reads, costs and plans operations in the planning thread, charged to whoever requested them."""

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any

from starlette.types import Scope

from models.statements import LARGEST
from models.viewers import Viewer
from planner.arguments import Variables
from planner.operations import Operation
from schema.context import InThread
from server.http.addresses import client_address
from server.operations.documents import Document, Documents
from server.operations.errors import RequestError
from server.operations.planning import Planning
from server.operations.request_context import RequestContext
from server.operations.requests import GraphQLParams
from settings import Settings

TRUSTED = "trusted"
UNKNOWN = "unknown"  # clients without an address share what one caller may use
FEW_SELECTIONS = 50  # whose cost takes a third of a millisecond, and checking them: the planning thread is no quicker
COSTED_A_UNIT = 150  # selections: finding the cost of as many, or checking them, takes as long as planning one
VALUES_A_UNIT = 50  # of a large input: reading as many takes as long as planning one selection
CHARACTERS_A_UNIT = 100  # of a new document: reading as many takes as long as planning one selection
SQL_A_UNIT = 700  # characters of a statement that is not kept: PostgreSQL plans as many in that time


class ChargedWork:
    """What is done for a request before its statement, by a thread and within the caller's budget."""

    planning: Planning
    settings: Settings

    async def read(self, request: RequestContext, documents: Documents, params: GraphQLParams) -> Document:
        """A document that is not cached, read in the planning thread. Raises RequestError."""
        text = params.query
        work = partial(documents.read, text, params.name, params.variables)
        units = 1 + len(text) // CHARACTERS_A_UNIT
        try:
            document = await self.planning.run(self.caller(request), work, units, partial(documents.known, text))
        except RequestError as error:
            if error.status == 400:
                documents.refuse(text, error)
            raise
        documents.keep(text, document)
        return document

    async def find_cost(
        self, request: RequestContext, document: Document, operation: Operation, variables: Mapping[str, Any]
    ) -> int:
        """An operation's cost with variables that it was not requested with yet: page sizes and conditions.

        That of a large document is found in the planning thread. Raises RequestError.
        """
        size, costs = document.analysis.size, operation.costs
        if size <= FEW_SELECTIONS:
            return costs.total(variables)
        units = 1 + size // COSTED_A_UNIT
        payer = self.payer(request, document)
        return await self.planning.run(payer, partial(costs.total, variables), units, partial(costs.found, variables))

    async def check(
        self, request: RequestContext, document: Document, work: Callable[[], None], read: InThread | None
    ) -> None:
        """Checks a mutation of a known document, a large one in the planning thread. Raises RequestError, GraphQLError.

        A large input has a reader, `read`.
        """
        size = document.analysis.size
        if read is not None:
            await read(work)
        elif size > FEW_SELECTIONS:
            await self.planning.run(self.payer(request, document), work, 1 + size // COSTED_A_UNIT)
        else:
            work()

    async def make_plans(
        self, request: RequestContext, document: Document, operation: Operation, variables: Variables
    ) -> bool:
        """Makes the operation's plans in the planning thread, if they are not cached. Returns whether it made them.

        Raises RequestError, or GraphQLError for an argument that cannot be planned.
        """
        if operation.is_planned(variables):
            return False
        work = partial(operation.make_plans, variables, request.viewer)
        units = 1 + document.analysis.size
        payer = self.payer(request, document)
        known = await self.planning.run(payer, work, units, lambda: operation.is_planned(variables) or None)
        return known is None

    def charge(self, sql: str, payer: Hashable) -> None:
        """Charges a statement that is too large to be kept: PostgreSQL plans it each time. Raises RequestError."""
        if len(sql) > LARGEST:
            self.planning.charge(payer, len(sql) // SQL_A_UNIT)

    async def cost_of_refused(self, request: RequestContext, documents: Documents, params: GraphQLParams) -> int | None:
        """The cost of an operation whose document is refused, such as one that is not valid; None if it has none."""
        work = partial(documents.cost_of_text, params.query, params.name, params.variables)
        try:
            return await self.planning.run(self.caller(request), work, 1 + len(params.query) // CHARACTERS_A_UNIT)
        except RequestError:
            return None

    def reader(self, request: RequestContext, size: int) -> InThread:
        """Reads an input of this many values in the planning thread, which for a small one is slower."""
        return partial(self.planning.run, self.caller(request), units=1 + size // VALUES_A_UNIT)

    def payer(self, request: RequestContext, document: Document) -> Hashable:
        """Whose planning budget new variables of a document, and its large statements, are charged to.

        Trusted documents have a budget of their own: neither new documents nor these shapes keep the caller from the
        others.
        """
        caller = self.caller(request)
        return (TRUSTED, caller) if document.trusted else caller

    def caller(self, request: RequestContext) -> Hashable:
        """Who a request's work is charged to: an account, an organization's programs, or a client's address."""
        return self.caller_of(request.viewer, request.scope)

    def caller_of(self, viewer: Viewer, scope: Scope) -> Hashable:
        """As `caller`, of a viewer whose connection has this scope."""
        known = viewer.account or viewer.organization
        if known is not None:
            return known.int  # whose hash takes a fraction of the UUID's
        return client_address(scope, self.settings.trusted_proxies) or UNKNOWN

    def address(self, request: RequestContext) -> str:
        """The address of a request's client."""
        return client_address(request.scope, self.settings.trusted_proxies) or UNKNOWN
