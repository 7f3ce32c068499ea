"""The only place that says which address a request comes from, and which proxies are believed about it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

Network = IPv4Network | IPv6Network
SITE = 64  # bits of an IPv6 address that one customer is given: the others are its own to vary


def client_address(scope: Scope, forwarded: bytes | None, trusted: Sequence[Network]) -> str | None:
    """The address that a client is told apart by: an IPv4 address, the /64 of an IPv6 one, None where there is none.

    `forwarded` is the request's X-Forwarded-For. It is read from its end, and believed for as long as the one who wrote
    a part of it is trusted: what stands before is the client's own to make up.
    """
    client = scope.get("client")
    address = parsed(client[0]) if client else None
    told = (forwarded or b"").decode("latin-1").split(",")
    while address is not None and told and any(address in network for network in trusted):
        before = parsed(told.pop().strip())
        if before is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, SITE), strict=False))
    return None if address is None else str(address)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
