"""Reads what processes have used from /proc: CPU time and memory."""

import contextlib
import os
import platform
from pathlib import Path

PROC = Path("/proc")


def cpu_seconds(process: int) -> float:
    """The CPU time of a process and all its threads so far; those that have ended are left out."""
    total = 0
    for task in (PROC / str(process) / "task").glob("*"):
        with contextlib.suppress(OSError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def parent_of(process: int) -> int:
    status = (PROC / str(process) / "status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])


def children_of(process: int) -> list[int]:
    found = (PROC / str(process) / "task" / str(process) / "children").read_text()
    return [int(each) for each in found.split()]


def cpu_of_all(processes: list[int]) -> dict[int, float]:
    found = {}
    for process in processes:
        with contextlib.suppress(OSError):
            found[process] = cpu_seconds(process)
    return found


def grown(before: dict[int, float], after: dict[int, float]) -> float:
    """The CPU time between two readings, of the processes of the second one."""
    return sum(seconds - before.get(process, 0.0) for process, seconds in after.items())


def memory_mb(process: int) -> tuple[float, float]:
    """RSS, and PSS, which divides shared pages among the processes that have them."""
    rollup = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
    sizes = {line.split()[0]: int(line.split()[1]) / 1024 for line in rollup[1:]}
    return sizes["Rss:"], sizes["Pss:"]


def facts() -> list[tuple[str, str]]:
    """The machine, without its name."""
    cpus = (PROC / "cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if line.startswith("model name")), "unknown")
    memory = next(line for line in (PROC / "meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return [
        ("processor", f"{model}, {os.cpu_count()} cores"),
        ("memory", f"{int(memory.split()[1]) / 1024**2:.0f} GB"),
        ("system", f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"),
    ]
