"""Sends a workload to a server with wrk, and reads what it took of each process."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from bench.servers import CORES, PINNED, Request, Running

CLIENTS = 16
MOST_SECONDS = 16  # for a first answer
PATIENCE_SECONDS = 30  # for any: the slowest servers take seconds where others work on the machine
# Each connection of wrk sends the requests in turn, formatted once.
SCRIPT = """
local requests, at = {}, 0
init = function()
%s
end
request = function() at = at %% #requests + 1; return requests[at] end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%%d,"seconds":%%f,"p50":%%f,"p99":%%f,"refused":%%d,"broken":%%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


class Refused(Exception):
    """A server refused requests under load, or broke connections: its rate would be no rate of answers."""


class NoAnswer(Refused):
    """A server has not answered in time."""


@dataclass(frozen=True)
class Sample:
    """One turn: requests a second, latencies in milliseconds, and CPU seconds per thousand requests."""

    rate: float
    p50: float
    p99: float
    server_cpu: float
    database_cpu: float


def wrk() -> str | None:
    return shutil.which("wrk")


def script_of(requests: list[Request]) -> str:
    lines = [
        f'  requests[{at}] = wrk.format("{"POST" if each.body else "GET"}", {quoted(each.path)}, '
        f"{{{', '.join(f'[{quoted(name)}] = {quoted(value)}' for name, value in each.headers.items())}}}, "
        f"{quoted(each.body) if each.body else 'nil'})"
        for at, each in enumerate(requests, 1)
    ]
    return SCRIPT % "\n".join(lines)


def quoted(text: str) -> str:
    """A literal of Lua, whose escapes of what may occur here are those of JSON."""
    assert text.isascii()
    return json.dumps(text)


def sample(running: Running, script: Path, seconds: int, postmaster: int) -> Sample:
    """One turn, which is repeated in twice the time if there was no answer. Raises Refused."""
    while True:
        try:
            return turn(running, script, seconds, postmaster)
        except NoAnswer:
            seconds *= 2
            if seconds > MOST_SECONDS:
                raise


def turn(running: Running, script: Path, seconds: int, postmaster: int) -> Sample:
    server_before = machine.cpu_seconds(running.process.pid)
    database_before = machine.cpu_of_all(machine.children_of(postmaster))
    command = [
        "wrk",
        "-t1",
        f"-c{CLIENTS}",
        f"-d{seconds}s",
        f"--timeout={PATIENCE_SECONDS}s",
        "-s",
        str(script),
        running.address,
    ]
    if PINNED and shutil.which("taskset"):
        command = ["taskset", "-c", str(CORES[1]), *command]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    server = machine.cpu_seconds(running.process.pid) - server_before
    database = machine.grown(database_before, machine.cpu_of_all(machine.children_of(postmaster)))
    return read(running.name, output, server, database)


def read(name: str, output: str, server: float, database: float) -> Sample:
    """The sample of wrk's output and the CPU seconds that were used meanwhile. Raises Refused, NoAnswer."""
    found = json.loads(output.splitlines()[-1])
    if not found["requests"] and not found["broken"]:
        raise NoAnswer(f"{name} has not answered in {found['seconds']:.0f} s.")
    if found["refused"] or found["broken"]:
        raise Refused(
            f"{name} refused {found['refused']} of {found['requests']} requests, and {found['broken']} failed."
        )
    thousands = found["requests"] / 1_000
    return Sample(
        found["requests"] / found["seconds"], found["p50"], found["p99"], server / thousands, database / thousands
    )
