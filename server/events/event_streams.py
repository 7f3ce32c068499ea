"""Answers over Server-Sent Events, by the graphql-sse protocol's "distinct connections mode": an operation a request.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import Hashable
from typing import Any

from starlette.types import Receive, Send

from server.events.streams import Ending, Stream, StreamEnded, Streams
from server.events.subscriptions import PreparedSubscription
from server.operations.errors import RequestError, internal, unauthenticated
from server.telemetry import logs

EVENTS = b"text/event-stream; charset=utf-8"
COMPLETE = b"event: complete\ndata: \n\n"
KEEP_ALIVE = b":\n\n"  # a comment: proxies close idle connections
KEEP_ALIVE_SECONDS = 15.0
CLOSING_SECONDS = 1.0


def as_stream(body: bytes) -> bytes:
    """The whole stream of an operation that has one result."""
    return as_next(body) + COMPLETE


def as_next(body: bytes) -> bytes:
    """One result as a `next` event."""
    # PostgreSQL writes each item of a list on its own line; JSON strings contain no raw line break.
    return b"event: next\ndata: " + body.replace(b"\n", b" ") + b"\n\n"


async def stream(
    subscription: PreparedSubscription,
    streams: Streams,
    caller: Hashable,
    authorization: bytes | None,
    start: dict[str, Any],
    receive: Receive,
    send: Send,
    request: str | None = None,
) -> tuple[str, ...]:
    """Sends results until the client disconnects, the session closes or the server stops.

    Returns the codes of the error that ended it, if any; an unexpected one is logged under the id of the `request`.
    Raises RequestError only before the response has started.
    """
    last = b""
    ended_by: RequestError | None = None
    started = False
    try:
        streams.check_room()
        async with streams.opened() as opened:
            if authorization is not None:
                await streams.admit(opened, authorization)
            streams.count(opened, caller)
            with subscription.started(lambda: opened.end(Ending.SLOW), opened.hold) as results:
                await send(start)
                started = True
                await send(chunk(KEEP_ALIVE))
                background = [asyncio.create_task(watch(receive, opened)), asyncio.create_task(keep_alive(send))]
                try:
                    async for body in results:
                        await send(chunk(as_next(body)))
                        del body  # the next event may come in hours
                finally:
                    for task in background:
                        task.cancel()
    except StreamEnded as ended:
        if ended.ending in (Ending.GONE, Ending.SLOW):
            return ()  # the response stays unfinished, so the connection is closed
        # A stream that ends without `complete` tells the client to reconnect.
        ended_by = unauthenticated() if ended.ending is Ending.REVOKED else None
    except RequestError as error:
        if not started:
            raise
        ended_by = error
    except Exception as error:
        if not started:
            raise
        ended_by, id = internal()
        logs.fault(id, error, request)
    if ended_by is not None:
        last = as_stream(ended_by.in_language(subscription.viewer.reads_in).body)
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            if not started:
                await send(start)
            await send(chunk(last, more=False))
    except TimeoutError:
        pass
    return () if ended_by is None else ended_by.codes


def chunk(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def watch(receive: Receive, opened: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    opened.end(Ending.GONE)


async def keep_alive(send: Send) -> None:
    while True:
        await asyncio.sleep(KEEP_ALIVE_SECONDS)
        await send(chunk(KEEP_ALIVE))
