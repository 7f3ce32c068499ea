"""Measures a document that the server does not know: it is parsed, validated and planned before it is read."""

import itertools
import json
import re

import httpx

from bench import machine
from bench.figures import judged
from bench.load import Refused
from bench.servers import OURS, Running
from bench.workloads import Case, Workload

MOST_MS = 10.0  # of the server's CPU
NAME = re.compile(r"\bquery (\w+)")
_numbers = itertools.count()


def renamed(operation: str) -> str:
    """The operation under a name that it never had."""
    return NAME.sub(rf"query \g<1>{next(_numbers)}", operation, count=1)


def cost(running: Running, workload: Workload, cases: list[Case]) -> float:
    """CPU milliseconds of the server for such a document and its answer, a mean over the cases. Raises Refused."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        before = machine.cpu_seconds(running.process.pid)
        for case in cases:
            request = running.server.request(workload, case)
            body = json.loads(request.body)
            body["query"] = renamed(body["query"])
            answer = http.post(running.address + request.path, headers=request.headers, json=body)
            if answer.status_code != httpx.codes.OK:
                raise Refused(f"{OURS} answered a new document of {workload.name} with status {answer.status_code}.")
        return (machine.cpu_seconds(running.process.pid) - before) * 1000 / len(cases)


def section(costs: dict[str, float]) -> str:
    lines = [
        "## A document that the server does not know",
        "",
        "It is parsed, validated and planned, and then answered. CPU of the server, of which at most "
        f"{MOST_MS:.0f} ms are the goal.",
        "",
        "| workload | ms | |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {taken:.1f} | {judged(taken <= MOST_MS)} |" for name, taken in costs.items()]
    return "\n".join([*lines, ""])
