"""What is left of a rate, and the header fields that report it: those of draft-ietf-httpapi-ratelimit-headers-11."""

from collections.abc import Iterable
from dataclasses import dataclass

ResponseHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Allowance:
    """What is left of a rate: `remaining` units now, and all `most` of them in `full_in` seconds."""

    policy: str
    most: int
    seconds: int
    remaining: int
    full_in: int


def headers(allowances: Iterable[Allowance]) -> ResponseHeaders:
    """The fields RateLimit-Policy and RateLimit, each with an item for every policy."""
    known = list(allowances)
    policies = ", ".join(f'"{each.policy}";q={each.most};w={each.seconds}' for each in known)
    limits = ", ".join(f'"{each.policy}";r={each.remaining};t={each.full_in}' for each in known)
    return (b"ratelimit-policy", policies.encode()), (b"ratelimit", limits.encode())
