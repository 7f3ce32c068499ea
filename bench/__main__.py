"""`make bench`: compares the server with a limit and with its peers, side by side, and writes `bench/results.md`."""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench import machine
from bench.answers import Different
from bench.attack import SECONDS
from bench.comparison import FULL, QUICK, Extent, attacked, compared
from bench.load import Refused, wrk
from bench.results import page, summary
from bench.servers import LIMIT, OURS, PEERS, SERVERS, NotStarted
from bench.workloads import WORKLOADS
from commands import node
from commands.cluster import Unavailable
from settings import Settings, SettingsError, variable

RESULTS = Path(__file__).parent / "results.md"
NO_WRK = "The benchmark needs wrk. Install it (Debian: apt-get install wrk)."
NO_PROC = "The benchmark reads CPU time and memory from /proc, which only Linux has."
PARTIAL = "No results are written: they are of all workloads and servers."


def main(arguments: list[str] | None = None) -> int:
    names = [server.name for server in SERVERS]
    parser = argparse.ArgumentParser(prog="make bench", description="Compare Cohorte with a limit and with its peers.")
    parser.add_argument("--servers", nargs="+", choices=names, default=names, help="only these, besides the limit")
    parser.add_argument("--workloads", nargs="+", choices=[each.name for each in WORKLOADS], help="only these")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write them (default: bench/results.md)")
    parser.add_argument("--attacks", action="store_true", help="only the latency of one caller while another attacks")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each attack, with --attacks")
    given = parser.parse_args(arguments)
    servers = [server for server in SERVERS if server.name in {LIMIT, OURS, *given.servers}]
    workloads = [each for each in WORKLOADS if given.workloads is None or each.name in given.workloads]
    quick, profile = (os.environ.get(name, "0") != "0" for name in ("QUICK", "PROFILE"))
    set_ = [f"{name}={os.environ[name]}" for name in ("QUICK", "PROFILE", variable("scale")) if name in os.environ]
    command = " ".join([*set_, "make bench"])
    try:
        extent = scaled(QUICK if quick else FULL, os.environ)
        if given.attacks:
            print("\n".join(attacked(extent, given.seconds)))
            return 0
        expect_tools()
        if any(server.is_node for server in servers):
            node.install(PEERS)
        run = compared(servers, workloads, extent, profile=profile, command=command)
    except (SettingsError, node.NodeMissing, node.NodeFailed, Unavailable, NotStarted, Different, Refused) as error:
        print(error, file=sys.stderr)
        return 1
    print(summary(run.measured))
    if len(servers) < len(SERVERS) or len(workloads) < len(WORKLOADS):
        print(PARTIAL)
    else:
        given.results.write_text(page(run), encoding="utf-8")
        print(f"{given.results.name} is written.")
    return 0


def scaled(extent: Extent, environ: Mapping[str, str]) -> Extent:
    """The extent, with the network's size from the environment if it is set. Raises SettingsError."""
    name = variable("scale")
    given = {name: environ[name]} if name in environ else {}
    return replace(extent, scale=Settings.from_environment(given).scale) if given else extent


def expect_tools() -> None:
    """Raises Unavailable with what the machine lacks."""
    if wrk() is None:
        raise Unavailable(NO_WRK)
    if not machine.PROC.is_dir():
        raise Unavailable(NO_PROC)


if __name__ == "__main__":
    sys.exit(main())
