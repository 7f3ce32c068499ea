"""Sends the random operations of the PyPI package schemathesis, with a fixed seed, as a caller of each view."""

import json
from pathlib import Path

import pytest

from tests.clients.processes import TOOLS, output_of
from tests.clients.results import CALLERS, Results
from tests.support.client import ANYBODY, LIMITS, serving

SEED = 1
# What bounds a run. To generate an operation, schemathesis decides on each field of each type within reach, which takes
# it longer than the server needs for the answer. So there are few of each field; none is shrunk, which takes hundreds;
# no database ranks them; and slow generation, as on a busy machine, is no failure.
EXAMPLES = 10  # of each field of the roots
TIMEOUT_SECONDS = LIMITS.request_seconds + 30  # of a request, so that the server ends first what takes long
ENDING = "signOut|accountDelete|sessionRevoke"  # they end the session that every later operation needs


@pytest.mark.parametrize(("view", "who"), CALLERS.items())
async def test_random_operations_are_answered_or_refused(
    fresh: str, results: Results, tmp_path: Path, view: str, who: str | None
) -> None:
    report = tmp_path / "report.json"
    async with serving(fresh) as ask:
        caller = await ask.sign_in(who) if who else ANYBODY
        await output_of(
            str(TOOLS / "schemathesis"),
            *("run", str(ask.http.base_url.join("/graphql"))),
            *("--seed", str(SEED), "--max-examples", str(EXAMPLES), "--phases", "fuzzing", "--mode", "positive"),
            *("--checks", "answers_or_refuses", "--continue-on-failure", "--no-shrink"),
            *("--generation-database", "none", "--suppress-health-check", "too_slow"),
            *("--request-timeout", str(TIMEOUT_SECONDS), "--exclude-name-regex", ENDING),
            *("--report", "json", "--report-json-path", str(report)),
            *(word for name, value in caller.headers.items() for word in ("--header", f"{name}: {value}")),
            folder=tmp_path,  # where it stores what it needs to repeat a failure
            PYTHONPATH=str(Path(__file__).parent),
            SCHEMATHESIS_HOOKS="schemathesis_hooks",
        )
    found = json.loads(report.read_text())
    operations = found["operations"]
    assert operations["tested"] == operations["selected"] > 10
    assert found["test_cases"]["generated"] >= EXAMPLES * operations["tested"] * 0.9
    results["schemathesis", view] = f"{operations['tested']} fields, {EXAMPLES} operations each, seed {SEED}"
