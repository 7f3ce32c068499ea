"""Starts PgBouncer before a throw-away cluster, if it is installed."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from commands.cluster import SystemAccount
from models.logins import role_password
from models.role_names import role_name
from models.security.publisher import LOGINS
from tests.support.clusters import quick_folder

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PGBOUNCER is None, reason="needs apt-get install pgbouncer")


@contextlib.asynccontextmanager
async def pooler(dsn: str, mode: str, *, pool_size: int = 40) -> AsyncIterator[str]:
    """The address, on a port of 127.0.0.1, of a PgBouncer that gives sessions by `mode`, with its other defaults."""
    assert PGBOUNCER is not None
    url = urlsplit(dsn)
    (folder,) = parse_qs(url.query)["host"]
    home = quick_folder()
    home.chmod(0o755)
    account = SystemAccount(home / "none")
    users = {str(url.username): unquote(str(url.password))}
    users |= {role_name(login): role_password(dsn, role_name(login)) for login in LOGINS}
    (home / "users.txt").write_text("".join(f'"{name}" "{password}"\n' for name, password in users.items()))
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={folder} port=5432\n"
        f"[pgbouncer]\npool_mode = {mode}\ndefault_pool_size = {pool_size}\nmax_client_conn = 500\n"
        f"auth_type = scram-sha-256\nauth_file = {home}/users.txt\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {(port := free_port())}\nunix_socket_dir =\n"
    )
    for file in home.iterdir():
        file.chmod(0o600)
        if account.switch:
            os.chown(file, account.uid, account.gid)
    process = subprocess.Popen(
        [PGBOUNCER, str(home / "pgbouncer.ini")],
        user=account.uid if account.switch else None,
        group=account.gid if account.switch else None,
        extra_groups=[] if account.switch else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await listening(port)
        login = url.netloc.rpartition("@")[0]
        yield url._replace(netloc=f"{login}@127.0.0.1:{port}", query="").geturl()
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(home)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


async def listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)
