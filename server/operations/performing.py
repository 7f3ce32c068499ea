"""Performs operations, whatever they came by: an HTTP request, a socket, or the address of a file."""

import asyncio
import time
from collections.abc import Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from logging import INFO
from typing import Any

import orjson
from graphql import GraphQLError
from graphql.language import OperationType

from models.languages import Language
from models.statements import LARGEST
from models.viewers import ANYBODY, Audience, Viewer
from planner.arguments import Variables
from planner.costs import INTROSPECTION
from planner.operations import BadVariables, Operation
from planner.plans import TOO_LARGE
from resolvers.calling import OpenedSession
from schema.context import Context, InThread
from server.callers.credentials import Credentials
from server.callers.rate_limits import RateLimits
from server.callers.read_budgets import MemberReads
from server.callers.request_rates import INVALID_A_SECOND, INVALID_AT_ONCE, REQUESTS, TOKENS, RequestRates
from server.callers.sessions import Sessions
from server.databases.pools import ConnectionPool
from server.databases.publisher_pool import PublisherPool
from server.databases.standbys import Standbys
from server.events.broker import Events
from server.events.feeds import Feeds
from server.events.streams import Streams
from server.events.subscriptions import PreparedSubscription, prepare_subscription
from server.files.file_making import FileMaking
from server.http.addresses import client_address
from server.http.negotiation import in_language
from server.http.origins import Origins
from server.operations.answers import AnswerSize, too_large
from server.operations.charged_work import ChargedWork
from server.operations.commit_guard import CommitGuard
from server.operations.data_reads import Admission, DataReads
from server.operations.deadlines import Deadlines
from server.operations.documents import Document, Documents
from server.operations.errors import (
    Code,
    NotAdmitted,
    RequestError,
    bad_input,
    bad_variables,
    request_error,
    shutting_down,
)
from server.operations.kept_answers import KeptAnswers, body_of
from server.operations.limits import check_variables
from server.operations.planning import MOST_WAITING, MOST_WAITING_OF_ONE, Planning
from server.operations.request_context import RequestContext
from server.operations.requests import GraphQLParams
from server.operations.results import response_of
from server.operations.trusted_documents import admitted
from server.telemetry import logs
from server.telemetry.digests import Digests
from server.telemetry.metrics import Metrics
from settings import Settings

STATEMENTS = 8  # of one operation at a time: a list of Python objects has more than a caller may have waiting
COST = b"graphql-cost"  # a request's header: whatever its value, the response has the operation's cost
LARGE_INPUT = 500  # values: reading more takes some milliseconds, and is done in the planning thread
CHECKED_UNITS = 20  # for counting the values of a large input: of as many as may be, it takes 20 ms
# Of answers from standbys while the primary does not answer: RFC 7234's warning of a stale response.
STALE = (b"warning", b'110 - "Response is Stale"')
DEVICE = 200  # characters of the User-Agent that are stored


@dataclass(frozen=True)
class ServedView:
    """A view's documents and connections."""

    documents: Documents
    connections: ConnectionPool


