"""The pages for browsers: what is served of a build, with which headers, and what is said where there is none."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any
from unittest import mock

import brotli  # type: ignore[import-untyped]
import orjson
import pytest
import pytest_asyncio

from commands.node import ROOT
from commands.web import compress
from tests.support.client import Ask, serving

SOURCE = (ROOT / "web/graphiql.html").read_text(encoding="utf-8")
APPLICATION = (ROOT / "web/index.html").read_text(encoding="utf-8")
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "sec-fetch-site": "none"}
ADDRESSES = ["/", "/sign-in", "/ledger", "/ledger/:id", "/communities/:slug", "/communities/:slug/discussions/:id"]
SCRIPT = b"export const answer = 42;\n" * 100


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Yields a folder as `commands.web` leaves it, with one script, its compressed forms, and a font."""
    tmp_path = tmp_path_factory.mktemp("pages")
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (assets / "graphiql-1234.js").write_bytes(SCRIPT)
    (assets / "font-1234.ttf").write_bytes(b"font")
    (tmp_path / "dist" / "graphiql.html").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "dist" / "index.html").write_text(APPLICATION, encoding="utf-8")
    (tmp_path / "dist" / "addresses.json").write_bytes(orjson.dumps(ADDRESSES))
    (tmp_path / "secret.js").write_text("secret")
    with mock.patch("commands.web.BUILT", tmp_path / "dist"):
        compress()
    return tmp_path / "dist"


@asynccontextmanager
async def serving_pages(dsn: str, folder: Path, **settings: Any) -> AsyncIterator[Ask]:
    with mock.patch("app.BUILT_PAGES", folder):
        async with serving(dsn, web=True, **settings) as ask:
            yield ask


@pytest_asyncio.fixture(scope="module")
async def demonstrating(dsn: str, built: Path) -> AsyncIterator[Ask]:
    """Yields a demonstration with pages."""
    async with serving_pages(dsn, built) as ask:
        yield ask


@pytest_asyncio.fixture(scope="module")
async def in_earnest(dsn: str, built: Path) -> AsyncIterator[Ask]:
    """Yields a server with pages that is no demonstration."""
    async with serving_pages(dsn, built, demo=False) as ask:
        yield ask


