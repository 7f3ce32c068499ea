"""The only place that holds the locks to their promise: every file by its hash, and no registry's address."""

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).parent.parent / "locks"
PINNED = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)")


def requirements(lock: str) -> list[str]:
    """One line for each requirement of a lock, its continued lines joined."""
    text = (LOCKS / f"{lock}.lock").read_text()
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines()]


def pins(lock: str) -> dict[str, str]:
    found = [PINNED.fullmatch(line) for line in requirements(lock)]
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize("lock", ["boot", "requirements", "dev"])
def test_every_requirement_is_pinned_and_hashed_and_nothing_else_stands_in_a_lock(lock: str) -> None:
    assert [line for line in requirements(lock) if not PINNED.fullmatch(line)] == []
    assert requirements(lock)


@pytest.mark.parametrize("lock", ["boot", "requirements", "dev"])
def test_no_lock_names_an_address(lock: str) -> None:
    text = (LOCKS / f"{lock}.lock").read_text()
    assert re.findall(r"(?im)^.*://.*$|^.*@ .*$|^--.*$", text) == []


@pytest.mark.parametrize(("wanted", "lock"), [("boot", "boot"), ("requirements", "requirements"), ("dev", "dev")])
def test_everything_asked_for_is_locked(wanted: str, lock: str) -> None:
    names = {line.partition("[")[0] for line in (LOCKS / f"{wanted}.in").read_text().split()}
    assert names - pins(lock).keys() == set()


def test_what_is_left_out_on_purpose_is_in_no_lock() -> None:
    left_out = set((LOCKS / "excludes.txt").read_text().split())
    assert left_out & (pins("requirements").keys() | pins("dev").keys()) == set()


def test_the_server_and_its_tests_agree_on_every_version() -> None:
    server, tests = pins("requirements"), pins("dev")
    shared = server.keys() & tests.keys()
    assert [name for name in shared if server[name] != tests[name]] == []
    assert shared


def test_a_node_lock_keeps_no_address() -> None:
    root = LOCKS.parent
    assert "omit-lockfile-registry-resolved=true" in (root / ".npmrc").read_text().split()
    found = [path for path in root.glob("*/package-lock.json") if '"resolved"' in path.read_text()]
    assert found == []
