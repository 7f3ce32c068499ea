"""Answers `GET` and `POST /graphql`, from the request's bytes to the response's."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from logging import INFO
from typing import Any

import orjson
from graphql import GraphQLError
from graphql.language import OperationType
from starlette.types import Receive, Scope, Send

from models.languages import Language
from models.statements import LARGEST
from models.viewers import ANYBODY, Audience, Viewer
from planner.arguments import Variables
from planner.costs import INTROSPECTION
from planner.operations import BadVariables, Operation
from planner.plans import TOO_LARGE
from schema.context import Context, InThread
from server.callers.allowances import headers as rate_headers
from server.callers.credentials import REQUIRED, Credentials
from server.callers.rate_limits import Allowances, RateLimits
from server.callers.read_budgets import MemberReads
from server.callers.request_rates import INVALID_A_SECOND, INVALID_AT_ONCE, REQUESTS, TOKENS, RequestRates
from server.callers.sessions import Sessions
from server.databases.pools import ConnectionPool
from server.databases.publisher_pool import PublisherPool
from server.databases.standbys import Standbys
from server.events.broker import Events
from server.events.event_streams import EVENTS, as_stream, stream
from server.events.feeds import Feeds
from server.events.streams import Streams
from server.events.subscriptions import PreparedSubscription, prepare_subscription
from server.files.file_making import FileMaking
from server.http import request_ids
from server.http.addresses import client_address
from server.http.compression import coding_of, compressed
from server.http.entity_tags import hash_of, is_known, tag_of
from server.http.exchanges import exchange_of
from server.http.negotiation import HEADERS, content_language, in_language
from server.http.origins import Origins
from server.operations.answers import AnswerSize, too_large
from server.operations.commit_guard import CommitGuard
from server.operations.data_reads import Admission, DataReads
from server.operations.deadlines import CutOffReason, Deadline, Deadlines, OperationDeadline, RequestCutOff
from server.operations.documents import Document, Documents
from server.operations.errors import (
    Code,
    NotAdmitted,
    RequestError,
    bad_input,
    bad_variables,
    internal,
    request_error,
    request_timed_out,
    shutting_down,
)
from server.operations.kept_answers import KeptAnswers, body_of
from server.operations.limits import check_variables
from server.operations.planning import MOST_WAITING, MOST_WAITING_OF_ONE, Planning
from server.operations.requests import (
    JSON,
    RESPONSE_JSON,
    GraphQLParams,
    answer_type,
    is_json,
    params_from_body,
    params_from_url,
    read_body,
    takes_events,
)
from server.operations.results import response_of
from server.operations.trusted_documents import admitted
from server.telemetry import logs
from server.telemetry.digests import Digests
from server.telemetry.metrics import Metrics
from settings import Settings

ALLOW = (b"allow", b"GET, POST")
TRUSTED = "trusted"
STATEMENTS = 8  # of one operation at a time: a list of Python objects has more than a caller may have waiting
UNKNOWN = "unknown"  # clients without an address share what one caller may use
QUERY, ENCODING = OperationType.QUERY.value, b"accept-encoding"
COST = b"graphql-cost"  # a request's header: whatever its value, the response has the operation's cost
FEW_SELECTIONS = 50  # whose cost takes a third of a millisecond, and checking them: the planning thread is no quicker
COSTED_A_UNIT = 150  # selections: finding the cost of as many, or checking them, takes as long as planning one
LARGE_INPUT = 500  # values: reading more takes some milliseconds, and is done in the planning thread
CHECKED_UNITS = 20  # for counting the values of a large input: of as many as may be, it takes 20 ms
VALUES_A_UNIT = 50  # of a large input: reading as many takes as long as planning one selection
CHARACTERS_A_UNIT = 100  # of a new document: reading as many takes as long as planning one selection
SQL_A_UNIT = 700  # characters of a statement that is not kept: PostgreSQL plans as many in that time
MISSING_HEADER = (
    "A query by GET needs the header `GraphQL-Require-Preflight: 1`, without which another site could send it. "
    "Send a POST with the query as JSON instead, or open /graphiql in a browser."
)
CLIENT_GONE = 499  # the status that proxies log for a client that did not wait for the response
# What a cached response depends on, beside its address: its type and language, who it is for, and if it has its cost.
VARY = b"accept, accept-language, authorization, cookie, graphql-cost"
# Of answers from standbys while the primary does not answer: RFC 7234's warning of a stale response.
STALE = (b"warning", b'110 - "Response is Stale"')
DEVICE = 200  # characters of the User-Agent that are stored


@dataclass(frozen=True)
class ServedView:
    """A view's documents and connections."""

    documents: Documents
    connections: ConnectionPool


