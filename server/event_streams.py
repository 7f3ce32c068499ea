"""The only place for Server-Sent Events, as graphql-sse has them: an operation a request ("distinct connections")."""

import asyncio
from typing import Any

from starlette.types import Receive, Send

from server import logs
from server.errors import Refusal, internal, unauthenticated
from server.streams import Ended, Ending, Stream, Streams
from server.subscriptions import Subscription

EVENTS = b"text/event-stream; charset=utf-8"
COMPLETE = b"event: complete\ndata: \n\n"
STILL_THERE = b":\n\n"  # a comment: proxies close what is silent
SILENCE_SECONDS = 15.0
FAREWELL_SECONDS = 1.0


def as_stream(body: bytes) -> bytes:
    """The whole stream of an operation with one answer."""
    return as_next(body) + COMPLETE


def as_next(body: bytes) -> bytes:
    # PostgreSQL puts lists' items on lines of their own; within its strings JSON has no line's end.
    return b"event: next\ndata: " + body.replace(b"\n", b" ") + b"\n\n"


async def stream(
    subscription: Subscription,
    streams: Streams,
    authorization: bytes | None,
    start: dict[str, Any],
    receive: Receive,
    send: Send,
) -> None:
    """Answers until the client goes, the session is closed or the server stops; raises Refusal before it begins."""
    last = b""
    begun = False
    try:
        async with streams.opened() as opened:
            if authorization is not None:
                await streams.admit(opened, authorization)
            with subscription.begun(lambda: opened.end(Ending.SLOW)) as answers:
                await send(start)
                begun = True
                await send(chunk(STILL_THERE))
                beside = [asyncio.create_task(watch(receive, opened)), asyncio.create_task(keep_alive(send))]
                try:
                    async for body in answers:
                        await send(chunk(as_next(body)))
                finally:
                    for task in beside:
                        task.cancel()
    except Ended as ended:
        if ended.ending in (Ending.GONE, Ending.SLOW):
            return  # an answer that is not finished: its connection is closed
        # A stream that ends without completing is one that its client may begin again.
        last = as_stream(unauthenticated().body) if ended.ending is Ending.REVOKED else b""
    except Refusal as refused:
        if not begun:
            raise
        last = as_stream(refused.body)
    except Exception as error:
        if not begun:
            raise
        told, id = internal()
        logs.fault(id, error)
        last = as_stream(told.body)
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            if not begun:
                await send(start)
            await send(chunk(last, more=False))
    except TimeoutError:
        pass


def chunk(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def watch(receive: Receive, opened: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    opened.end(Ending.GONE)


async def keep_alive(send: Send) -> None:
    while True:
        await asyncio.sleep(SILENCE_SECONDS)
        await send(chunk(STILL_THERE))
