"""Three database nodes and two servers, for trying what happens when one of them fails: `make cluster`.

Everything is on loopback, is small, and is gone after Ctrl-C.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from queue import SimpleQueue

from commands.cluster import Unavailable
from commands.databases import at, create_missing
from commands.nodes.network import servers
from commands.nodes.processes import Program
from commands.nodes.replicated import PYTHON, START_SECONDS, Nodes, database_cluster
from commands.opened import DATABASE
from settings import Settings, SettingsError

FOLDER = "cluster"  # in COHORTE_DATA
SCALE = "0.02"  # of the demonstration network: 360 members
ADVICE = """\
To lose a node:          kill -9 PATRONI POSTGRESQL
To freeze one:           kill -STOP PATRONI POSTGRESQL $(ps --ppid POSTGRESQL -o pid=), and -CONT
To lose anything else:   kill -9 PROCESS
To start what has ended: kill -USR1 {own}
To see the roles:        {patronictl} -c {configuration} list
Press Ctrl-C to stop.
"""


def described(nodes: Nodes, others: Sequence[Program], port: int) -> str:
    """What was started, and how to make it fail."""
    primary = nodes.primary()
    lines = [
        "",
        "The cluster is ready." if primary else "There is no primary yet.",
        f"Network:   http://127.0.0.1:{port}/",
        f"Database:  {nodes.dsn}",
    ]
    for node in nodes.each:
        role = "primary" if node is primary else "standby, confirms commits" if node.answers("/sync") else "standby"
        patroni = node.patroni.process.pid if node.patroni else 0
        if (postmaster := node.postmaster()) is None:
            lines.append(f"  {node.name}    port {node.port}, Patroni {patroni}: PostgreSQL does not run")
        else:
            lines.append(f"  {node.name}    port {node.port}, Patroni {patroni}, PostgreSQL {postmaster}: {role}")
    lines += [f"  {other.name}    process {other.process.pid}" for other in others]
    advice = ADVICE.format(
        own=os.getpid(), patronictl=PYTHON.with_name("patronictl"), configuration=nodes.each[0].folder / "patroni.json"
    )
    lines += [f"Logs:      {nodes.home}", "", *advice.splitlines()]
    return "\n".join(lines)


def start_again(programs: Sequence[Program]) -> None:
    """Starts what has ended, waits until it is ready, and says what does not become so."""
    revived = [program for program in programs if program.revive()]
    for program in revived:
        print(f"{program.name} is started again, as process {program.process.pid}.", flush=True)
    for program in revived:
        try:
            program.become_ready(START_SECONDS)
        except Unavailable as error:
            print(error, flush=True)


def wait_for_all(nodes: Nodes) -> None:
    """Waits until PostgreSQL answers on every node, or for as long as a start takes. Says for which it waits."""
    ends = time.monotonic() + START_SECONDS
    if silent := [node.name for node in nodes.each if not node.answers("/health")]:
        print(f"Waiting for {', '.join(silent)} ...", flush=True)
    while time.monotonic() < ends and not all(node.answers("/health") for node in nodes.each):
        time.sleep(0.5)


def run(settings: Settings) -> None:
    """Runs until it is interrupted. Raises Unavailable if something does not start."""
    asked: SimpleQueue[None] = SimpleQueue()  # whose `put` may be called by a signal's handler
    signal.signal(signal.SIGUSR1, lambda *_: asked.put(None))
    print("Starting three database nodes ...", flush=True)
    with database_cluster(settings.data / FOLDER) as nodes:
        asyncio.run(create_missing(nodes.dsn, DATABASE))
        print("Starting two servers, and creating the demonstration network ...", flush=True)
        dsn = at(nodes.dsn, DATABASE)
        given = {"COHORTE_DEMO": "1", "COHORTE_SCALE": SCALE, "COHORTE_READ_URL": nodes.read_url(DATABASE)}
        with servers(nodes.home, dsn, settings.port, **given) as running:
            others = [*nodes.others, *running]
            print(described(nodes, others, settings.port), flush=True)
            while True:
                asked.get()
                start_again([*others, *(node.patroni for node in nodes.each if node.patroni)])
                wait_for_all(nodes)  # roles have moved, and processes have other numbers
                print(described(nodes, others, settings.port), flush=True)


def main() -> int:
    # Otherwise the `finally` clauses, which end the processes, would not run.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(Settings.from_environment(os.environ))
    except (SettingsError, Unavailable) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nThe cluster has stopped.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
