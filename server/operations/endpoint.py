"""Answers `GET` and `POST /graphql`, from the request's bytes to the response's."""

import asyncio

from graphql.language import OperationType
from starlette.types import Receive, Scope, Send

from models.viewers import Audience, Viewer
from server.callers.allowances import headers as rate_headers
from server.callers.credentials import REQUIRED
from server.events.event_streams import EVENTS, as_stream, stream
from server.events.subscriptions import PreparedSubscription
from server.http import request_ids
from server.http.compression import coding_of, compressed
from server.http.entity_tags import hash_of, is_known, tag_of
from server.http.exchanges import Exchange, exchange_of
from server.http.negotiation import content_language, in_language
from server.operations.deadlines import CutOffReason, Deadline, RequestCutOff
from server.operations.errors import Code, RequestError, internal, request_error, request_timed_out, shutting_down
from server.operations.performing import Operations
from server.operations.request_context import RequestContext
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
from server.operations.responses import allow_asking_again, allow_caching, plain_fields, response_start
from server.telemetry import logs

ALLOW = (b"allow", b"GET, POST")
QUERY, ENCODING = OperationType.QUERY.value, b"accept-encoding"
MISSING_HEADER = (
    "A query by GET needs the header `GraphQL-Require-Preflight: 1`, without which another site could send it. "
    "Send a POST with the query as JSON instead, or open /graphiql in a browser."
)
CLIENT_GONE = 499  # the status that proxies log for a client that did not wait for the response


class Endpoint(Operations):
    """`GET` and `POST /graphql`, by the GraphQL over HTTP specification."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(receive, send)
        request = RequestContext(scope, dict(scope["headers"]))
        accept = request.headers.get(b"accept")
        type, streamed = answer_type(accept), takes_events(accept)
        more: tuple[tuple[bytes, bytes], ...] = ()
        error: RequestError | None = None
        body = b""
        try:
            try:
                answer = await self.answer(request, receive, exchange, type, streamed=streamed)
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

    async def answer(
        self,
        request: RequestContext,
        receive: Receive,
        exchange: Exchange | None,
        type: bytes | None,
        *,
        streamed: bool,
    ) -> bytes | PreparedSubscription:
        """The response's JSON, or the subscription to stream. Raises RequestError and RequestCutOff.

        `exchange` is that of `receive`, if the server's own; `type` is the JSON type that the client accepts, if any;
        `streamed` says whether it accepts an event stream.
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

    async def is_for_strangers(self, request: RequestContext, params: GraphQLParams) -> bool:
        """Whether the operation is a mutation of the public view, such as signing in: it needs no valid session."""
        documents = self.views[Audience.PUBLIC].documents
        try:
            document = documents.known(params.query) or await self.read(request, documents, params)
            return documents.operation(document, params.name).kind is OperationType.MUTATION
        except RequestError:
            return False


def is_page_request(request: RequestContext) -> bool:
    """Whether a browser shows the response as a page, and has no query."""
    accept, parameters = request.headers.get(b"accept", b""), request.scope["query_string"]
    return b"text/html" in accept and not parameters


def worded(error: RequestError, request: RequestContext) -> RequestError:
    """The error in the language of the request, which then has it: many are raised before its viewer is known.

    What is for developers stays in English, and the request's language as it is.
    """
    viewer = in_language(request.viewer, None, request.headers)
    found = error.in_language(viewer.reads_in)
    if found is not error:
        request.viewer = viewer
    return found