class Operations(ChargedWork):
    """Operations of any view, over the server's parts.

    A planned query costs its SQL statement and two look-ups: its viewer and its document.
    """

    def __init__(
        self,
        views: Mapping[Audience, ServedView],
        sessions: Sessions,
        events: Events,
        publisher: PublisherPool,
        identity: ConnectionPool,
        member_reads: MemberReads,
        data_reads: DataReads,
        settings: Settings,
        digests: Digests,
        kept: KeptAnswers,
        standbys: Standbys | None = None,
    ) -> None:
        self.views = views
        self.sessions = sessions
        self.events = events
        self.feeds = Feeds(events, settings.limits.answer_bytes)
        self.publisher = publisher
        self.identity = identity  # for what strangers write, so that no reads keep anybody from signing in
        self.member_reads = member_reads
        self.data_reads = data_reads
        self.kept = kept
        self.standbys = standbys
        self.streams = Streams(sessions, settings.limits, settings.connections)
        self.settings = settings
        assert settings.database_url is not None
        self.rates = RateLimits(settings.rates, settings.database_url, settings.role_key)
        self.origins = Origins(settings.origins)
        self.credentials = Credentials(self.origins, plain=settings.plain_cookie)
        self.planning = Planning(settings.limits.planned_at_once, settings.limits.planned_a_second)
        self.requests = RequestRates(REQUESTS, settings.requests_at_once, settings.requests_a_second)
        self.invalid = RequestRates(TOKENS, INVALID_AT_ONCE, INVALID_A_SECOND)
        # One of each operation at a time, of which one caller may send as many as wait for planning.
        self.computing = FileMaking(settings.limits.request_seconds, MOST_WAITING, MOST_WAITING_OF_ONE, "computing")
        self.log = logs.OperationLog()
        self.digests = digests
        self.deadlines = Deadlines()
        self.metrics: Metrics | None = None

    def operate(
        self, request: RequestContext, params: GraphQLParams, *, by_get: bool = False, streamed: bool = False
    ) -> Coroutine[Any, Any, bytes | PreparedSubscription]:
        """The response's JSON, or the subscription to stream, for `request.viewer`. Raises RequestError when awaited.

        With a header GraphQL-Cost, the response's extensions have the operation's cost and its limit.
        """
        answer = self.perform(request, params, by_get=by_get, streamed=streamed)
        return self.with_cost(request, params, answer) if COST in request.headers else answer

    async def with_cost(
        self, request: RequestContext, params: GraphQLParams, work: Coroutine[Any, Any, bytes | PreparedSubscription]
    ) -> bytes | PreparedSubscription:
        """An answer, or the RequestError raised, with the cost in its extensions if the operation has one."""
        documents = self.views[request.viewer.audience].documents

        def extended(body: bytes, cost: int) -> bytes:
            shown = orjson.dumps({"cost": {"requested": cost, "limit": documents.most_cost}})
            return body[:-1] + b',"extensions":' + shown + b"}"

        try:
            answer = await work
        except NotAdmitted:
            raise
        except RequestError as error:
            cost = request.cost
            if cost is None:
                cost = await self.cost_of_refused(request, documents, params)
            if cost is None:
                raise
            raise error.with_body(extended(error.body, cost)) from None
        if not isinstance(answer, bytes):
            return answer
        assert request.cost is not None
        return extended(answer, request.cost)

    async def perform(
        self, request: RequestContext, params: GraphQLParams, *, by_get: bool, streamed: bool
    ) -> bytes | PreparedSubscription:
        """As `operate`, without the cost."""
        view = self.views[request.viewer.audience]
        document = None
        if params.document_id is not None or view.documents.restricted:
            document = admitted(view.documents, params, request.viewer, request.headers)
        if document is None:
            document = view.documents.known(params.query) or await self.read(request, view.documents, params)
        request.document = document.hash
        operation = view.documents.operation(document, params.name)
        request.kind = operation.kind_name
        cost = operation.costs.found(params.variables)
        if cost is None:
            cost = await self.find_cost(request, document, operation, params.variables)
        request.cost = view.documents.checked(cost)
        if by_get and operation.kind is OperationType.MUTATION:
            raise request_error(405, Code.BAD_USER_INPUT, "Send mutations by POST.", headers=((b"allow", b"POST"),))
        request.cacheable = by_get and params.document_id is not None and request.viewer is ANYBODY
        if operation.kind is OperationType.SUBSCRIPTION and not streamed:
            message = "Subscriptions are served as text/event-stream or over a WebSocket."
            raise request_error(406, Code.BAD_USER_INPUT, message)
        given, size = params.variables, 0
        if given:
            given = operation.declared(given)
            size = check_variables(given, self.settings.limits, LARGE_INPUT)
            if size > LARGE_INPUT:
                work = partial(check_variables, given, self.settings.limits)
                size = await self.planning.run(self.caller(request), work, CHECKED_UNITS)
        if operation.kind is not OperationType.QUERY:
            size += document.tree.token_count
        read = self.reader(request, size) if size > LARGE_INPUT else None
        cache_key = introspection_key(document, params.name, given) if document.analysis.only_introspects else ""
        if cache_key:
            cached = view.documents.answers.get(cache_key)
            if cached is not None:
                return cached
        try:
            if read is None:
                variables = operation.coerce(given)
            else:
                variables = await read(partial(operation.coerce, given))
            language = operation.language(variables)
            request.viewer = in_language(request.viewer, language, request.headers)
            made = False
            try:
                plan = operation.known_plan(variables)
            except KeyError:
                made = await self.make_plans(request, document, operation, variables)
                plan = operation.plan(variables)
            if operation.kind is OperationType.SUBSCRIPTION:
                costs, caller = (request.cost, view.documents.most_cost), self.caller(request)
                return await prepare_subscription(
                    operation,
                    variables,
                    request.viewer,
                    caller,
                    costs,
                    view.connections,
                    self.feeds,
                    partial(self.admission, request),
                    partial(self.current_viewer, request, language),
                )
            values = None
            if plan is not None:
                values = plan.values(variables, request.viewer)
                request.tagged = by_get and plan.sources is not None
            elif not made and operation.kind is OperationType.MUTATION:
                await self.check(request, document, partial(operation.check, variables, request.viewer), read)
        except BadVariables as bad:
            suggests = view.documents.introspection
            raise bad_variables(bad.errors, operation.planner.schema, suggests=suggests) from None
        except GraphQLError as error:
            raise bad_input(error) from None
        if plan is None or values is None:
            payer = None if made else self.payer(request, document)
            body = await self.execute(request, operation, variables, read, payer)
            if cache_key and not request.codes:
                view.documents.answers[cache_key] = body
            return body
        if not made and len(plan.sql) > LARGEST:
            self.charge(plan.sql, self.payer(request, document))
        try:
            caller = self.caller(request)
            sources = plan.sources
            if sources is None or not self.may_keep(request, caller):
                text = await self.read_pool(request, caller).read(plan.sql, values, caller)
            else:
                found = await self.kept.read(plan, sources, values, request.viewer, view.connections, caller)
                if isinstance(found, bytes):
                    return found
                text = found
        except Exception as error:
            refused = plan.refusal(error)
            if refused is None:
                raise
            raise bad_input(refused) from None
        if text == TOO_LARGE:
            raise too_large(self.settings.limits.answer_bytes)
        if text is None:
            raise RuntimeError("a planned statement returned no row")
        if plan.viewers and plan.lacks_viewer(text):
            await self.expect_viewer(request)
            raise RuntimeError("the viewer's own rows are missing")
        if plan.marked or plan.recorded:
            text = await self.admission(request).admit(text)
        return body_of(plan.sealed(text))

    def may_keep(self, request: RequestContext, caller: Hashable) -> bool:
        """Whether an answer may come from memory: it has all that the caller may have written."""
        if not self.kept.is_current():
            return False
        return self.standbys is None or self.standbys.position_of(caller, request.headers) == 0

    def read_pool(self, request: RequestContext, caller: Hashable) -> ConnectionPool:
        """The connections on which a query is read: to a standby, if there is one that may answer it."""
        audience = request.viewer.audience
        primary = self.views[audience].connections
        if self.standbys is None:
            return primary
        found = self.standbys.pool(audience, primary, caller, request.headers)
        if found is not primary and self.standbys.stand_ins():
            request.fields += (STALE,)
            request.cacheable = False
        return found

    def admission(self, request: RequestContext, viewer: Viewer | None = None) -> Admission:
        """What admits the answers to one request, or one event of a subscription, which its viewer reads or another."""
        return Admission(self.member_reads, self.data_reads, viewer or request.viewer, request.document)

    async def execute(
        self,
        request: RequestContext,
        operation: Operation,
        variables: Variables,
        reader: InThread | None,
        payer: Hashable,
    ) -> bytes:
        """The response of an operation that graphql-core executes, such as a mutation. Raises RequestError.

        A large input has a `reader`; large statements are charged to the `payer`, if their plans were not just made.
        """
        viewer, deadline = request.viewer, request.deadline
        view = self.views[viewer.audience]
        # The mutations of the public view sign in, register and reset passwords.
        pool = self.identity if viewer.audience is Audience.PUBLIC else view.connections
        caller = self.caller(request)
        device = request.headers.get(b"user-agent")
        address = client_address(request.scope, self.settings.trusted_proxies)
        size = AnswerSize(self.settings.limits.answer_bytes)
        guard = CommitGuard() if operation.kind is OperationType.MUTATION else None
        connections = view.connections if guard is not None else self.read_pool(request, caller)
        reading = asyncio.Semaphore(STATEMENTS)

        async def read(sql: str, values: Sequence[Any]) -> str | None:
            if payer is not None:
                self.charge(sql, payer)
            async with reading:
                return size.text(await connections.read(sql, values, caller))

        admission, asked = self.admission(request), operation.language(variables)

        def acting() -> Viewer:
            """Who has signed in, from then on, if it is in a view that is not public."""
            return viewer if viewer.audience is Audience.PUBLIC else context.viewer

        async def admit(text: str) -> str:
            nonlocal admission
            if admission.viewer.scope != context.viewer.scope:
                admission = self.admission(request, context.viewer)
            return await admission.admit(text)

        context = Context(
            viewer=viewer,
            read=read,
            write=lambda: pool.write(acting(), caller),
            settings=self.settings,
            publish=lambda: self.publisher.write(viewer, caller),
            extend_deadline=None if deadline is None else deadline.extend,
            write_as_anybody=lambda: self.identity.write(ANYBODY, caller),
            guard_commit=None if guard is None else guard.guarded,
            await_step=None if guard is None else guard.await_step,
            in_thread=partial(self.planning.run, caller, units=INTROSPECTION),
            reader=reader,
            compute=partial(self.computing.run, caller),
            count_bytes=size.count,
            admit=admit,
            count=partial(self.count_kind, request, pool),
            device=device.decode("latin-1")[:DEVICE] if device else None,
            address=address,
            takes_cookie=request.scope["type"] == "http" and self.credentials.takes_cookie(request.headers),
            look_up=partial(self.viewer_now, request, asked),
            expect_viewer=lambda: self.expect_viewer(request, context.opened),
            in_language=lambda viewer: in_language(viewer, asked, request.headers),
        )
        work = operation.execute(variables, context)
        try:
            result = await (work if guard is None else guard.run(work, deadline.error if deadline else shutting_down))
        finally:
            if guard is not None:
                # It may have closed this very session or others, and the next request may arrive before the
                # notification.
                self.sessions.forget(viewer.session)
                if guard.committed:
                    self.kept.pulse.note_write()
                if self.standbys is not None and guard.committed:
                    self.standbys.hold(viewer.account or viewer.organization)
        committed = guard is not None and guard.committed
        if committed:
            await self.keep_session(request, context)
            if self.standbys is not None:
                await self.note_write(self.standbys, request, context)
        language = request.viewer.reads_in
        body, codes = response_of(result, language, committed=committed, request=request.id)
        request.codes = tuple(dict.fromkeys((*codes, *context.refusals)))
        return body

    async def note_write(self, standbys: Standbys, request: RequestContext, context: Context) -> None:
        """Has the caller's next queries read what they have just written, in this process and others."""
        viewer = request.viewer if context.opened is None else context.opened.viewer
        position = await standbys.note_write(viewer.account or viewer.organization)
        if position is not None:
            headers = request.headers
            cookie = b"authorization" not in headers and self.credentials.takes_cookie(headers)
            request.fields += standbys.positions.fields(position, cookie=cookie)

    async def keep_session(self, request: RequestContext, context: Context) -> None:
        """Has the response set the cookie of a session that was opened, or clear that of one that was closed."""
        if context.opened is not None:
            if context.opened.in_cookie:
                request.fields += (self.credentials.kept(context.opened.token),)
        elif request.authorization is not None and b"authorization" not in request.headers:
            try:
                await self.sessions.viewer(request.authorization)
            except RequestError as error:
                if error.status == 401:
                    request.fields += (self.credentials.cleared(),)

    async def authenticate(self, request: RequestContext, authorization: bytes | None) -> None:
        """Sets the request's viewer, and counts the request as theirs.

        Raises RequestError if the token or key is not valid, or nothing is left of the caller's rate.
        """
        if authorization is not None:
            known = self.sessions.known(authorization)
            if known is None:
                address = self.address(request)
                self.invalid.check(address)
                try:
                    known = await self.sessions.viewer(authorization, address)
                except RequestError as error:
                    if error.status == 401:
                        self.invalid.count(address)
                    raise
            request.viewer, request.authorization = known, authorization
        self.requests.count(self.caller(request))

    async def count_kind(self, request: RequestContext, connections: ConnectionPool, kind: str) -> None:
        """Counts what a request does as one of a kind, in the database. Raises RequestError if nothing was left."""
        if request.allowances is None:
            request.allowances = {}
        account = request.viewer.account or request.viewer.organization
        address, caller = self.address(request), self.caller(request)
        await self.rates.count(connections, kind, account, address, caller, request.allowances)

    async def viewer_now(
        self, request: RequestContext, asked: Language | None, opened: OpenedSession | None
    ) -> Viewer | None:
        """The viewer after a mutation, of the session that one has opened or else of the request's session or key.

        Their roles and language may be others. None if it has ended, and for a stranger. Raises RequestError if they
        cannot be looked up.
        """
        try:
            found = await self.expect_viewer(request, opened)
        except RequestError as error:
            if error.status != 401:
                raise
            return None
        return None if found is None else in_language(found, asked, request.headers)

    async def expect_viewer(self, request: RequestContext, opened: OpenedSession | None = None) -> Viewer | None:
        """The viewer of the session that was opened, or else of the request's session or key; None for a stranger.

        Raises RequestError: 401 if it has ended since they were looked up.
        """
        given = request.authorization if opened is None else b"Bearer " + opened.token.encode()
        if given is None:
            return None
        # The notification that it has ended may arrive later.
        self.sessions.forget((request.viewer if opened is None else opened.viewer).opened_by)
        return await self.sessions.viewer(given, self.caller(request))

    async def current_viewer(self, request: RequestContext, asked: Language | None) -> Viewer:
        """The request's viewer, in the language that their account has now. Raises RequestError if it has ended.

        `asked` is the language that the operation asks for, if any.
        """
        if asked is not None or request.authorization is None:
            return request.viewer
        found = self.sessions.known(request.authorization) or await self.sessions.viewer(request.authorization)
        return request.viewer.speaking(in_language(found, None, request.headers).language)

    def log_operation(self, request: RequestContext, status: int) -> None:
        """Logs and counts an operation, with the time since its request arrived."""
        if self.metrics is not None:
            seconds = time.perf_counter() - request.started
            self.metrics.observe(request.viewer.audience.view, request.kind, request.codes, seconds)
        if logs.operations.isEnabledFor(INFO):
            self.log.add(
                request=request.id,
                audience=request.viewer.audience,
                actor=self.digests.caller(request.viewer),
                kind=request.kind,
                document=request.document,
                cost=request.cost,
                status=status,
                codes=request.codes,
                size=request.size,
                ms=(time.perf_counter() - request.started) * 1000,
            )


def introspection_key(document: Document, name: str | None, variables: Mapping[str, Any]) -> str:
    """The cache key of an introspection: its answer is the same for all viewers of a view, and takes about 50 ms."""
    return f"{document.hash} {name} {orjson.dumps(variables, option=orjson.OPT_SORT_KEYS).hex()}"
