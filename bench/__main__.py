"""`make bench`: compares the server with a limit and with its peers, side by side, and writes `bench/results.md`."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from bench.answers import Different
from bench.comparison import FULL, QUICK, compared
from bench.load import Refused, wrk
from bench.results import page, summary
from bench.servers import LIMIT, OURS, PEERS, SERVERS, NotStarted
from bench.workloads import WORKLOADS
from commands import node
from commands.cluster import Unavailable
from settings import variable

RESULTS = Path(__file__).parent / "results.md"
NO_WRK = "The benchmark needs wrk. Install it (Debian: apt-get install wrk)."
PARTIAL = "bench/results.md is left as it is: it has all workloads and servers."


def main(arguments: list[str] | None = None) -> int:
    names = [server.name for server in SERVERS]
    parser = argparse.ArgumentParser(prog="make bench", description="Compare Cohorte with a limit and with its peers.")
    parser.add_argument("--servers", nargs="+", choices=names, default=names, help="only these, besides the limit")
    parser.add_argument("--workloads", nargs="+", choices=[each.name for each in WORKLOADS], help="only these")
    given = parser.parse_args(arguments)
    if wrk() is None:
        print(NO_WRK, file=sys.stderr)
        return 1
    servers = [server for server in SERVERS if server.name in {LIMIT, OURS, *given.servers}]
    workloads = [each for each in WORKLOADS if given.workloads is None or each.name in given.workloads]
    quick, profile = (os.environ.get(name, "0") != "0" for name in ("QUICK", "PROFILE"))
    extent = QUICK if quick else FULL
    extent = replace(extent, scale=float(os.environ.get(variable("scale"), extent.scale)))
    command = " ".join([*(f"{name}=1" for name, on in (("QUICK", quick), ("PROFILE", profile)) if on), "make bench"])
    try:
        if any(server.is_node for server in servers):
            node.install(PEERS)
        run = compared(servers, workloads, extent, profile=profile, command=command)
    except (node.NodeMissing, node.NodeFailed, Unavailable, NotStarted, Different, Refused) as error:
        print(error, file=sys.stderr)
        return 1
    print(summary(run.measured))
    if len(servers) < len(SERVERS) or len(workloads) < len(WORKLOADS):
        print(PARTIAL)
    else:
        RESULTS.write_text(page(run), encoding="utf-8")
        print(f"{RESULTS.parent.name}/{RESULTS.name} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
