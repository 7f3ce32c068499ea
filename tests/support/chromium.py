"""Drives Debian's Chromium over its DevTools protocol, which needs no package besides websockets."""

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")
START_SECONDS, CALL_SECONDS = 30, 30
LISTENS = re.compile(rb"DevTools listening on (ws://\S+)")


@dataclass
class Page:
    """A tab of the browser."""

    connection: ClientConnection
    target: str
    session: str
    folder: Path  # of downloads
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1000))

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of a method of the protocol."""
        return await call(self.connection, next(self.numbers), method, parameters, self.session)

    async def open(self, address: str) -> None:
        """Loads a page, and waits until it has run its scripts."""
        await self.call("Page.navigate", url=address)
        async with asyncio.timeout(CALL_SECONDS):
            while not await self.run("document.readyState === 'complete' && location.href !== 'about:blank'"):  # noqa: ASYNC110 - it cannot notify
                await asyncio.sleep(0.05)

    async def run(self, script: str) -> Any:
        """The value of an expression in the page, awaited if it is a promise; the error's text if it throws."""
        answer = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        thrown = answer.get("exceptionDetails")
        if thrown:
            return "threw " + str(thrown["exception"].get("description")).partition("\n")[0]
        return answer["result"].get("value")

    async def address(self) -> str:
        """The page's address, from the browser: a tab does not answer while it goes to another one."""
        found = await call(self.connection, next(self.numbers), "Target.getTargetInfo", {"targetId": self.target})
        return str(found["targetInfo"]["url"])

    async def downloaded(self, script: str) -> tuple[str, bytes]:
        """The name and content of the file that the browser saves after running `script`."""
        await self.run(script)
        async with asyncio.timeout(CALL_SECONDS):
            while True:
                for path in self.folder.iterdir():
                    if path.suffix != ".crdownload":
                        return path.name, path.read_bytes()
                await asyncio.sleep(0.05)


async def call(
    connection: ClientConnection, number: int, method: str, parameters: Any, session: str | None = None
) -> Any:
    request = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
    await connection.send(json.dumps(request))
    async with asyncio.timeout(CALL_SECONDS):
        while True:
            message = json.loads(await connection.recv())
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Page]:
    """A tab of a browser of its own, whose files are gone afterwards."""
    assert EXECUTABLE is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        profile, downloads = Path(name) / "profile", Path(name) / "downloads"
        downloads.mkdir()
        options = (
            "--headless=new", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-port=0",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            f"--user-data-dir={profile}", *(["--no-sandbox"] if os.getuid() == 0 else []), "about:blank",
        )  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            EXECUTABLE, *options, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            async with connect(await address_of(process), max_size=None, proxy=None) as connection:
                where = {"behavior": "allow", "downloadPath": str(downloads)}
                await call(connection, 1, "Browser.setDownloadBehavior", where)
                target = await call(connection, 2, "Target.createTarget", {"url": "about:blank"})
                how = {"targetId": target["targetId"], "flatten": True}
                attached = await call(connection, 3, "Target.attachToTarget", how)
                yield Page(connection, target["targetId"], attached["sessionId"], downloads)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def address_of(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(START_SECONDS):
        while line := await process.stderr.readline():
            found = LISTENS.search(line)
            if found:
                return found[1].decode()
    raise RuntimeError("Chromium did not start")
