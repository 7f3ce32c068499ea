"""The only place for WebSockets: the protocol graphql-transport-ws, and nothing else, at /graphql.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md says what each message and each closing code means.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.types import Receive, Scope, Send

from models.viewers import ANYBODY, Viewer
from server import logs
from server.endpoint import Answered, Endpoint
from server.errors import Refusal, internal, over, too_slow
from server.requests import asked
from server.streams import Ended, Ending, Stream
from settings import Limits

PROTOCOL = "graphql-transport-ws"
OPERATIONS = 100  # of one socket at a time
PING_SECONDS = 20.0
FAREWELL_SECONDS = 1.0


def serving(limits: Limits) -> dict[str, Any]:
    """What uvicorn is told of WebSockets: a message is no larger than a body, and none is compressed."""
    return {
        "ws": "websockets-sansio",
        "ws_max_size": limits.body_bytes,
        "ws_per_message_deflate": False,  # what is small on the wire would be large here
        "ws_ping_interval": PING_SECONDS,
        "ws_ping_timeout": PING_SECONDS,
    }


@dataclass(eq=False)
class Closing(Exception):
    """The socket is closed with this code; the reason repeats nothing of what was received."""

    code: int
    reason: str


class Gone(Exception):
    """The client has closed the socket."""


ENDINGS = {
    Ending.REVOKED: Closing(4403, "Forbidden"),
    Ending.STOPPING: Closing(1001, "Going away"),
    Ending.SLOW: Closing(1013, "Too slow"),
}


async def serve(endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
    """Serves one socket from its handshake to its end."""
    await receive()
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if not is_same_origin(headers):
        await send({"type": "websocket.close"})  # before it is accepted: HTTP's 403
        return
    spoken = PROTOCOL in scope["subprotocols"]
    closing: Closing | None = Closing(4406, "Subprotocol not acceptable")
    try:
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
        if spoken:
            closing = await Socket(endpoint, scope, receive, send).live()
        if closing is not None:
            # A client that does not read can't be told either.
            async with asyncio.timeout(FAREWELL_SECONDS):
                await send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})
    except OSError:  # its client was gone, or too slow
        pass


def is_same_origin(headers: dict[bytes, bytes]) -> bool:
    """Whether no page of another origin can have opened this socket: browsers say who does, others need not."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin.lower()).netloc == headers.get(b"host", b"").lower() != b""
    except ValueError:
        return False


