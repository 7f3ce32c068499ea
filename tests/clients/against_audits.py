"""Runs the audits of the npm package graphql-http, which check GraphQL over HTTP, as a caller of each view."""

import json
from pathlib import Path
from typing import Any

import pytest

from commands.node import node
from tests.clients.processes import output_of
from tests.clients.results import CALLERS, Results
from tests.support.client import ANYBODY, Ask, serving

SCRIPT = Path(__file__).parent / "audit.mjs"
INTROSPECTING = {"2EA1", "28B9", "D6D5", "6A70"}  # they send `__type` to see that variables are read


async def audits(ask: Ask, token: str | None) -> list[dict[str, Any]]:
    output = await output_of(str(node()), str(SCRIPT), str(ask.http.base_url.join("/graphql")), token or "")
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize(("view", "who"), CALLERS.items())
async def test_every_audit_passes_the_optional_ones_too(ask: Ask, results: Results, view: str, who: str | None) -> None:
    found = await audits(ask, (await ask.sign_in(who) if who else ANYBODY).token)
    assert [audit for audit in found if audit["status"] != "ok"] == []
    assert len(found) >= 61
    results["graphql-http", view] = f"{len(found)} of {len(found)} audits"


async def test_a_stranger_outside_the_demonstration_fails_only_the_audits_that_introspect(dsn: str) -> None:
    async with serving(dsn, demo=False) as ask:
        found = await audits(ask, None)
    assert {audit["id"] for audit in found if audit["status"] != "ok"} == INTROSPECTING
    refusals = [audit["answer"] for audit in found if audit["status"] != "ok"]
    assert all("Introspection requires signing in." in answer for answer in refusals)
