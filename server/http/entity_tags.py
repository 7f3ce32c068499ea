"""Entity tags of response bodies (RFC 9110, 8.8.3), and whether a client has a body already."""

import re
from hashlib import sha256

TAG = re.compile(r'"[^"]*"')


def hash_of(body: bytes) -> str:
    return sha256(body).hexdigest()[:32]


def tag_of(hash: str, coding: bytes | None) -> str:
    """A strong tag: of the bytes that are sent, which differ by coding."""
    return f'"{hash}"' if coding is None else f'"{hash}-{coding.decode()}"'


def is_known(tag: str, given: bytes | None) -> bool:
    """Whether an If-None-Match header names this tag, weak or strong."""
    text = (given or b"").decode("latin-1").strip()
    return text == "*" or tag in TAG.findall(text)
