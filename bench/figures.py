"""Medians, spreads and ratios of the turns. Ratios are paired: other load on a machine lasts longer than a turn."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.load import Sample
from bench.servers import LIMIT, OURS
from bench.workloads import Workload

Turns = Mapping[str, Sequence[Sample]]  # by server; the samples at one index are of one turn


@dataclass(frozen=True)
class Spread:
    """A median with the lowest and the highest value."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def shown(found: Spread) -> str:
    return f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"


def judged(reached: bool) -> str:
    """What the page says of a goal."""
    return "reached" if reached else "**missed**"


def median(turns: Sequence[Sample], name: str) -> float:
    values: list[float] = [getattr(sample, name) for sample in turns]
    return statistics.median(values)


def ratio(turns: Turns, one: str, other: str) -> Spread:
    """Of two servers' rates, turn by turn."""
    return spread([a.rate / b.rate for a, b in zip(turns[one], turns[other], strict=True)])


def best_peer(turns: Turns) -> str | None:
    """The fastest of the others, by its median rate; None if there are none."""
    peers = [name for name in turns if name not in (LIMIT, OURS)]
    return max(peers, key=lambda name: median(turns[name], "rate"), default=None)


@dataclass(frozen=True)
class Verdict:
    """A workload's goals, and what was reached."""

    workload: Workload
    of_limit: Spread
    peer: str | None
    of_peer: Spread | None

    @property
    def reached(self) -> bool:
        ahead = self.of_peer is None or self.of_peer.median >= self.workload.ahead
        return self.of_limit.median >= self.workload.goal and ahead


def verdict(workload: Workload, turns: Turns) -> Verdict:
    peer = best_peer(turns)
    return Verdict(workload, ratio(turns, OURS, LIMIT), peer, ratio(turns, OURS, peer) if peer else None)


def order(names: Sequence[str], turn: int) -> list[str]:
    """The servers of a turn: A B C, then C B A, so that none is always measured after the same other one."""
    return list(names) if turn % 2 == 0 else list(reversed(names))