class RequestContext:
    """One operation's request: where it comes from, who makes it, and what the log records of it.

    `kind`, `document`, `cost`, `allowances`, `codes` and `size` are set as soon as they are known. The operations of a
    socket share its `id`.
    """

    viewer = ANYBODY
    authorization: bytes | None = None  # a header, or what the session cookie stands for
    fields: tuple[tuple[bytes, bytes], ...] = ()  # headers of the response, such as one that sets the session cookie
    deadline: Deadline | OperationDeadline | None = None
    kind: str | None = None  # query, mutation or subscription
    document: str | None = None  # its hash
    cost: int | None = None
    allowances: Allowances | None = None  # of the rates by which its mutations were counted
    cacheable = False  # whether the response is the same for everybody, and has an address
    tagged = False  # whether it has an address, and changes only with what is published
    codes: tuple[str, ...] = ()  # of the response's errors, then of its `userErrors`
    size = 0  # of the response, in bytes, before compression

    def __init__(self, scope: Scope, headers: Mapping[bytes, bytes], id: str | None = None) -> None:
        self.started = time.perf_counter()
        self.scope = scope
        self.headers = headers
        self.id = id or request_ids.request_id(headers)


def is_page_request(request: RequestContext) -> bool:
    """Whether a browser shows the response as a page, and has no query."""
    accept, parameters = request.headers.get(b"accept", b""), request.scope["query_string"]
    return b"text/html" in accept and not parameters


