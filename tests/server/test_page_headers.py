"""The security headers of pages, files and errors."""

import base64
import hashlib
import re

import pytest

from server.page_headers import of_page
from tests.support.client import Ask

PATHS = ("/graphiql", "/schema/public.graphql", "/schema/data-export.json", "/healthz", "/readyz", "/nowhere",
         "/schema/none.graphql", "/exports/x", "/insights/x.csv", "/me/export.json")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_every_response_limits_what_a_browser_does_with_it(ask: Ask, path: str) -> None:
    headers = (await ask.http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


async def test_personal_data_and_errors_are_not_stored(ask: Ask) -> None:
    for path in ("/graphql", "/healthz", "/nowhere", "/exports/x", "/insights/x.csv", "/me/export.json"):
        assert (await ask.http.get(path)).headers["cache-control"] == "no-store", path


async def test_graphiql_runs_its_own_scripts_and_no_other(ask: Ask) -> None:
    page = await ask.http.get("/graphiql")
    directives = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    allowed = directives["script-src"].split()
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & set(allowed)
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline]
    named = re.findall(r'<script\s+crossorigin\s+src="([^"]+)"', page.text)
    assert inline
    assert sorted(allowed) == sorted(["'self'", *hashes, *named])
    assert directives["connect-src"] == "'self'"
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert page.headers["x-frame-options"] == "DENY"


def test_an_inline_script_that_is_added_later_does_not_run() -> None:
    policy = of_page("<script>one()</script><script>two()</script>")["content-security-policy"]
    assert policy.count("'sha256-") == 2
    assert of_page("<p>text</p>")["content-security-policy"].count("'sha256-") == 0


async def test_pages_are_compressed(ask: Ask) -> None:
    for path in ("/graphiql", "/schema/patient.graphql"):
        plain = await ask.http.get(path, headers={"accept-encoding": "identity"})
        for name in ("gzip", "br", "zstd"):
            answer = await ask.http.get(path, headers={"accept-encoding": name})
            assert answer.headers["content-encoding"] == name
            assert answer.text == plain.text
