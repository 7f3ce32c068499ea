"""The limit: a bare ASGI function that sends the JSON of one handwritten statement, as PostgreSQL builds it.

It has no authentication, no validation and no GraphQL. The difference to a server is that server's cost. A request's
path has the workload, and its query string the statement's values.
"""

import asyncio
import os
from typing import Any

import asyncpg
import uvicorn

from bench.workloads import WORKLOADS

STATEMENTS = {f"/{workload.name}": workload.limit for workload in WORKLOADS}
CONNECTIONS = int(os.environ.get("BENCH_POOL", "4"))

free: "asyncio.LifoQueue[dict[str, Any]]" = asyncio.LifoQueue()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    await receive()
    prepared = await free.get()
    text = await prepared[scope["path"]].fetchval(*scope["query_string"].decode().split("&"))
    free.put_nowait(prepared)
    body = b'{"data":' + text.encode() + b"}"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            for _ in range(CONNECTIONS):
                free.put_nowait(await connect())
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def connect() -> dict[str, Any]:
    connection = await asyncpg.connect(os.environ["BENCH_DATABASE_URL"], server_settings={"timezone": "UTC"})
    return {path: await connection.prepare(sql) for path, sql in STATEMENTS.items()}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["BENCH_PORT"]), loop="uvloop", access_log=False, log_level="warning")
