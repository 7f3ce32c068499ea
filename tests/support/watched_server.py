"""A server process of its own that measures how long each turn of its event loop takes, in CPU time of its thread.

CPU time, and not time: on a busy machine, others' work is no part of it. Run as
`python -m tests.support.watched_server DSN FOLDER LIMITS`, with the limits as JSON; it prints its port.
"""

import asyncio
import contextlib
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import orjson
from starlette.types import Receive, Scope, Send

from app import Cohorte, create_app
from commands.listeners import listen
from commands.serve import Server, configuration
from server.operations.planning import SWITCH_SECONDS
from settings import Limits, Settings
from tests.support.client import LIMITS, Ask

HELD = "/held"  # the longest turn since the last request of it, in seconds
TICK_SECONDS = 0.005  # shorter turns are not told apart


class Watch:
    """Runs in the event loop every TICK_SECONDS, and keeps the most CPU time between two of its runs."""

    def __init__(self) -> None:
        self.started = False
        self.last = self.longest = 0.0

    def start(self) -> None:
        self.started, self.last = True, time.thread_time()
        self.tick()

    def tick(self) -> None:
        now = time.thread_time()
        self.longest = max(self.longest, now - self.last)
        self.last = now
        asyncio.get_running_loop().call_later(TICK_SECONDS, self.tick)

    def read(self) -> float:
        longest, self.longest = self.longest, 0.0
        return longest


class WatchedApp:
    """The application, and the address at which its watch is read."""

    def __init__(self, app: Cohorte) -> None:
        self.app, self.watch = app, Watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != HELD:
            await self.app(scope, receive, send)
            return
        if not self.watch.started:
            self.watch.start()
        await asyncio.sleep(2 * TICK_SECONDS)  # so that the last turn is counted
        # Objects are counted one by one, which takes some 30 ms: only where that is requested.
        frozen = gc.get_freeze_count() if scope["query_string"] else 0
        body = orjson.dumps({"seconds": self.watch.read(), "frozen": frozen})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


class WatchedServer(Ask):
    """A client of the watched server."""

    async def held(self) -> float:
        """The most CPU seconds of one turn of the server's event loop since the last call."""
        answer: dict[str, float] = (await self.http.get(HELD)).json()
        return answer["seconds"]


@contextlib.asynccontextmanager
async def watched(dsn: str) -> AsyncIterator[WatchedServer]:
    """A client of a watched server on the database at `dsn`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.support.watched_server", dsn, folder, json.dumps(asdict(LIMITS))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            address = f"http://127.0.0.1:{int(process.stdout.readline())}"
            async with httpx.AsyncClient(base_url=address, timeout=120, trust_env=False, verify=False) as http:
                # The socket listens already: the request waits until the server accepts it.
                assert (await http.get("/healthz")).status_code == 200
                made: Any = None  # the application is in the other process
                server = WatchedServer(made, http)
                await server.held()
                yield server
        finally:
            process.terminate()
            process.communicate(timeout=30)


def main(dsn: str, folder: str, limits: str) -> None:
    settings = Settings(database_url=dsn, demo=True, port=0, data=Path(folder), limits=Limits(**orjson.loads(limits)))
    with listen(settings) as listener:
        app = create_app(settings)
        config = configuration(app, settings)
        config.app = WatchedApp(app)
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        sys.setswitchinterval(SWITCH_SECONDS)
        Server(config, app, lambda: None).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
