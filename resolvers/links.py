"""Checks addresses of web pages that people enter and others follow."""

import re
from urllib.parse import SplitResult, urlsplit

from models.messages import message
from resolvers.transactions import Step, invalid, text_within

LENGTH = 500
REFUSED = message(
    "This is not an address that readers can follow: it must begin with https:// and a public domain, without a user or"
    " a port, and be encoded where it is outside of ASCII."
)
# What RFC 3986 allows in an address, without the brackets of IPv6 addresses.
ADDRESS = re.compile(r"https://[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+")
RESERVED = frozenset({"example", "internal", "invalid", "local", "localhost", "onion", "test"})  # RFC 6761 and others
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def https_address(text: str, *path: Step) -> str:
    """The address of a public web page, as it was entered. Raises Refused: INVALID, TOO_LONG."""
    address = text_within(text, LENGTH, *path)
    try:
        if not ADDRESS.fullmatch(address) or re.search(r"%(?![0-9A-Fa-f]{2})", address):
            raise ValueError
        parts = urlsplit(address)
        if parts.port is not None or parts.username is not None or not _is_domain(parts):
            raise ValueError
    except ValueError:
        raise invalid(REFUSED, *path) from None
    return address


def _is_domain(parts: SplitResult) -> bool:
    """Whether the host is a name in a public domain: browsers read hosts whose last label is a number as IPv4."""
    host = parts.netloc
    *labels, last = host.split(".")
    return (
        len(host) <= 253
        and bool(labels)
        and all(LABEL.fullmatch(label) for label in (*labels, last))
        and not last[0].isdigit()
        and last.lower() not in RESERVED
    )
