"""Compresses response bodies: Zstandard, Brotli or gzip, by the request's Accept-Encoding."""

import asyncio
import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial

import brotli  # type: ignore[import-untyped]
import zstandard

from server.operations.requests import READ_BYTES

LEAST_BYTES = 1_000  # smaller bodies fit into a packet or two as they are
LOOP_BYTES = 16_000  # larger ones are compressed in a thread: as many take up to half a millisecond
THREADS = 2
MOST_WAITING = 20  # bodies; while more wait, others are sent as they are
VARY = (b"vary", b"Accept-Encoding")


class Compressing:
    """Threads of its own for large bodies: neither do exports wait behind them, nor they behind exports."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS, "compression")
        self.waiting = 0  # or being compressed

    async def run(self, work: Callable[[], bytes]) -> bytes | None:
        """What `work` makes; None if too much waits already."""
        if self.waiting >= THREADS + MOST_WAITING:
            return None
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work)
        finally:
            self.waiting -= 1


compressing = Compressing()


def zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(3).compress(body)


def br(body: bytes) -> bytes:
    compressed: bytes = brotli.compress(body, quality=4)
    return compressed


def gz(body: bytes) -> bytes:
    return gzip.compress(body, 4, mtime=0)


# In our order of preference, for clients that have none: the fastest of those that compress as well comes first.
CODINGS: dict[bytes, Callable[[bytes], bytes]] = {b"zstd": zstd, b"br": br, b"gzip": gz}


def coding(accepted: bytes | None, offered: tuple[bytes, ...] = tuple(CODINGS)) -> bytes | None:
    """Which of the codings that are `offered` an Accept-Encoding header prefers, the first among equals.

    None to leave bodies as they are (RFC 9110, 12.5.3).
    """
    return preferred((accepted or b"")[:READ_BYTES], offered)


@lru_cache(256)
def preferred(accepted: bytes, offered: tuple[bytes, ...]) -> bytes | None:
    quality: dict[bytes, float] = {}
    for part in accepted.lower().split(b","):
        name, *parameters = (word.strip() for word in part.split(b";"))
        q = next((word[2:] for word in parameters if word.startswith(b"q=")), b"1")
        try:
            quality[b"gzip" if name == b"x-gzip" else name] = float(q)
        except ValueError:
            quality[name] = 0.0
    anything = quality.get(b"*", 0.0)
    ranked = {name: quality.get(name, anything) for name in offered}
    best = max(ranked, key=lambda name: ranked[name])  # the first of equals
    return best if ranked[best] > 0 and ranked[best] >= quality.get(b"identity", 0.0) else None


def coding_of(body: bytes, accepted: bytes | None) -> bytes | None:
    """The coding in which a body is to be sent; None if it is small, or the client prefers it as it is."""
    return coding(accepted) if len(body) >= LEAST_BYTES else None


async def compressed(body: bytes, accepted: bytes | None) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """The body as it is to be sent, and the headers that say so. Never to be used for a body with a secret in it.

    A large one is sent as it is while too many wait to be compressed.
    """
    name = coding_of(body, accepted)
    if name is None:
        return body, (VARY,) if len(body) >= LEAST_BYTES else ()
    compress = CODINGS[name]
    made = compress(body) if len(body) <= LOOP_BYTES else await compressing.run(partial(compress, body))
    return (body, (VARY,)) if made is None else (made, (VARY, (b"content-encoding", name)))


async def constant(body: str, accepted: bytes | None) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """As `compressed`, for one of the few texts that everybody may request: it is compressed once in each coding."""
    plain = encoded(body)
    name = coding_of(plain, accepted)
    if name is None:
        return plain, (VARY,) if len(plain) >= LEAST_BYTES else ()
    made = await compressing.run(partial(encoded, body, name))
    return (plain, (VARY,)) if made is None else (made, (VARY, (b"content-encoding", name)))


@lru_cache(64)
def encoded(body: str, name: bytes | None = None) -> bytes:
    return body.encode() if name is None else CODINGS[name](body.encode())
