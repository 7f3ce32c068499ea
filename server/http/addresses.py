"""Determines a request's client address, and which proxies are trusted to report it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

IPNetwork = IPv4Network | IPv6Network
SITE = 64  # bits of an IPv6 address that identify a customer's network; the customer can vary the rest
TRANSLATED = IPv6Network("64:ff9b::/96")  # IPv4 clients of a translator (RFC 6052), in the last 32 bits
FORWARDED = b"x-forwarded-for"
BRACKETED = re.compile(r"\[([^\[\]]*)\](?::\d{0,5})?")
WITH_PORT = re.compile(r"(.*):\d{0,5}")


def client_address(scope: Mapping[str, Any], trusted: Sequence[IPNetwork]) -> str | None:
    """The address that identifies a client: an IPv4 address, the /64 network of an IPv6 address, or None if unknown.

    The request's X-Forwarded-For is read from the end, for as long as the sender of each entry is a trusted proxy:
    anything before that can be forged by the client. Forwarded (RFC 7239) is ignored: a proxy that appends to only one
    of the two headers passes the other on as the client wrote it.
    """
    client = scope.get("client")
    if client and not trusted:
        return address_alone(client[0])
    address = parsed(client[0]) if client else None
    hops = entries(scope)
    while address is not None and any(address in network for network in trusted):
        before = reported(next(hops, ""))
        if before is None:
            break
        address = before
    return identifying(address)


def peer_address(host: str, trusted: Sequence[IPNetwork]) -> str | None:
    """The address that identifies a connection's other end; None if it is a trusted proxy, or unknown."""
    address = parsed(host)
    if address is not None and any(address in network for network in trusted):
        return None
    return identifying(address)


@lru_cache(1_000)
def address_alone(text: str) -> str | None:
    return identifying(parsed(text))


def identifying(address: IPv4Address | IPv6Address | None) -> str | None:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, SITE), strict=False))
    return None if address is None else str(address)


def entries(scope: Mapping[str, Any]) -> Iterator[str]:
    """The entries of X-Forwarded-For, the last one first. Header lines are joined, empty entries skipped.

    RFC 9110, sections 5.3 and 5.6.1: a proxy may append its entry to the line that it received or send another line.
    """
    lines = [value for name, value in scope.get("headers", ()) if name == FORWARDED]
    for entry in reversed(b",".join(lines).decode("latin-1").split(",")):
        if text := entry.strip(' \t"'):  # in quotation marks as in RFC 7239, section 6
            yield text


def reported(entry: str) -> IPv4Address | IPv6Address | None:
    """The IP address of an entry, which may be in brackets and have a port. None for anything else."""
    if bracketed := BRACKETED.fullmatch(entry):
        return parsed(bracketed[1])
    alone = parsed(entry)  # first, because the last group of an IPv6 address looks like a port
    with_port = WITH_PORT.fullmatch(entry)
    return parsed(with_port[1]) if alone is None and with_port else alone


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address without its zone; an IPv4 address within an IPv6 one as IPv4. None if the text is not an address.

    Otherwise all IPv4 clients of a translator would be one: their addresses share the first 96 bits.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address
