"""`make bench`: compares the server's requests per second with the limit, in turns, and latencies under attack."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.attack import report
from bench.limit import STATEMENTS
from commands.cluster import cluster
from commands.databases import at, create_missing
from commands.seed import seed
from models.migrations.run import upgrade

SCALE = 0.2
TURNS, SECONDS, CLIENTS = 10, 2, 16
QUERIES = {
    "page": """{ community(slug: "multiple-sclerosis") { discussions(first: 20) { nodes {
        id title postCount lastPostAt author { pseudonym }
        lastPost { body createdAt author { pseudonym } } } } } }""",
    "tiny": """{ community(slug: "multiple-sclerosis") { name memberCount } }""",
}


def main() -> None:
    if shutil.which("wrk") is None:
        sys.exit("The benchmark needs wrk. Install it (Debian: apt-get install wrk).")
    folder = Path(tempfile.mkdtemp(prefix="cohorte-bench-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    with cluster(folder, throwaway=True) as superuser:
        dsn = at(superuser, "bench")
        asyncio.run(prepare(superuser, dsn))
        with serving("server", dsn) as ours, serving("limit", dsn) as limit:
            token = sign_in(ours)
            for name, query in QUERIES.items():
                answers = [ask(f"{ours}/graphql", query, token), ask(f"{limit}/{name}", query, None)]
                if answers[0] != answers[1]:
                    sys.exit(f"{name}: the server and the limit return different responses.")
            print(f"{TURNS} turns of {SECONDS} s, {CLIENTS} connections; requests per second, median (lowest-highest)")
            for name, query in QUERIES.items():
                compare(name, query, ours, limit, token, folder)
            report(f"{ours}/graphql", token, sign_in(ours, "relative"))


async def prepare(superuser: str, dsn: str) -> None:
    await create_missing(superuser, "bench")
    await upgrade(dsn)
    await seed(dsn, SCALE)


@contextlib.contextmanager
def serving(which: str, dsn: str) -> Iterator[str]:
    """The address of one server process, pinned to the first core; wrk runs on another core, one server at a time."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uvicorn = ["-m", "uvicorn", "bench.limit:app", "--port", str(port), "--log-level", "warning", "--no-access-log"]
    command = [sys.executable, *(uvicorn if which == "limit" else ["-m", "commands.serve"])]
    environment = os.environ | {
        "BENCH_DATABASE_URL": dsn, "COHORTE_DATABASE_URL": dsn, "COHORTE_PORT": str(port), "COHORTE_DEMO": "1",
        # One caller may use half of them, which is as many as the limit opens.
        "COHORTE_POOL_SIZE": str(2 * CLIENTS), "COHORTE_RATES": "all=1000000/1000000/60",
    }  # fmt: skip
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(process.pid, {0})
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            sys.exit("A server did not start.")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 1).close()
            return
        time.sleep(0.1)
    sys.exit("A server did not accept connections.")


def sign_in(address: str, name: str = "patient") -> str:
    mutation = f'mutation {{ signIn(input: {{email: "{name}@demo.example", password: "demonstration"}}) {{ token }} }}'
    token: str = ask(f"{address}/graphql", mutation, None)["data"]["signIn"]["token"]
    return token


def ask(address: str, query: str, token: str | None) -> dict[str, dict[str, dict[str, str]]]:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(address, json.dumps({"query": query}).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, dict[str, dict[str, str]]] = json.load(answer)
    return found


def compare(name: str, query: str, ours: str, limit: str, token: str, folder: Path) -> None:
    script = folder / f"{name}.lua"
    script.write_text(
        'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
        f'wrk.headers["authorization"] = "Bearer {token}"\nwrk.body = [==[{json.dumps({"query": query})}]==]\n'
    )
    found: dict[str, list[float]] = {"server": [], "limit": []}
    for _ in range(TURNS):
        found["limit"].append(rate(f"{limit}/{name}", script))
        found["server"].append(rate(f"{ours}/graphql", script))
    for who, rates in found.items():
        # Compared turn by turn, because other load on the machine lasts longer than a turn.
        share = statistics.median(own / limits for own, limits in zip(rates, found["limit"], strict=True))
        median = statistics.median(rates)
        print(f"{name:5} {who:7} {median:8.0f} ({min(rates):.0f}-{max(rates):.0f})  {share:.2f} of the limit")


def rate(address: str, script: Path) -> float:
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "-s", str(script), address]
    if shutil.which("taskset"):
        command = ["taskset", "-c", "1", *command]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        sys.exit("A server refused a request during the measurement.")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert found is not None
    return float(found[1])


if __name__ == "__main__":
    assert set(QUERIES) == {path[1:] for path in STATEMENTS}
    main()
