"""Checks addresses that other people give the server to write to: only hosts of the public internet are accepted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from models.lookups import Lookups

MOST_CHARACTERS = 500  # of an address
PORTS = (443, 8443)
LOOKUPS = Lookups()

# What is no single host of the public internet, by IANA's registries of special-purpose addresses, and 168.63.129.16,
# at which a cloud's machines find its control plane. `is_global` differs between versions of Python.
CLOSED_4 = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
# Of IPv6, only global unicast is open, and of that, nothing that carries an IPv4 address: Teredo and 6to4 do.
# IPv4-mapped addresses, NAT64, unique local, link-local and multicast ones are outside of it.
GLOBAL_6 = ip_network("2000::/3")
CLOSED_6 = tuple(
    ip_network(each)
    for each in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)  # fmt: skip
# ISATAP (RFC 5214): the last 64 bits of any network, which carry an IPv4 address.
ISATAP = (0x0000_5EFE, 0x0200_5EFE)

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label begins with a letter, so that no spelling of an IPv4 address is a name.
NAME = re.compile(rf"(?:{LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])", re.ASCII)
PRINTED = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]+", re.ASCII)
# Names that resolve to this machine or within a private network (RFC 6761, 6762, 7686, 8375, and ICANN's .internal).
INSIDE = frozenset(
    ["arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "onion", "private"]
)
LOOPBACK_HOSTS = {"127.0.0.1": ("127.0.0.1",), "[::1]": ("::1",), "localhost": ("127.0.0.1",)}
LEAST_LOOPBACK_PORT = 1024


@dataclass(frozen=True)
class Place:
    """Where to write to: a URL that was accepted, in its parts."""

    is_tls: bool
    host: str  # without brackets
    port: int
    target: str  # of the request: the path and the query
    authority: str  # for the Host header
    known: tuple[str, ...] = ()  # the addresses of a host that is not looked up


def place_of(url: str, *, loopback: bool = False) -> Place | None:
    """The parts of a URL; None unless it is https, of a public host's name, a port of `PORTS`, and without credentials.

    With `loopback`, which is for the demonstration, http to this machine is accepted too.
    """
    if len(url) > MOST_CHARACTERS or not PRINTED.fullmatch(url) or "#" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme, authority = url.partition("://")[0], parts.netloc
    if parts.scheme != scheme or "@" in authority or authority.endswith(":") or not authority:
        return None
    if port is not None and not authority.endswith(f":{port}"):  # such as 0443
        return None
    host = authority if port is None else authority.removesuffix(f":{port}")
    target = url.removeprefix(f"{scheme}://{authority}") or "/"
    if target.startswith("?"):
        target = f"/{target}"
    if "[" in target or "]" in target:
        return None
    if scheme == "http" and loopback and host in LOOPBACK_HOSTS and (port or 0) >= LEAST_LOOPBACK_PORT:
        return Place(False, host.strip("[]"), port or 0, target, authority, LOOPBACK_HOSTS[host])
    if scheme != "https" or (443 if port is None else port) not in PORTS or not is_public_name(host):
        return None
    return Place(True, host, port or 443, target, authority)


def is_public_name(host: str) -> bool:
    """Whether a host is given by a name in lower case and ASCII that may be one of the public internet."""
    return len(host) <= 253 and NAME.fullmatch(host) is not None and host.rpartition(".")[2] not in INSIDE


def is_public(text: str) -> bool:
    """Whether an IP address, as it was resolved, is that of a host of the public internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in CLOSED_4)
    return is_public_6(address)


def is_public_6(address: IPv6Address) -> bool:
    """As `is_public`, of an IPv6 address: it is global, and carries no IPv4 address of its own."""
    if address.scope_id is not None or address not in GLOBAL_6:
        return False
    carries = (int(address) >> 32) & 0xFFFF_FFFF in ISATAP
    return not carries and not any(address in network for network in CLOSED_6)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, by the system's resolver. Raises OSError, TimeoutError."""
    return await LOOKUPS.addresses(host, port)


async def addresses_of(place: Place) -> Sequence[str]:
    """The addresses to connect to; none unless all addresses of the host are public ones.

    Whoever connects uses these, and does not resolve the name again: it may have other addresses a moment later.
    """
    if place.known:
        return place.known
    try:
        found = await resolve(place.host, place.port)
    except (OSError, TimeoutError, UnicodeError):
        return ()
    return found if all(map(is_public, found)) else ()
