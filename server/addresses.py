"""Determines a request's client address, and which proxies are trusted to report it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

Network = IPv4Network | IPv6Network
SITE = 64  # bits of an IPv6 address that identify a customer's network; the customer can vary the rest


def client_address(scope: Scope, forwarded: bytes | None, trusted: Sequence[Network]) -> str | None:
    """The address that identifies a client: an IPv4 address, the /64 network of an IPv6 address, or None if unknown.

    `forwarded` is the request's X-Forwarded-For. It is read from the end, for as long as the sender of each entry is a
    trusted proxy: anything before that can be forged by the client.
    """
    client = scope.get("client")
    address = parsed(client[0]) if client else None
    hops = (forwarded or b"").decode("latin-1").split(",")
    while address is not None and hops and any(address in network for network in trusted):
        before = parsed(hops.pop().strip())
        if before is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, SITE), strict=False))
    return None if address is None else str(address)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address without its zone; an IPv4-mapped IPv6 address as IPv4. None if the text is not an address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
