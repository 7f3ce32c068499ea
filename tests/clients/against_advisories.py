"""Runs the PyPI package pip-audit, which looks the locked packages up in a database of vulnerabilities."""

import asyncio

import pytest

from tests.clients.processes import ROOT, TOOLS

UNREACHED = (
    "ConnectionError",
    "Failed to resolve",
    "Max retries",
    "Timeout",
    "HTTPError",
    "ServiceError",
    "not found on PyPI",
)


@pytest.mark.parametrize("lock", ["requirements", "server", "dev", "boot"])
async def test_no_locked_package_has_a_known_vulnerability(lock: str) -> None:
    process = await asyncio.create_subprocess_exec(
        str(TOOLS / "pip-audit"),
        *("--requirement", str(ROOT / "locks" / f"{lock}.lock"), "--require-hashes", "--disable-pip", "--strict"),
        *("--progress-spinner", "off"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    text = output.decode()
    if process.returncode and "known vulnerabilit" not in text and any(sign in text for sign in UNREACHED):
        pytest.skip("pip-audit cannot reach its database of vulnerabilities from here")
    assert process.returncode == 0, text
