"""Gives each request an id, by which its response, its log lines and its proxy's log lines are found."""

import random
import re
from collections.abc import Mapping

HEADER = b"x-request-id"
# Seeded by the system. An id is no secret, and numbers from the system itself take a call for each request.
NUMBERS = random.Random()  # noqa: S311
# What proxies make: 32 hexadecimal digits (nginx) or a UUID (Caddy, Envoy). Nothing else is accepted, since the id is
# logged and a client can write anything into a header.
WELL_FORMED = re.compile(rb"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def request_id(headers: Mapping[bytes, bytes]) -> str:
    """The id in the request's header X-Request-Id if it is well-formed, or else a new one."""
    given = headers.get(HEADER)
    if given is not None and WELL_FORMED.fullmatch(given):
        return given.decode()
    return f"{NUMBERS.getrandbits(128):032x}"
