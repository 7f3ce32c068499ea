"""Answers all requests that ask at the same time whether the server is ready with one look at the database."""

import asyncio
from collections.abc import Awaitable, Callable


class Shared:
    """A check that runs once at a time, for all who wait for it.

    Anybody may ask for it as often as they like, and others' questions must not wait behind theirs.
    """

    def __init__(self, check: Callable[[], Awaitable[bool]]) -> None:
        self.check = check
        self.running: asyncio.Future[bool] | None = None

    async def __call__(self) -> bool:
        if self.running is None or self.running.done():
            self.running = asyncio.ensure_future(self.check())
        return await asyncio.shield(self.running)  # another may have asked with whom the connection has gone
