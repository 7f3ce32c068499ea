"""Runs the PyPI package pip-audit, which looks the locked packages up in a database of vulnerabilities."""

import asyncio
import re

import pytest

from tests.clients.processes import ROOT, TOOLS
from tests.clients.results import LOCKS, Results

UNREACHED = (
    "ConnectionError",
    "Failed to resolve",
    "Max retries",
    "Timeout",
    "HTTPError",
    "ServiceError",
    "not found on PyPI",
)


@pytest.mark.parametrize("lock", LOCKS)
async def test_no_locked_package_has_a_known_vulnerability(lock: str, results: Results) -> None:
    path = ROOT / "locks" / f"{lock}.lock"
    process = await asyncio.create_subprocess_exec(
        str(TOOLS / "pip-audit"),
        *("--requirement", str(path), "--require-hashes", "--disable-pip", "--strict"),
        *("--progress-spinner", "off"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    text = output.decode()
    if process.returncode and "known vulnerabilit" not in text and any(sign in text for sign in UNREACHED):
        results["pip-audit", lock] = "not known: its database could not be reached"
        pytest.skip("pip-audit cannot reach its database of vulnerabilities from here")
    assert process.returncode == 0, text
    packages = re.findall(r"^[\w.-]+==", path.read_text(encoding="utf-8"), re.M)
    results["pip-audit", lock] = f"none in {len(packages)} packages"
