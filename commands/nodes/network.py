"""Starts two servers on a cluster's database, behind HAProxy on loopback."""

import contextlib
import os
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from commands.nodes import proxy
from commands.nodes.processes import Program, free_ports, process, wait_for

ROOT = Path(__file__).parents[2]
SERVE = (sys.executable, "-m", "commands.serve")
SERVERS = 2
SEED_SECONDS = 600.0  # for the first to create a demonstration
START_SECONDS = 60.0  # for the proxy to notice that both are ready


@contextlib.contextmanager
def servers(home: Path, dsn: str, port: int, **settings: str) -> Iterator[Sequence[Program]]:
    """Two servers whose logs are in `home`, then the proxy before them on `port`. The first prepares the database.

    One that ends while it starts is started again. Raises Unavailable if they do not start.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COHORTE_")}
    ports = free_ports(SERVERS)
    with contextlib.ExitStack() as stack:
        started = []
        for number, own in enumerate(ports, start=1):
            given = {
                "COHORTE_DATABASE_URL": dsn,
                "COHORTE_DATA": str(home / "data"),  # which servers on one machine share
                "COHORTE_PORT": str(own),
                "COHORTE_TRUSTED_PROXIES": "127.0.0.1",
                **settings,
            }
            run = process(f"server{number}", SERVE, home, kept | given, ROOT, partial(is_ready, own))
            server = stack.enter_context(run)
            server.become_ready(SEED_SECONDS)
            started.append(server)
        rows = [proxy.Backend(f"server{number}", own, own) for number, own in enumerate(ports, start=1)]
        started.append(stack.enter_context(proxy.running(home, "network", proxy.network(port, rows))))
        wait_for(lambda: is_ready(port), home / "haproxy-network.log", START_SECONDS)
        yield started


def is_ready(port: int) -> bool:
    """Whether a server on this port, or one behind it, answers requests."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
