"""`pip install .` installs a whole server: the wheel has each file that it needs, and starts anywhere."""

import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.commands.test_serve import JSON, ROOT, environment, started

PACKAGES = ("commands", "locales", "models", "planner", "privacy", "resolvers", "schema", "server")
BUILD = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
# -P: the folder in which it is started is none of its own.
SERVE = [sys.executable, "-P", "-m", "commands.serve"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Yields the folder into which the wheel is unpacked, as pip does."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*BUILD, str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("cohorte-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_packages(installed: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    names = [name for name in tracked.stdout.split("\0") if name]
    assert len(names) > 500
    assert [name for name in names if not (installed / name).is_file()] == []
    assert not any((installed / name).exists() for name in ("tests", "bench", "docs"))


@pytest.mark.slow
def test_the_installed_server_answers_away_from_the_repository(installed: Path, folder: Path) -> None:
    folder.chmod(0o711)
    settings = environment(folder, COHORTE_DEMO="0", COHORTE_WEB="0", PYTHONPATH=str(installed))
    where = [sys.executable, "-P", "-c", "import app, commands.serve; print(app.__file__, commands.serve.__file__)"]
    found = subprocess.run(where, cwd=ROOT, env=settings, check=True, capture_output=True, text=True, timeout=60)
    assert found.stdout.split() == [str(installed / "app.py"), str(installed / "commands" / "serve.py")]
    with started(SERVE, settings) as (process, lines):
        address = next(word for line in lines for word in line.split() if word.startswith("http://"))
        body = b'{"query": "{ communities { nodes { slug } } }"}'
        query = Request(f"http://{urlsplit(address).netloc}/graphql", body, JSON)
        with urlopen(query, timeout=60) as answer:
            assert answer.read() == b'{"data":{"communities":{"nodes":[]}}}'
        process.terminate()
        assert process.wait(timeout=60) == 0
