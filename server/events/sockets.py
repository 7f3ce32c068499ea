"""Serves WebSockets at /graphql, by the graphql-transport-ws protocol only.

Messages and close codes: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson
from graphql.language import OperationType
from starlette.types import Receive, Scope, Send

from models.viewers import ANYBODY, Viewer
from server.events.streams import Ending, Stream, StreamEnded
from server.http import request_ids
from server.operations.deadlines import OperationDeadline
from server.operations.endpoint import CLIENT_GONE, Endpoint
from server.operations.errors import RequestError, internal, limit_exceeded, request_timed_out
from server.operations.request_context import RequestContext
from server.operations.requests import checked_params
from server.telemetry import logs
from settings import Limits

PROTOCOL = "graphql-transport-ws"
MAX_OPERATIONS = 100  # of one socket at a time
ID_LENGTH = 200  # of an operation: it is kept as long as that, and every message has it
PING_SECONDS = 20.0
UNAVAILABLE = 503
# A client takes an error for the end of a subscription, but opens a closed socket again. Others wait for their answer.
ONCE = (OperationType.QUERY.value, OperationType.MUTATION.value)
CLOSING_SECONDS = 1.0


def uvicorn_options(limits: Limits) -> dict[str, Any]:
    """uvicorn's settings for WebSockets: messages are limited like request bodies, and not compressed."""
    return {
        "ws_max_size": limits.body_bytes,
        "ws_per_message_deflate": False,  # a small compressed message may expand to a large one
        "ws_ping_interval": PING_SECONDS,
        "ws_ping_timeout": PING_SECONDS,
    }


@dataclass(eq=False)
class CloseSocket(Exception):
    """The socket must be closed with this code; the reason repeats nothing that was received."""

    code: int
    reason: str


class ClientGone(Exception):
    """The client has closed the socket."""


AGAIN = (1013, "Try again later")
UNINITIALISED = CloseSocket(4408, "Connection initialisation timeout")
REFUSED = {401: (4403, "Forbidden"), 429: (1013, "Too many sockets")}  # by HTTP status
ENDINGS = {
    Ending.REVOKED: CloseSocket(4403, "Forbidden"),
    Ending.STOPPING: CloseSocket(1001, "Going away"),
    Ending.SLOW: CloseSocket(1013, "Too slow"),
    Ending.BUSY: CloseSocket(*AGAIN),
    Ending.SILENT: UNINITIALISED,
}


async def serve(endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
    """Serves one socket from its handshake to its end."""
    await receive()
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if not endpoint.origins.accepts(headers):
        endpoint.origins.note_refusal(headers, "A WebSocket was")
        await send({"type": "websocket.close"})  # before accepting: the client sees HTTP 403
        return
    try:
        endpoint.streams.check_room()
    except RequestError as error:
        await refuse(error, send)
        return
    supported = PROTOCOL in scope["subprotocols"]
    closing: CloseSocket | None = CloseSocket(4406, "Subprotocol not acceptable")
    try:
        id = request_ids.request_id(headers)
        named = [(request_ids.HEADER, id.encode())]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if supported else None, "headers": named})
        if supported:
            closing = await Socket(endpoint, scope, headers, receive, send, id).run()
        if closing is not None:
            # Limited: a client that does not read would block this forever.
            async with asyncio.timeout(CLOSING_SECONDS):
                await send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})
    except OSError:  # the client is gone or too slow
        pass


async def refuse(error: RequestError, send: Send) -> None:
    """Answers a handshake with an HTTP response."""
    headers = [(b"content-type", b"application/json; charset=utf-8"), *error.headers]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": error.body})