class Endpoint:
    """`GET` and `POST /graphql`, by the GraphQL over HTTP specification.

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = RequestContext(scope, dict(scope["headers"]))
        accept = request.headers.get(b"accept")
        type, streamed = answer_type(accept), takes_events(accept)
        more: tuple[tuple[bytes, bytes], ...] = ()
        error: RequestError | None = None
        body = b""
        try:
            try:
                answer = await self.answer(request, receive, type, streamed=streamed)
            except asyncio.CancelledError:
                # A Deadline raises RequestCutOff: this cancellation comes from a server that has waited and now stops.
                raise shutting_down() from None
            if isinstance(answer, PreparedSubscription):
                self.log_operation(request, 200)  # at its start: it may last for days
                about = (request_ids.HEADER, request.id.encode()), content_language(answer.viewer)
                start = response_start(200, EVENTS, *about)
                given, caller = request.authorization, self.caller(request)
                request.codes = await stream(answer, self.streams, caller, given, start, receive, send, request.id)
                if request.codes:  # it has ended with an error
                    self.log_operation(request, 200)
                return
            body = answer
            if request.allowances:
                more = rate_headers(request.allowances.values())
        except RequestError as raised:
            error = raised
        except RequestCutOff as cut_off:
            if cut_off.reason is CutOffReason.CLIENT_GONE:
                self.log_operation(request, CLIENT_GONE)
                return
            error = request_timed_out(cut_off.seconds)
        except Exception as unexpected:
            error, id = internal()
            logs.fault(id, unexpected, request.id)
        status = 200
        if error is not None:
            error = worded(error, request)
            status = 200 if error.lenient and type is JSON else error.status
            body, more, request.codes = error.body, error.headers, error.codes
        if streamed and type is None and (error is None or error.lenient):
            status, type, body = 200, EVENTS, as_stream(body)
        request.size = len(body)
        tagged = request.tagged and error is None and not request.codes and type is not EVENTS
        if tagged:
            hash = hash_of(body)
            tag = tag_of(hash, coding_of(body, request.headers.get(ENCODING)))
            if is_known(tag, request.headers.get(b"if-none-match")):
                status, body = 304, b""
        # Results of queries only: those of mutations may have tokens, keys or codes in them.
        if ENCODING in request.headers and request.kind == QUERY and error is None and type is not EVENTS:
            body, more = await compressed(body, request.headers[ENCODING])
        if request.fields:
            more = *more, *request.fields
        type = type or JSON
        if status == 200 and not more and not request.cacheable and not tagged:
            exchange = exchange_of(send)
            fields = plain_fields(type, request.viewer.reads_in) % (len(body), request.id.encode())
            if exchange is not None and exchange.answer(fields, body):
                self.log_operation(request, status)
                return
        about = (b"content-length", b"%d" % len(body)), (request_ids.HEADER, request.id.encode())
        start = response_start(status, type, *about, content_language(request.viewer), *more)
        if tagged:
            tag = tag_of(hash, dict(more).get(b"content-encoding")) if status == 200 else tag
            allow_asking_again(start, tag)
        if request.cacheable and error is None and not request.codes and type is not EVENTS:
            allow_caching(start, self.settings.cache_seconds)
        await send(start)
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        self.log_operation(request, status)

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

    async def answer(
        self, request: RequestContext, receive: Receive, type: bytes | None, *, streamed: bool
    ) -> bytes | PreparedSubscription:
        """The response's JSON, or the subscription to stream. Raises RequestError and RequestCutOff.

        `type` is the JSON type that the client accepts, if any; `streamed` says whether it accepts an event stream.
        """
        method, headers = request.scope["method"], request.headers
        if method == "GET" and is_page_request(request):
            message = "This is the GraphQL endpoint. GraphiQL, at /graphiql, sends queries to it from a browser."
            raise request_error(303, Code.BAD_USER_INPUT, message, headers=((b"location", b"/graphiql"),))
        if method != "POST" and method != "GET":
            self.origins.note_refusal(headers, "A preflight was")
            message = "Send a POST, or a GET for queries."
            raise request_error(405, Code.BAD_USER_INPUT, message, headers=(ALLOW,))
        if type is None and not streamed:
            message = f"Not acceptable. Response types are {RESPONSE_JSON.decode()} and {JSON.decode()}."
            raise request_error(406, Code.BAD_USER_INPUT, message)
        limits = self.settings.limits
        known = self.count(request)
        if method == "POST":
            if not is_json(headers.get(b"content-type")) or b"content-encoding" in headers:
                message = "The request body must be application/json in UTF-8, uncompressed."
                raise request_error(415, Code.BAD_USER_INPUT, message)
            declared = headers.get(b"content-length")
            exchange = exchange_of(receive)
            body = None if exchange is None else exchange.whole_body(limits.body_bytes)
            if body is None:
                body = await read_body(receive, declared, limits.body_bytes, limits.request_seconds)
            params = params_from_body(body)
        else:
            # A page of another origin can make a browser send a GET, but not with a custom header.
            if not self.credentials.is_safe(method, headers) and REQUIRED not in headers:
                self.origins.note_refusal(headers, "A query by GET was")
                raise request_error(400, Code.BAD_USER_INPUT, MISSING_HEADER)
            params = params_from_url(request.scope["query_string"])
        with Deadline(self.deadlines, receive, limits.request_seconds) as deadline:
            request.deadline = deadline
            try:
                authorization = self.credentials.of_request(method, headers)
                if known is not None:
                    request.viewer, request.authorization = known, authorization
                elif authorization is not None:
                    await self.authenticate(request, authorization)
            except RequestError as error:
                if error.status == 401 and b"authorization" not in headers:
                    request.fields = (self.credentials.cleared(),)  # else its page could not even read as a stranger
                if error.status not in (401, 403) or not await self.is_for_strangers(request, params):
                    self.origins.note_refusal(headers, "A session cookie was")
                    raise
            return await self.operate(request, params, by_get=method == "GET", streamed=streamed)

    def count(self, request: RequestContext) -> Viewer | None:
        """Counts an HTTP request by who sends it, before it is read. Returns the viewer of its token, if it is cached.

        One with a token that is not cached is counted once it was looked up, by `authenticate`. Raises RequestError:
        429 if nothing is left.
        """
        headers = request.headers
        token = headers.get(b"authorization")
        if token is None and b"cookie" in headers:
            token = self.credentials.in_cookie(headers)
        if token is None:
            self.requests.count(self.caller(request))
            return None
        known = self.sessions.known(token)
        if known is None:
            self.invalid.check(self.address(request))
        else:
            self.requests.count(self.caller_of(known, request.scope))
        return known

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

    def address(self, request: RequestContext) -> str:
        """The address of a request's client."""
        return client_address(request.scope, self.settings.trusted_proxies) or UNKNOWN

    async def current_viewer(self, request: RequestContext, asked: Language | None) -> Viewer:
        """The request's viewer, in the language that their account has now. Raises RequestError if it has ended.

        `asked` is the language that the operation asks for, if any.
        """
        if asked is not None or request.authorization is None:
            return request.viewer
        found = self.sessions.known(request.authorization) or await self.sessions.viewer(request.authorization)
        return request.viewer.speaking(in_language(found, None, request.headers).language)

    async def is_for_strangers(self, request: RequestContext, params: GraphQLParams) -> bool:
        """Whether the operation is a mutation of the public view, such as signing in: it needs no valid session."""
        documents = self.views[Audience.PUBLIC].documents
        try:
            document = documents.known(params.query) or await self.read(request, documents, params)
            return documents.operation(document, params.name).kind is OperationType.MUTATION
        except RequestError:
            return False

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

    async def cost_of_refused(self, request: RequestContext, documents: Documents, params: GraphQLParams) -> int | None:
        """The cost of an operation whose document is refused, such as one that is not valid; None if it has none."""
        work = partial(documents.cost_of_text, params.query, params.name, params.variables)
        try:
            return await self.planning.run(self.caller(request), work, 1 + len(params.query) // CHARACTERS_A_UNIT)
        except RequestError:
            return None

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
        request.kind = operation.kind.value
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
        if not made:
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

    def admission(self, request: RequestContext) -> Admission:
        """What admits the answers to one request, or one event of a subscription."""
        return Admission(self.member_reads, self.data_reads, request.viewer, request.document)

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

    def payer(self, request: RequestContext, document: Document) -> Hashable:
        """Whose planning budget new variables of a document, and its large statements, are charged to.

        Trusted documents have a budget of their own: neither new documents nor these shapes keep the caller from the
        others.
        """
        caller = self.caller(request)
        return (TRUSTED, caller) if document.trusted else caller

    def reader(self, request: RequestContext, size: int) -> InThread:
        """Reads an input of this many values in the planning thread, which for a small one is slower."""
        return partial(self.planning.run, self.caller(request), units=1 + size // VALUES_A_UNIT)

    def caller(self, request: RequestContext) -> Hashable:
        """Who a request's work is charged to: an account, an organization's programs, or a client's address."""
        return self.caller_of(request.viewer, request.scope)

    def caller_of(self, viewer: Viewer, scope: Scope) -> Hashable:
        """As `caller`, of a viewer whose connection has this scope."""
        known = viewer.account or viewer.organization
        if known is not None:
            return known.int  # whose hash takes a fraction of the UUID's
        return client_address(scope, self.settings.trusted_proxies) or UNKNOWN

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

        async def count(kind: str) -> None:
            if request.allowances is None:
                request.allowances = {}
            account = viewer.account or viewer.organization
            await self.rates.count(pool, kind, account, address or UNKNOWN, caller, request.allowances)

        context = Context(
            viewer=viewer,
            read=read,
            write=lambda: pool.write(viewer, caller),
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
            admit=self.admission(request).admit,
            count=count,
            device=device.decode("latin-1")[:DEVICE] if device else None,
            address=address,
            takes_cookie=request.scope["type"] == "http" and self.credentials.takes_cookie(request.headers),
        )
        work = operation.execute(variables, context)
        try:
            result = await (work if guard is None else guard.run(work, deadline.error if deadline else shutting_down))
        finally:
            if guard is not None:
                # It may have closed this very session, and its client may send the next request before the
                # notification arrives here.
                self.sessions.forget(viewer.session)
                if guard.committed:
                    self.kept.note_write()
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
        viewer = request.viewer if context.opened is None else context.opened[0]
        position = await standbys.note_write(viewer.account or viewer.organization)
        if position is not None:
            headers = request.headers
            cookie = b"authorization" not in headers and self.credentials.takes_cookie(headers)
            request.fields += standbys.positions.fields(position, cookie=cookie)

    async def keep_session(self, request: RequestContext, context: Context) -> None:
        """Has the response set the cookie of a session that was opened, or clear that of one that was closed."""
        if context.opened is not None:
            token = context.opened[1]
            if token is not None:
                request.fields += (self.credentials.kept(token),)
        elif request.authorization is not None and b"authorization" not in request.headers:
            try:
                await self.sessions.viewer(request.authorization)
            except RequestError as error:
                if error.status == 401:
                    request.fields += (self.credentials.cleared(),)


def worded(error: RequestError, request: RequestContext) -> RequestError:
    """The error in the language of the request, which then has it: many are raised before its viewer is known.

    What is for developers stays in English, and the request's language as it is.
    """
    viewer = in_language(request.viewer, None, request.headers)
    found = error.in_language(viewer.reads_in)
    if found is not error:
        request.viewer = viewer
    return found


def introspection_key(document: Document, name: str | None, variables: Mapping[str, Any]) -> str:
    """The cache key of an introspection: its answer is the same for all viewers of a view, and takes about 50 ms."""
    return f"{document.hash} {name} {orjson.dumps(variables, option=orjson.OPT_SORT_KEYS).hex()}"


def allow_asking_again(start: dict[str, Any], tag: str) -> None:
    """Lets a client store a response, and ask by its tag whether it has changed."""
    replaced = {b"cache-control"} | ({b"content-length", b"content-type"} if start["status"] == 304 else set())
    kept = [header for header in start["headers"] if header[0] not in replaced]
    about = (b"cache-control", b"private, no-cache"), (b"vary", VARY + b", accept-encoding"), (b"etag", tag.encode())
    start["headers"] = [*kept, *about]


def allow_caching(start: dict[str, Any], seconds: int) -> None:
    """Lets caches store a response for as long as `seconds`, unless that is 0."""
    if seconds:
        kept = [header for header in start["headers"] if header[0] != b"cache-control"]
        start["headers"] = [*kept, (b"cache-control", b"public, max-age=%d" % seconds), (b"vary", VARY)]


@lru_cache(32)
def plain_fields(type: bytes, language: Language) -> bytes:
    """The header's lines of a response without further fields, to be formatted with its length and its request's id."""
    about = (b"content-length", b"%d"), (request_ids.HEADER, b"%b")
    start = response_start(200, type, *about, HEADERS[language])
    return b"".join([b"%b: %b\r\n" % field for field in start["headers"]])


def response_start(status: int, type: bytes, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    """The ASGI message that starts a response."""
    headers = [
        (b"content-type", type),
        (b"cache-control", b"no-store"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    return {"type": "http.response.start", "status": status, "headers": headers}
