"""Builds the pages for browsers from web/ into web/dist: `python -m commands.web`, which `make run` calls.

Nothing is built, and nothing fetched, while the sources and the locks are those of the last build. `check` checks the
sources instead.
"""

import argparse
import gzip
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import brotli  # type: ignore[import-untyped]

from commands import node
from commands.progress import Progress

WEB = node.ROOT / "web"
BUILT = WEB / "dist"
STAMP = BUILT / "inputs"  # the hash of what was built
NODE_LOCK = node.ROOT / "locks" / "web.lock"
SDL = node.ROOT / "schema" / "views"  # from which the types of operations are generated
NOT_INPUTS = {"dist", "generated", "node_modules", "screenshots", "tests"}
GENERATED = {
    "everybody",
    "account",
    "readers",
    "public",
    "patient",
    "buyer",
    "manager",
}  # where a .ts file is generated
COMPRESSED = {".js", ".css", ".svg"}
QUALITY = 9  # of Brotli: 11 makes them 8 % smaller in seven times as long


def build() -> bool:
    """Builds the pages unless they are built. Returns whether it did. Raises NodeMissing, NodeFailed."""
    current = inputs_hash()
    if STAMP.exists() and STAMP.read_text() == current:
        return False
    node.node()  # before anything is removed
    with Progress("Building the pages") as progress:
        progress.report("installing packages", 0.0)
        node.install(WEB)
        STAMP.unlink(missing_ok=True)
        progress.report("bundling", 0.6)
        vite()
        progress.report("compressing", 0.9)
        compress()
    STAMP.write_text(current)
    return True


def check() -> None:
    """Checks the operations against the SDL, the types of the sources, and what is tested without a browser.

    Raises NodeMissing, NodeFailed.
    """
    node.install(WEB)
    node.run(WEB / "operations.ts", folder=WEB)
    node.run(WEB / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit", folder=WEB)
    for test in sorted((WEB / "tests").glob("*.test.ts")):
        node.run(test, folder=WEB)


def vite() -> None:
    node.run(WEB / "node_modules" / "vite" / "bin" / "vite.js", "build", "--logLevel", "error", folder=WEB)


def compress() -> None:
    """Writes each asset beside itself in both codings."""
    assets = [path for path in (BUILT / "assets").iterdir() if path.suffix in COMPRESSED]
    for path in assets:
        content = path.read_bytes()
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        path.with_name(f"{path.name}.br").write_bytes(brotli.compress(content, quality=QUALITY))


def inputs() -> Iterator[Path]:
    """The files that decide what is built, in order."""
    for top in sorted(WEB.iterdir()):
        if top.name not in NOT_INPUTS:
            yield from sorted(path for path in [top, *top.rglob("*")] if path.is_file() and not is_generated(path))
    yield from sorted(SDL.glob("*.graphql"))
    yield NODE_LOCK


def is_generated(path: Path) -> bool:
    return path.suffix == ".ts" and path.parent.name in GENERATED


def inputs_hash() -> str:
    """The SHA-256 over names and contents of all inputs."""
    digest = sha256()
    for path in inputs():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(node.ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the pages for browsers, or check their sources.")
    parser.add_argument("work", nargs="?", choices=("build", "check"), default="build")
    work = parser.parse_args().work
    try:
        if work == "check":
            check()
        else:
            build()
    except (node.NodeMissing, node.NodeFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