class Socket:
    """One socket: its viewer, and its running operations by their ids."""

    def __init__(
        self, endpoint: Endpoint, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send, id: str
    ) -> None:
        self.id = id  # under which its operations are logged
        self.endpoint = endpoint
        self.scope = scope
        self.headers = headers
        self.receive = receive
        self.send_raw = send
        self.viewer: Viewer = ANYBODY  # as it was opened: the language of their account may change
        self.authorization: bytes | None = None
        self.acknowledged = False
        self.operations: dict[str, asyncio.Task[None]] = {}
        self.ending: set[asyncio.Task[None]] = set()  # completed by the client, but still running
        self.sending = asyncio.Lock()  # held until the client takes more: results do not pile up behind it

    async def run(self) -> CloseSocket | None:
        """Serves the socket until it ends. Returns how to close it; None if the client has closed it."""
        try:
            async with self.endpoint.streams.opened() as self.stream:
                self.endpoint.streams.expect(self.stream, self.endpoint.caller_of(ANYBODY, self.scope))
                try:
                    await self.receive_messages(self.stream)
                finally:
                    await self.end_operations()
        except CloseSocket as closing:
            return closing
        except StreamEnded as ended:
            return ENDINGS.get(ended.ending)
        except (ClientGone, OSError):
            return None
        except Exception as error:
            _, id = internal()
            logs.fault(id, error, self.id)
            return CloseSocket(4500, "Internal server error")
        return None

    async def end_operations(self) -> None:
        """Cancels all operations until they have ended. A mutation after its commit may still send its result."""
        tasks = {*self.operations.values(), *self.ending}
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=CLOSING_SECONDS)  # a client may not read

    async def receive_messages(self, stream: Stream) -> None:
        """Handles messages until the socket ends. Raises CloseSocket, ClientGone."""
        try:
            async with asyncio.timeout(self.endpoint.settings.limits.request_seconds):
                while not self.acknowledged:
                    await self.handle_message(stream)
        except TimeoutError:
            raise UNINITIALISED from None
        while True:
            await self.handle_message(stream)

    async def handle_message(self, stream: Stream) -> None:
        """Receives one message and acts on it."""
        received = await self.receive()
        if received["type"] == "websocket.disconnect":
            raise ClientGone
        message = read(received.get("text"))
        payload = message.get("payload")
        match message.get("type"):
            case "connection_init":
                await self.initialize(stream, object_of(payload))
            case "ping":
                object_of(payload)
                await self.send(b'{"type":"pong"}')
            case "pong":
                object_of(payload)
            case "subscribe":
                await self.subscribe(stream, id_of(message), payload)
            case "complete":
                task = self.operations.pop(id_of(message), None)
                if task is not None:
                    task.cancel()
                    self.ending.add(task)
                    task.add_done_callback(self.ending.discard)
            case _:
                raise CloseSocket(4400, "Unknown message type")

    async def initialize(self, stream: Stream, payload: dict[str, Any]) -> None:
        """Acknowledges the connection, after looking up its viewer if it has a token."""
        if self.acknowledged:
            raise CloseSocket(4429, "Too many initialisation requests")
        # Clients send header names as people typed them, capitalized or not.
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        authorization = self.endpoint.credentials.of_socket(self.headers)
        if isinstance(given, str):
            authorization = given.encode(errors="replace")
        elif given is not None:
            raise CloseSocket(4403, "Forbidden")
        try:
            if authorization is not None:
                self.viewer = await self.endpoint.streams.admit(stream, authorization)
            self.endpoint.streams.count(stream, self.endpoint.caller_of(self.viewer, self.scope))
        except RequestError as error:
            raise CloseSocket(*REFUSED.get(error.status, AGAIN)) from None
        self.authorization = authorization
        self.acknowledged = True
        await self.send(b'{"type":"connection_ack"}')

    async def subscribe(self, stream: Stream, id: str, payload: object) -> None:
        """Starts an operation in a task of its own."""
        if not self.acknowledged:
            raise CloseSocket(4401, "Unauthorized")
        if not isinstance(payload, dict) or not has_document(payload):
            raise CloseSocket(4400, "A subscribe message needs a payload with a query")
        if id in self.operations:
            raise CloseSocket(4409, "Subscriber for this id already exists")
        if len(self.operations) >= MAX_OPERATIONS:
            message = f"The socket exceeds the limit of {MAX_OPERATIONS} concurrent operations."
            await self.send_error(id, limit_exceeded("operations", MAX_OPERATIONS, message))
            return
        self.operations[id] = asyncio.create_task(self.operate(stream, id, payload))

    async def operate(self, stream: Stream, id: str, payload: dict[str, Any]) -> None:
        """Runs one operation of any kind, from its request to its last result."""
        request = RequestContext(self.scope, self.headers, self.id)
        request.viewer = self.viewer
        error: RequestError | None = None
        logged = False
        try:
            request.deadline = deadline = OperationDeadline(self.endpoint.settings.limits.request_seconds)
            try:
                async with deadline.timeout:
                    await self.endpoint.authenticate(request, self.authorization)
                    answer = await self.endpoint.operate(request, checked_params(payload), streamed=True)
            except TimeoutError:
                raise request_timed_out(deadline.seconds) from None
            if isinstance(answer, bytes):
                request.size = len(answer)
                logged = True
                self.endpoint.log_operation(request, 200)
                if self.operations.get(id) is asyncio.current_task():  # else the client may use the id for another
                    await self.send_for(id, b"next", answer)
                del answer  # the next message may wait for long
            else:
                with answer.started(lambda: stream.end(Ending.SLOW), stream.hold) as results:
                    logged = True
                    self.endpoint.log_operation(request, 200)
                    async for body in results:
                        await self.send_for(id, b"next", body)
                        del body  # and the next event
        except RequestError as raised:
            error = raised.in_language(request.viewer.reads_in)
        except asyncio.CancelledError:
            if not logged:
                self.endpoint.log_operation(request, CLIENT_GONE)
            raise
        except OSError:  # the client is gone
            return
        except Exception as unexpected:
            error, fault_id = internal()
            logs.fault(fault_id, unexpected, self.id)
        # The client may reuse the id as soon as it receives the next message.
        if self.operations.get(id) is not asyncio.current_task():
            return
        del self.operations[id]
        try:
            if error is None:
                await self.send_for(id, b"complete")
            else:
                request.codes, request.size = error.codes, len(error.body)
                self.endpoint.log_operation(request, error.status)
                if error.status == UNAVAILABLE and request.kind not in ONCE and not logged:  # it has not begun
                    stream.end(Ending.BUSY)
                else:
                    await self.send_error(id, error)
        except OSError:
            pass

    async def send_error(self, id: str, error: RequestError) -> None:
        await self.send_for(id, b"error", orjson.dumps(orjson.loads(error.body)["errors"]))

    async def send_for(self, id: str, type: bytes, payload: bytes = b"") -> None:
        """Sends a message about an operation; `payload` is JSON."""
        more = (b',"payload":', payload) if payload else ()
        self.stream.hold(len(payload))
        try:
            await self.send(b'{"id":', orjson.dumps(id), b',"type":"', type, b'"', *more, b"}")
        finally:
            self.stream.hold(-len(payload))

    async def send(self, *parts: bytes) -> None:
        """Sends a message, which is made of its parts when its turn comes: those that wait are not copied."""
        async with self.sending:
            await self.send_raw({"type": "websocket.send", "text": b"".join(parts).decode()})


def read(text: str | None) -> dict[str, Any]:
    try:
        message = orjson.loads(text or "")
    except ValueError:
        raise CloseSocket(4400, "Messages must be JSON in text frames") from None
    if not isinstance(message, dict):
        raise CloseSocket(4400, "Messages must be JSON objects")
    return message


def has_document(payload: dict[str, Any]) -> bool:
    """Whether a payload has a query, or the id of a trusted document instead."""
    query, extensions = payload.get("query"), payload.get("extensions")
    if query is not None:
        return isinstance(query, str)
    return "documentId" in payload or (isinstance(extensions, dict) and "persistedQuery" in extensions)


def object_of(payload: object) -> dict[str, Any]:
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise CloseSocket(4400, "The payload must be an object if it is present")
    return payload


def id_of(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= ID_LENGTH:
        raise CloseSocket(4400, f"The message needs an id of 1 to {ID_LENGTH} characters")
    return id
