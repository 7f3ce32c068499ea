"""Connects to one of an address's hosts, of which a silent one takes no more than its share of the time."""

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import asyncpg

# The host that each address begins with, by the list of its hosts: others were silent when it answered.
beginnings: dict[str, int] = {}


async def connect_to_any(dsn: str, *, timeout: float, **options: Any) -> asyncpg.Connection:
    """As asyncpg.connect, which would give all of `timeout` to the first host that says nothing."""
    hosts = hosts_of(dsn)
    number = hosts.count(",") + 1

    async def begin_with(first: int) -> asyncpg.Connection:
        address, share = beginning_with(dsn, first), timeout / number
        connection: asyncpg.Connection = await asyncpg.connect(address, timeout=share, **options)
        beginnings[hosts] = first
        return connection

    first = beginnings.get(hosts, 0)
    for _ in range(number - 1):
        with suppress(TimeoutError):
            return await begin_with(first)
        first = (first + 1) % number
    return await begin_with(first)


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