class Socket:
    """One socket: who has opened it, and its operations by their ids."""

    def __init__(self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        self.endpoint = endpoint
        self.scope = scope
        self.receive = receive
        self.write = send
        self.viewer: Viewer = ANYBODY
        self.acknowledged = False
        self.operations: dict[str, asyncio.Task[None]] = {}

    async def live(self) -> Closing | None:
        """Until it is to be closed, and how; None when its client has closed it."""
        try:
            async with self.endpoint.streams.opened() as self.stream:
                try:
                    await self.converse(self.stream)
                finally:
                    tasks = list(self.operations.values())
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
        except Closing as closing:
            return closing
        except Ended as ended:
            return ENDINGS.get(ended.ending)
        except (Gone, OSError):
            return None
        except Exception as error:
            _, id = internal()
            logs.fault(id, error)
            return Closing(4500, "Internal server error")
        return None

    async def converse(self, stream: Stream) -> None:
        try:
            async with asyncio.timeout(self.endpoint.settings.limits.request_seconds):
                while not self.acknowledged:
                    await self.hear(stream)
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        while True:
            await self.hear(stream)

    async def hear(self, stream: Stream) -> None:
        """Takes one message."""
        received = await self.receive()
        if received["type"] == "websocket.disconnect":
            raise Gone
        message = read(received.get("text"))
        payload = message.get("payload")
        match message.get("type"):
            case "connection_init":
                await self.begin(stream, expect(payload))
            case "ping":
                expect(payload)
                await self.say(b'{"type":"pong"}')
            case "pong":
                expect(payload)
            case "subscribe":
                await self.subscribe(stream, id_of(message), payload)
            case "complete":
                task = self.operations.pop(id_of(message), None)
                if task is not None:
                    task.cancel()
            case _:
                raise Closing(4400, "Unknown type of message")

    async def begin(self, stream: Stream, payload: dict[str, Any]) -> None:
        if self.acknowledged:
            raise Closing(4429, "Too many initialisation requests")
        # GraphiQL sends its headers as they are written, with a capital or without.
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        authorization = dict(self.scope["headers"]).get(b"authorization")
        if isinstance(given, str):
            authorization = given.encode(errors="replace")
        elif given is not None:
            raise Closing(4403, "Forbidden")
        if authorization is not None:
            try:
                self.viewer = await self.endpoint.streams.admit(stream, authorization)
            except Refusal as refused:
                unknown = refused.status == 401
                raise (Closing(4403, "Forbidden") if unknown else Closing(1013, "Try again later")) from None
        self.acknowledged = True
        await self.say(b'{"type":"connection_ack"}')

    async def subscribe(self, stream: Stream, id: str, payload: object) -> None:
        if not self.acknowledged:
            raise Closing(4401, "Unauthorized")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise Closing(4400, "A subscribe message needs a payload with a query")
        if id in self.operations:
            raise Closing(4409, "Subscriber for this id already exists")
        if len(self.operations) >= OPERATIONS:
            message = f"A socket runs at most {OPERATIONS} operations at a time."
            await self.refuse(id, over("operations", OPERATIONS, message))
            return
        self.operations[id] = asyncio.create_task(self.operate(stream, id, payload))

    async def operate(self, stream: Stream, id: str, payload: dict[str, Any]) -> None:
        """One operation of any kind, from its request to its last answer."""
        started = time.perf_counter()
        told = Answered()
        told.viewer = self.viewer
        refused: Refusal | None = None
        try:
            seconds = self.endpoint.settings.limits.request_seconds
            try:
                async with asyncio.timeout(seconds) as limit:
                    told.allow = allowing(limit)
                    answer = await self.endpoint.operate(asked(payload), told, self.scope, streamed=True)
            except TimeoutError:
                raise too_slow("request_seconds", seconds) from None
            if isinstance(answer, bytes):
                self.endpoint.write_down(told, 200, started)
                await self.say_of(id, b"next", answer)
            else:
                with answer.begun(lambda: stream.end(Ending.SLOW)) as answers:
                    self.endpoint.write_down(told, 200, started)
                    async for body in answers:
                        await self.say_of(id, b"next", body)
        except Refusal as because:
            refused = because
        except OSError:  # the client is gone
            return
        except Exception as error:
            refused, fault = internal()
            logs.fault(fault, error)
        # From the next message on, the id may be used again.
        if self.operations.get(id) is not asyncio.current_task():
            return
        del self.operations[id]
        try:
            if refused is None:
                await self.say_of(id, b"complete")
            else:
                told.codes = refused.codes
                self.endpoint.write_down(told, refused.status, started)
                await self.refuse(id, refused)
        except OSError:
            pass

    async def refuse(self, id: str, refused: Refusal) -> None:
        await self.say_of(id, b"error", orjson.dumps(orjson.loads(refused.body)["errors"]))

    async def say_of(self, id: str, type: bytes, payload: bytes = b"") -> None:
        more = b',"payload":' + payload if payload else b""
        await self.say(b'{"id":' + orjson.dumps(id) + b',"type":"' + type + b'"' + more + b"}")

    async def say(self, message: bytes) -> None:
        await self.write({"type": "websocket.send", "text": message.decode()})


def read(text: str | None) -> dict[str, Any]:
    try:
        message = orjson.loads(text or "")
    except ValueError:
        raise Closing(4400, "A message is JSON, in a text frame") from None
    if not isinstance(message, dict):
        raise Closing(4400, "A message is an object")
    return message


def expect(payload: object) -> dict[str, Any]:
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise Closing(4400, "This message's payload is an object, or nothing")
    return payload


def id_of(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        raise Closing(4400, "This message needs an id that is not empty")
    return id


def allowing(limit: asyncio.Timeout) -> Callable[[float], None]:
    """What gives an operation so many seconds from now on."""
    return lambda seconds: limit.reschedule(asyncio.get_running_loop().time() + seconds)
