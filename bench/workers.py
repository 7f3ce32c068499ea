"""Compares two processes that serve with one, on all cores: requests a second, and the memory of each process."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from bench.figures import Spread, order, shown, spread
from bench.load import Sample
from bench.servers import COHORTE, LOADED, Running, running
from bench.workloads import Workload

TURNS = 3
COUNTS = (1, 2)


@dataclass(frozen=True)
class Workers:
    """What two processes serve beside one: ratios of their rates by workload, and each process's PSS in MB."""

    ratios: Mapping[str, Spread]
    memory: Mapping[int, list[float]]  # by the number of processes


def measured(dsn: str, folder: Path, workloads: list[Workload], take: Callable[[Workload, Running], Sample]) -> Workers:
    """One comparison; `take` measures one turn of a workload."""
    with contextlib.ExitStack() as stack:
        started = {
            str(count): stack.enter_context(
                running(COHORTE, dsn, folder, {**LOADED, "COHORTE_WORKERS": str(count)}, pinned=False)
            )
            for count in COUNTS
        }
        ratios = {}
        for workload in workloads:
            rates: dict[str, list[float]] = {name: [] for name in started}
            for turn in range(-1, TURNS):  # the first one warms up
                for name in order(list(started), turn):
                    rate = take(workload, started[name]).rate
                    if turn >= 0:
                        rates[name].append(rate)
            ratios[workload.name] = spread([two / one for one, two in zip(rates["1"], rates["2"], strict=True)])
        return Workers(ratios, {int(name): memory(each) for name, each in started.items()})


def memory(served: Running) -> list[float]:
    """PSS in MB of each process of a server, the largest first."""
    found = [served.process.pid, *machine.children_of(served.process.pid)]
    return sorted((machine.memory_mb(each)[1] for each in found), reverse=True)


def of_workers(found: Workers | None) -> str:
    """The section of the page; empty if nothing was measured."""
    if found is None:
        return ""
    lines = [
        "## Two processes beside one",
        "",
        "`COHORTE_WORKERS=2` beside 1, which share all cores with wrk and PostgreSQL.",
        "",
        "| workload | requests a second, of one process |",
        "|---|---|",
    ]
    lines += [f"| {name} | {shown(each)} |" for name, each in found.ratios.items()]
    lines += ["", "| processes | PSS of each, MB |", "|---|---|"]
    lines += [f"| {count} | {', '.join(f'{each:.0f}' for each in sizes)} |" for count, sizes in found.memory.items()]
    return "\n".join([*lines, ""])
