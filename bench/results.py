"""Writes `bench/results.md`: figures, goals, and where a goal is missed, what the time went into."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench import new_documents
from bench.figures import Turns, Verdict, judged, median, ratio, shown, verdict
from bench.load import CLIENTS
from bench.servers import LIMIT, OURS, PINNED, POOL
from bench.workers import Workers, of_workers
from bench.workloads import MEMORY_MB, WORKLOADS

CLEARLY_LESS = 0.8  # of the limit's CPU time; above, it may be the machine
NO_PROFILE = "Not profiled: `PROFILE=1 make bench` lists the modules here."


@dataclass
class Run:
    """What one run of the benchmark has measured."""

    command: str
    facts: list[tuple[str, str]]
    scale: float
    turns: int
    seconds: int
    measured: dict[str, Turns] = field(default_factory=dict)  # by workload
    memory: dict[str, tuple[float, float, float]] = field(default_factory=dict)  # PSS at first; RSS and PSS at the end
    compared: dict[str, int] = field(default_factory=dict)  # answers, by workload
    profiles: dict[str, list[tuple[str, float]]] = field(default_factory=dict)  # modules with their shares, by workload
    new_documents: dict[str, float] = field(default_factory=dict)  # CPU ms, by workload
    workers: Workers | None = None
    attack: list[str] = field(default_factory=list)


def page(run: Run) -> str:
    verdicts = [verdict(each, run.measured[each.name]) for each in WORKLOADS if each.name in run.measured]
    parts = [
        heading(run),
        goals(verdicts, run),
        *(table(each, run) for each in verdicts),
        new_documents.section(run.new_documents),
        memory(run),
        of_workers(run.workers),
        attack(run),
    ]
    return "\n".join(part for part in parts if part)


def heading(run: Run) -> str:
    pinned = (
        "Servers run on the first core, wrk and PostgreSQL on the second."
        if PINNED
        else "Nothing is pinned: the machine has one core."
    )
    facts = "\n".join(f"| {name} | {value} |" for name, value in run.facts)
    answers = sum(run.compared.values())
    return f"""# Requests per second, side by side

Written by `{run.command}`. [0036](../docs/decisions/0036-benchmark.md) says what is compared, and why. Ratios count;
absolute figures do not: compare nothing with another run.

| | |
|---|---|
{facts}
| network | `COHORTE_SCALE={run.scale:g}` |
| load | wrk, {CLIENTS} connections, {run.turns} turns of {run.seconds} s for each server, in alternating order |

{pinned} Cohorte is started as `make run` starts it: a pool of
{POOL} connections, sessions, policies, limits, and no setting changed. Queries have no rate limit, and many members
send them in turn, so that nothing is refused. The others have a pool of {POOL} too, log in as superuser, and neither
authenticate nor check anything. All {answers:,} answers were compared first.

Figures are medians of the turns, with the lowest and the highest in parentheses. Ratios are taken turn by turn.
"""


def goals(verdicts: list[Verdict], run: Run) -> str:
    lines = [
        "## Goals",
        "",
        "| workload | of the limit | goal | of the best peer | goal | |",
        "|---|---|---|---|---|---|",
    ]
    for each in verdicts:
        of_peer = f"{shown(each.of_peer)} {each.peer}" if each.of_peer else "-"
        workload = each.workload
        lines.append(
            f"| {workload.name} | {shown(each.of_limit)} | {workload.goal:.2f} | {of_peer} | {workload.ahead:.2f} "
            f"| {judged(each.reached)} |"
        )
    if OURS in run.memory:
        pss = run.memory[OURS][2]
        lines += [
            "",
            f"Memory of one process: {pss:.0f} MB (PSS), of at most {MEMORY_MB} MB: {judged(pss <= MEMORY_MB)}.",
        ]
    return "\n".join([*lines, ""])


def table(found: Verdict, run: Run) -> str:
    workload, turns = found.workload, run.measured[found.workload.name]
    lines = [
        f"## {workload.name}: {workload.what}",
        "",
        "| server | requests a second | of the limit | p50 ms | p99 ms | CPU s per 1,000: server | database |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in sorted(turns, key=lambda name: -median(turns[name], "rate")):
        rates = [sample.rate for sample in turns[name]]
        figures = [f"{median(turns[name], each):.2f}" for each in ("p50", "p99")]
        figures += [f"{median(turns[name], each):.3f}" for each in ("server_cpu", "database_cpu")]
        rate = f"{median(turns[name], 'rate'):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
        lines.append(f"| {name} | {rate} | {shown(ratio(turns, name, LIMIT))} | {' | '.join(figures)} |")
    if workload.from_memory:
        lines += ["", "Cohorte answers it from memory: [0054](../docs/decisions/0054-kept-answers.md)."]
        turns = {name: samples for name, samples in turns.items() if name != OURS}
    lines += ["", *beaten(turns)]
    if not found.reached:
        lines += missed(run.measured[workload.name], run.profiles.get(workload.name))
    return "\n".join([*lines, ""])


def beaten(turns: Turns) -> list[str]:
    """A warning, if a server's statements take clearly less of the database than the limit's."""
    least = min(turns, key=lambda name: median(turns[name], "database_cpu"))
    if median(turns[least], "database_cpu") >= CLEARLY_LESS * median(turns[LIMIT], "database_cpu"):
        return []
    return [f"The limit is none: its statement takes more of the database than those of {least}. Rewrite it.", ""]


def missed(turns: Turns, profile: list[tuple[str, float]] | None) -> list[str]:
    """Why a goal is missed: where the CPU time beyond the limit's is, and the modules that take the server's."""
    server, database = (
        median(turns[OURS], name) - median(turns[LIMIT], name) for name in ("server_cpu", "database_cpu")
    )
    # Seconds per thousand requests are milliseconds per request.
    lines = [
        f"Missed: a request takes {server * 1000:+.0f} µs of the server and {database * 1000:+.0f} µs of the database, "
        "compared with the limit.",
        "",
    ]
    if profile is None:
        return [*lines, NO_PROFILE]
    return [*lines, "| module | share of the server's time |", "|---|---|"] + [
        f"| `{module}` | {share:.0%} |" for module, share in profile
    ]


def memory(run: Run) -> str:
    lines = ["## Memory of one process", "", "| server | PSS before, MB | RSS after | PSS after |", "|---|---|---|---|"]
    lines += [f"| {name} | {before:.0f} | {rss:.0f} | {pss:.0f} |" for name, (before, rss, pss) in run.memory.items()]
    return "\n".join([*lines, ""])


def attack(run: Run) -> str:
    if not run.attack:
        return ""
    return "\n".join(
        [
            "## Another caller, while one sends the worst that is allowed",
            "",
            *run.attack,
            "",
        ]
    )


def summary(turns: Mapping[str, Turns]) -> str:
    """One line for each workload, for the terminal."""
    lines = []
    for workload in WORKLOADS:
        if workload.name in turns:
            found = turns[workload.name]
            lines.append(
                f"{workload.name:12}"
                + "  ".join(f"{name} {ratio(found, name, LIMIT).median:.2f}" for name in found if name != LIMIT)
            )
    return "\n".join(lines)
