"""Serves as commands.serve does, and counts between two signals in which module its CPU time goes.

Samples are taken each millisecond of CPU time. What a function of C takes counts for the module that called it; the
event loop and its sockets count for `asyncio`, which runs uvloop. So does `_weakrefset`, where asyncio keeps its tasks:
the first Python code after uvloop has written to the sockets is what forgets the task that has ended.
"""

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from commands import serve

INTERVAL_SECONDS = 0.001
MOST = 8  # modules

found: "Counter[str]" = Counter()


def count(_: int, frame: FrameType | None) -> None:
    if frame is not None:
        found[module_of(frame.f_globals.get("__name__", "?"))] += 1


def module_of(name: str) -> str:
    """The module as it is shown: whole where it is ours, the package where it is not."""
    top = name.partition(".")[0]
    top = "asyncio" if top == "_weakrefset" else top
    ours = {"server", "planner", "models", "resolvers", "schema", "commands", "app", "privacy"}
    return name if top in ours else top


def shares(counted: "Counter[str]") -> list[tuple[str, float]]:
    """The modules with the most samples, and their shares of all."""
    return [(module, number / counted.total()) for module, number in counted.most_common(MOST)]


def begin(_: int, __: FrameType | None) -> None:
    found.clear()
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)


def finish(_: int, __: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    path = Path(os.environ["BENCH_PROFILE"])
    part = path.with_suffix(".part")
    part.write_text(json.dumps(shares(found)))
    part.rename(path)


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, count)
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, finish)
    sys.exit(serve.main())
