"""Compressed responses: which coding is chosen, what is compressed, and that no secret ever is."""

import asyncio
import gzip
import threading

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from graphql import get_introspection_query

from server.http import compression
from server.http.compression import (
    CODINGS,
    LEAST_BYTES,
    LOOP_BYTES,
    MOST_WAITING,
    THREADS,
    coding,
    compressed,
    compressing,
    constant,
    preferred,
)
from tests.support.client import PASSWORD, SIGN_IN, Ask, Caller

LONG = "{ a0: __typename " + " ".join(f"a{n}: __typename" for n in range(1, 90)) + " }"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, None),
        (b"", None),
        (b"gzip", b"gzip"),
        (b"x-gzip", b"gzip"),
        (b"br", b"br"),
        (b"zstd", b"zstd"),
        (b"GZIP, Deflate, BR, zstd", b"zstd"),
        (b"gzip, deflate, br", b"br"),
        (b"gzip;q=1.0, br;q=0.5, zstd;q=0.1", b"gzip"),
        (b"gzip ; q=0.2 , br ; q=0.8", b"br"),
        (b"zstd;q=0, br;q=0, gzip;q=0", None),
        (b"zstd;q=0, *", b"br"),
        (b"*;q=0", None),
        (b"*", b"zstd"),
        (b"identity", None),
        (b"identity, gzip;q=0.5", None),
        (b"identity;q=0.5, gzip;q=0.5", b"gzip"),
        (b"deflate, compress, nonsense", None),
        (b"gzip;q=nonsense", None),
        (b"br;q=", None),
        (b";;,,;q=1", None),
    ],
)
def test_the_coding_is_the_one_that_the_client_prefers(accepted: bytes | None, chosen: bytes | None) -> None:
    assert coding(accepted) == chosen


@pytest.mark.parametrize("size", [LEAST_BYTES, LOOP_BYTES, LOOP_BYTES + 1, 2_000_000])
async def test_what_is_compressed_can_be_read_again(size: int) -> None:
    body = (b'{"name": "value"}, ' * (size // 10))[:size]
    for name, read in (("zstd", unzstd), ("br", brotli.decompress), ("gzip", gzip.decompress)):
        made, headers = await compressed(body, name.encode())
        assert headers == ((b"vary", b"Accept-Encoding"), (b"content-encoding", name.encode()))
        assert len(made) < len(body) / 3
        assert read(made) == body


def unzstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body)


async def test_small_bodies_stay_as_they_are() -> None:
    assert await compressed(b"x" * (LEAST_BYTES - 1), b"gzip") == (b"x" * (LEAST_BYTES - 1), ())
    made, headers = await compressed(b"x" * LEAST_BYTES, None)
    assert (len(made), headers) == (LEAST_BYTES, ((b"vary", b"Accept-Encoding"),))


def test_long_headers_are_not_read_to_their_end_nor_kept() -> None:
    """30 KB of commas take 60 ms of the event loop."""
    preferred.cache_clear()
    assert coding(b"gzip," + b"," * 30_000) == b"gzip"
    assert coding(b"," * 30_000 + b"gzip") is None
    assert coding(b"," * 30_001) is None
    assert preferred.cache_info().currsize == 2


async def test_a_text_for_everybody_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compression.encoded.cache_clear()
    written = []

    def gz(body: bytes) -> bytes:
        written.append(len(body))
        return gzip.compress(body)

    monkeypatch.setitem(CODINGS, b"gzip", gz)
    text = "é" * LOOP_BYTES
    for _ in range(3):
        made, headers = await constant(text, b"gzip")
        assert gzip.decompress(made) == text.encode()
        assert headers == ((b"vary", b"Accept-Encoding"), (b"content-encoding", b"gzip"))
        assert await constant(text, None) == (text.encode(), ((b"vary", b"Accept-Encoding"),))
    assert written == [2 * LOOP_BYTES]
    assert await constant("short", b"gzip") == (b"short", ())


async def test_while_many_bodies_wait_others_are_sent_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, made = threading.Event(), list[str]()

    def slow(body: bytes) -> bytes:
        made.append(threading.current_thread().name)
        gate.wait(10)
        return b"compressed"

    monkeypatch.setitem(CODINGS, b"gzip", slow)
    large = b"x" * (LOOP_BYTES + 1)
    tasks = [asyncio.create_task(compressed(large, b"gzip")) for _ in range(THREADS + MOST_WAITING)]
    await asyncio.sleep(0)
    plain = ((b"vary", b"Accept-Encoding"),)
    assert await compressed(large, b"gzip") == (large, plain)
    assert await constant(large.decode(), b"gzip") == (large, plain)
    assert await asyncio.to_thread(lambda: "others' work goes on")
    gate.set()
    assert {(await each)[0] for each in tasks} == {b"compressed"}
    assert len(made) == THREADS + MOST_WAITING
    assert {name.rpartition("_")[0] for name in made} == {"compression"}
    assert compressing.waiting == 0


async def test_results_of_queries_are_compressed(ask: Ask, patient: Caller) -> None:
    for query in (LONG, get_introspection_query()):
        plain = await ask.http.post(
            "/graphql", json={"query": query}, headers=patient.headers | {"accept-encoding": "identity"}
        )
        assert "content-encoding" not in plain.headers
        for name in ("gzip", "br", "zstd"):
            answer = await ask.http.post(
                "/graphql", json={"query": query}, headers=patient.headers | {"accept-encoding": name}
            )
            assert answer.headers["content-encoding"] == name
            assert answer.headers["vary"] == "Accept-Encoding"
            assert int(answer.headers["content-length"]) < len(plain.content) / 2
            assert answer.json() == plain.json()


async def test_nothing_that_may_hold_a_secret_is_compressed(ask: Ask) -> None:
    every = {"accept-encoding": "gzip, br, zstd"}
    long = SIGN_IN.replace("token", "token " + " ".join(f"a{n}: viewer {{ audience id }}" for n in range(60)))
    given = {"email": "patient@demo.example", "password": PASSWORD}
    answer = await ask.http.post("/graphql", json={"query": long, "variables": given}, headers=every)
    assert len(answer.content) > LEAST_BYTES
    assert len(answer.json()["data"]["signIn"]["token"]) == 43
    assert "content-encoding" not in answer.headers


async def test_an_event_stream_is_not_compressed(ask: Ask) -> None:
    headers = {"accept": "text/event-stream", "accept-encoding": "gzip, br, zstd"}
    answer = await ask.http.post("/graphql", json={"query": LONG}, headers=headers)
    assert len(answer.content) > LEAST_BYTES
    assert "content-encoding" not in answer.headers


async def test_a_response_to_a_client_that_accepts_no_coding_is_the_same_as_ever(ask: Ask) -> None:
    for accepted in ("identity", "nonsense", "gzip;q=0"):
        answer = await ask.http.post("/graphql", json={"query": LONG}, headers={"accept-encoding": accepted})
        assert "content-encoding" not in answer.headers
        assert answer.json()["data"]["a0"]
