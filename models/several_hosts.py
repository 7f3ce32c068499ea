"""Connects to one of an address's hosts, and to one of a host's addresses: silent ones take their share of the time."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import asyncpg

from models.lookups import Lookups

LOOKUPS = Lookups()
# The host that each address begins with, by the list of its hosts, and that host's first address, if it has a name:
# others were silent when they answered.
beginnings: dict[str, tuple[int, str | None]] = {}


async def connect_to_any(dsn: str, *, timeout: float, **options: Any) -> asyncpg.Connection:
    """As asyncpg.connect, which would give all of `timeout` to the first host, or address of one, that says nothing."""
    hosts = hosts_of(dsn)
    number = hosts.count(",") + 1
    first, _ = beginnings.get(hosts, (0, None))
    for _ in range(number - 1):
        with suppress(TimeoutError):
            return await _begin_with(dsn, first, timeout / number, options)
        first = (first + 1) % number
    return await _begin_with(dsn, first, timeout / number, options)


async def _begin_with(dsn: str, number: int, seconds: float, options: dict[str, Any]) -> asyncpg.Connection:
    """A connection for which the host of this number is tried first, with each of its addresses."""
    loop, hosts = asyncio.get_running_loop(), hosts_of(dsn)
    until = loop.time() + seconds
    name = name_of(hosts.split(",")[number])
    found: Sequence[str | None] = [None]
    if name:
        with suppress(UnicodeError):
            try:
                async with asyncio.timeout(seconds):
                    found = await LOOKUPS.addresses(name)
            except TimeoutError:
                raise
            except OSError:  # of which asyncpg takes note, and goes on to the next host
                pass
    known = beginnings.get(hosts, (0, None))[1]
    for left, address in enumerate(sorted(found, key=lambda each: each != known), 1 - len(found)):
        try:
            connection: asyncpg.Connection = await asyncpg.connect(
                beginning_with(dsn, number),
                timeout=max(until - loop.time(), 0) / (1 - left),
                **{**options, "loop": AddressedLoop(loop, name, address)},
            )
        except TimeoutError:
            if not left:
                raise
            continue
        _stay(connection, loop)
        beginnings[hosts] = number, address
        return connection
    raise TimeoutError


def _stay(connection: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Has asyncpg cancel statements at the address that has answered, unless a certificate is checked for the name."""
    connection._loop = loop  # which knows the tasks that use it
    peer, tls = connection._transport.get_extra_info("peername"), connection._params.ssl
    if isinstance(peer, tuple) and not (tls and tls.check_hostname):
        connection._addr = peer[:2]


class AddressedLoop:
    """An event loop for asyncpg, which gives it a name and nothing else: it connects to addresses of that name.

    A certificate is checked for the name. Names are looked up in threads of ours, for which nobody else waits.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, first: str | None) -> None:
        """`first` is the address of `name` that is tried first."""
        self.loop, self.name, self.first = loop, name, first

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loop, name)

    async def create_connection(
        self, protocol: Callable[[], asyncio.Protocol], host: str, port: int, *, ssl: SSLContext | None = None
    ) -> Any:
        found = await LOOKUPS.addresses(host)
        if host == self.name:
            found = sorted(found, key=lambda each: each != self.first)
        name = host if ssl else None
        for left, address in enumerate(found, 1 - len(found)):
            try:
                return await self.loop.create_connection(protocol, address, port, ssl=ssl, server_hostname=name)
            except OSError:
                if not left:
                    raise
        raise OSError("a host without an address")


def name_of(host: str) -> str:
    """A host that has to be looked up, without its port; empty for any other, such as a folder of sockets."""
    if host.startswith(("/", "[", "@")):
        return ""
    return host.rpartition(":")[0] or host if host.count(":") <= 1 else ""


def hosts_of(dsn: str) -> str:
    """The hosts of an address, separated by commas."""
    url = urlsplit(dsn)
    return url.netloc.rpartition("@")[2] or dict(parse_qsl(url.query)).get("host", "")


def beginning_with(dsn: str, first: int) -> str:
    """The address with the same hosts in the same order, but another one `first`."""
    if not first:
        return dsn
    url = urlsplit(dsn)
    login, at, hosts = url.netloc.rpartition("@")
    lists = [
        (name, turned(value, first) if name in ("host", "port") else value) for name, value in parse_qsl(url.query)
    ]
    return url._replace(netloc=f"{login}{at}{turned(hosts, first)}", query=urlencode(lists, quote_via=quote)).geturl()


def turned(listed: str, first: int) -> str:
    parts = listed.split(",")
    return ",".join([*parts[first:], *parts[:first]]) if len(parts) > 1 else listed