async def test_a_page_loads_from_its_own_origin_alone_and_is_asked_for_each_time(demonstrating: Ask) -> None:
    page = await demonstrating.http.get("/graphiql")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    directives = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert directives["default-src"] == directives["frame-ancestors"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == directives["worker-src"] == "'self'"
    assert not re.search(r"https?:|unsafe-eval|\*", page.headers["content-security-policy"])
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert page.headers["x-frame-options"] == "DENY"
    # What the policy would keep from running.
    assert re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=", page.text) == []
    assert re.findall(r"(?:src|href)=\"(?!/)", page.text) == []
    assert (await demonstrating.http.post("/graphiql")).status_code == 405


async def test_a_browser_that_opens_the_endpoint_is_sent_to_the_page(demonstrating: Ask) -> None:
    answer = await demonstrating.http.get("/graphql", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/graphiql")
    page = await demonstrating.http.get(answer.headers["location"], headers=BROWSER)
    assert page.text.startswith("<!doctype html>")


async def test_the_application_is_at_the_addresses_of_its_pages(in_earnest: Ask) -> None:
    for path in (*ADDRESSES, "/ledger/", "/communities/a%20b", "/communities/a/discussions/1=/"):
        page = await in_earnest.http.get(path.replace(":", ""), headers=BROWSER)
        assert (page.status_code, page.text) == (200, APPLICATION), path
        assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert page.headers["cache-control"] == "no-cache"


async def test_what_is_nowhere_is_not_found_by_browsers_and_programs_alike(in_earnest: Ask) -> None:
    for path in (
        "/nowhere", "/ledge", "/ledger/1/2", "/communities", "/communities/a/discussions", "/addresses.json",
        "/index.html", "/index", "/graphiql/x", "/schema/x/y",
    ):  # fmt: skip
        page = await in_earnest.http.get(path, headers=BROWSER)
        assert (page.status_code, page.text) == (404, APPLICATION), path  # whose script says so
        program = await in_earnest.http.get(path)
        assert (program.status_code, program.headers["content-type"]) == (404, "application/json"), path
    posted = await in_earnest.http.post("/nowhere", headers=BROWSER)
    assert (posted.status_code, posted.headers["content-type"]) == (404, "application/json")


async def test_the_root_is_a_page_for_browsers_alone(in_earnest: Ask) -> None:
    page = await in_earnest.http.get("/", headers=BROWSER)
    assert (page.status_code, page.text) == (200, APPLICATION)
    program = await in_earnest.http.get("/")
    assert program.status_code == 404
    assert "/graphql" in program.json()["errors"][0]["message"]
    assert "Accept" in page.headers["vary"].split(", ")
    assert "Accept" in program.headers["vary"].split(", ")


async def test_an_asset_is_kept_for_ever_in_the_coding_that_the_client_prefers(demonstrating: Ask) -> None:
    for accepted, coding, decode in (
        ("br, gzip", "br", brotli.decompress),
        ("gzip, br;q=0.5", "gzip", gzip.decompress),
        ("zstd", None, bytes),
        ("identity", None, bytes),
        ("br;q=0", None, bytes),
    ):
        headers = {"accept-encoding": accepted}
        async with demonstrating.http.stream("GET", "/assets/graphiql-1234.js", headers=headers) as answer:
            sent = b"".join([part async for part in answer.aiter_raw()])
        assert (answer.status_code, answer.headers.get("content-encoding")) == (200, coding), accepted
        assert decode(sent) == SCRIPT
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    font = await demonstrating.http.get("/assets/font-1234.ttf")  # which is compressed as it is
    assert (font.content, font.headers["content-type"]) == (b"font", "font/ttf")
    assert "content-encoding" not in font.headers


@pytest.mark.parametrize(
    "path",
    ["nowhere.js", "graphiql-1234.js.br", "graphiql-1234.js.gz", "..%2F..%2Fsecret.js", "../secret.js", ""],
)  # fmt: skip
async def test_nothing_but_the_assets_is_served_beside_them(demonstrating: Ask, path: str) -> None:
    answer = await demonstrating.http.get(f"/assets/{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace(path, "")


async def test_only_the_demonstrations_page_knows_its_accounts(demonstrating: Ask, in_earnest: Ask) -> None:
    found = re.search(r'data-demonstration="([^"]+)"', (await demonstrating.http.get("/graphiql")).text)
    assert found is not None
    known = json.loads(unescape(found[1]))
    for audience, addresses in known["accounts"].items():
        for address in addresses:
            caller = await demonstrating.sign_in(address.partition("@")[0], known["password"])
            answer = await demonstrating(caller, "{ viewer { audience } }")
            assert answer == {"data": {"viewer": {"audience": audience}}}
    assert (await in_earnest.http.get("/graphiql")).text == SOURCE


async def test_a_server_without_pages_says_how_to_get_them(dsn: str, built: Path) -> None:
    for folder, web in ((built, False), (built / "assets", True), (built / "nowhere", True)):
        with mock.patch("app.BUILT_PAGES", folder):
            async with serving(dsn, web=web) as ask:
                answer = await ask.http.get("/graphiql")
                assert answer.status_code == 404
                assert "make pages" in answer.json()["errors"][0]["message"]
                assert (await ask.http.get("/assets/graphiql-1234.js")).status_code == 404
                assert (await ask.http.get("/schema/public.graphql")).status_code == 200
                root = await ask.http.get("/", headers=BROWSER)
                assert (root.status_code, root.headers["content-type"]) == (404, "application/json")
