"""Looks up addresses of hosts, so that a name server that does not answer holds up nothing but what needs that host.

Event loops look up all hosts in a few threads, which a silent name server keeps for half a minute each: asyncio's are
those of all other blocking work, and uvloop has two for names.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Any

LOOKUP_SECONDS = 5.0
MOST_LOOKUPS = 32  # that are under way


class Lookups:
    """Each look-up has a thread of its own, which whoever asks for the same shares, and for which no process waits."""

    def __init__(self, most: int = MOST_LOOKUPS) -> None:
        self.most = most
        self.running: dict[Hashable, Future[Any]] = {}

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, in the system's order. Raises OSError, TimeoutError, and UnicodeError."""
        found = await self._share((host, port), lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        return list(dict.fromkeys(str(each[4][0]) for each in found))

    async def own_name(self) -> str:
        """The full name of this machine. Raises OSError, TimeoutError."""
        name: str = await self._share("own name", socket.getfqdn)
        return name

    async def _share(self, key: Hashable, look_up: Callable[[], Any]) -> Any:
        found = self.running.get(key)
        if found is None:
            if len(self.running) >= self.most:
                raise OSError("too many look-ups do not end")
            found = self.running[key] = Future()
            found.set_running_or_notify_cancel()  # whoever gives up cancels it for nobody else
            try:
                threading.Thread(target=self._carry_out, args=(key, look_up), name="look-up", daemon=True).start()
            except RuntimeError:  # there can be no more threads
                del self.running[key]
                raise OSError("no thread can be started") from None
        async with asyncio.timeout(LOOKUP_SECONDS):
            return await asyncio.wrap_future(found)

    def _carry_out(self, key: Hashable, look_up: Callable[[], Any]) -> None:
        found = self.running[key]
        try:
            result = look_up()
        except BaseException as error:
            del self.running[key]
            found.set_exception(error)
        else:
            del self.running[key]
            found.set_result(result)


async def connected(addresses: Sequence[str], port: int, seconds: float) -> socket.socket:
    """A socket that is connected to the first of a host's addresses that accepts it within its share of `seconds`.

    Raises OSError, TimeoutError.
    """
    for left, address in enumerate(addresses, 1 - len(addresses)):
        opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        opened.setblocking(False)
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                await asyncio.get_running_loop().sock_connect(opened, (address, port))
            return opened
        except BaseException as error:
            opened.close()
            if not left or not isinstance(error, OSError):  # with TimeoutError
                raise
    raise OSError("a host without an address")
