"""The security headers of files and errors; those of pages are in test_pages.py."""

import pytest

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


async def test_files_for_everybody_are_compressed(ask: Ask) -> None:
    for path in ("/schema/data-export.json", "/schema/patient.graphql"):
        plain = await ask.http.get(path, headers={"accept-encoding": "identity"})
        for name in ("gzip", "br", "zstd"):
            answer = await ask.http.get(path, headers={"accept-encoding": name})
            assert answer.headers["content-encoding"] == name
            assert answer.text == plain.text
