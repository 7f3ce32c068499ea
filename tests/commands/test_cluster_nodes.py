"""What `make cluster` starts and how: other accounts, processes that end with their parent, and configurations."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from commands.cluster import SystemAccount, Unavailable
from commands.nodes import launcher, network, processes, proxy
from commands.nodes.__main__ import described, start_again, wait_for_all
from commands.nodes.processes import Program, free_ports, process, program, wait_for
from commands.nodes.replicated import DatabaseNode, Nodes, configuration, etcd_command, write_configuration
from tests.support.eventually import eventually, has_ended

ROOT = Path(__file__).parents[2]
# In place of Patroni: says who it is and what it may do, and stays.
PATRONI = """
import json, multiprocessing, os, subprocess, sys, time
umask = os.umask(0)
child = subprocess.run(["cat", sys.argv[1]], capture_output=True).returncode
print(json.dumps({
    "uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(), "umask": umask, "arguments": sys.argv[1:],
    "reads": open(sys.argv[1]).read(), "child": child,
    "start": multiprocessing.get_context("spawn").get_start_method(),
}), flush=True)
time.sleep(120)
"""
PARENT = """
import sys, time
from pathlib import Path
from commands.nodes.processes import Program
started = Program("child", [sys.executable, "-c", "import time; time.sleep(120)"], Path(sys.argv[1]))
print(started.process.pid, flush=True)
time.sleep(120)
"""
# In place of a server: ends as often as the second number says before it answers, and counts its starts in a file.
SERVER = """
import http.server, os, pathlib, sys
starts, ends = pathlib.Path(sys.argv[1]), int(sys.argv[2])
with starts.open("a") as file:
    file.write(os.environ["COHORTE_PORT"] + chr(10))
if starts.read_text().split().count(os.environ["COHORTE_PORT"]) <= ends:
    sys.exit("The database has ended.")
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["COHORTE_PORT"])), Ready).serve_forever()
"""
NAPS = [sys.executable, "-c", "import time; time.sleep(120)"]
PASSWORDS = {"cohorte": "one", "replicator": "two"}


@pytest.fixture
def node(tmp_path: Path) -> DatabaseNode:
    """A node of which nothing runs."""
    return DatabaseNode("node1", tmp_path / "node1", 5001, 5002)


@pytest.fixture
def configured(node: DatabaseNode) -> dict[str, Any]:
    """What Patroni is configured with."""
    return configuration(node, Path("/programs"), 2379, PASSWORDS)


@pytest.fixture
def patroni(folder: Path) -> Iterator[Callable[[int, int], "subprocess.Popen[str]"]]:
    """Yields a function that runs the launcher as `make cluster` does, with another program in place of Patroni."""
    (folder / "patroni").mkdir()
    (folder / "patroni/__init__.py").touch()
    (folder / "patroni/__main__.py").write_text(PATRONI)
    secret = folder / "patroni.json"
    secret.write_text("secret")
    secret.chmod(0o600)
    started: list[subprocess.Popen[str]] = []

    def run(uid: int, gid: int) -> "subprocess.Popen[str]":
        command = [sys.executable, "-P", launcher.__file__, str(uid), str(gid), str(secret)]
        environment = {"PATH": os.defpath, "PYTHONPATH": str(folder)}
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield run
    for one in started:
        one.kill()
        one.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another account")
def test_patroni_runs_as_an_account_that_reads_its_environment_and_whose_programs_do_not(
    patroni: Callable[[int, int], "subprocess.Popen[str]"],
) -> None:
    running = patroni(65_534, 65_534)
    assert running.stdout is not None
    said = json.loads(running.stdout.readline())
    assert (said["uid"], said["gid"], said["groups"], said["umask"]) == (65_534, 65_534, [], 0o077)
    assert (said["reads"], said["start"]) == ("secret", "fork")
    assert said["child"] != 0  # a program of that account does not read root's file
    assert [Path(each).name for each in said["arguments"]] == ["patroni.json"]


def test_patroni_runs_as_its_own_account_where_that_is_not_another(
    patroni: Callable[[int, int], "subprocess.Popen[str]"],
) -> None:
    running = patroni(os.geteuid(), os.getegid())
    assert running.stdout is not None
    said = json.loads(running.stdout.readline())
    assert (said["uid"], said["umask"], said["reads"], said["child"]) == (os.geteuid(), 0o077, "secret", 0)
    assert said["start"] == "spawn"


def test_what_was_started_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not has_ended(child)
        parent.kill()
    eventually(lambda: has_ended(child))


def test_a_program_that_was_frozen_or_killed_is_stopped_and_started_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with process("naps", NAPS, tmp_path) as naps:
        first = naps.process
        start_again([naps])
        assert naps.process is first
        first.kill()
        first.wait()
        start_again([naps])
        assert naps.process.pid != first.pid
        assert capsys.readouterr().out == f"naps is started again, as process {naps.process.pid}.\n"
        naps.process.send_signal(signal.SIGSTOP)
    assert naps.process.returncode == -signal.SIGTERM


@pytest.fixture
def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Has servers end so often before they answer, with short pauses: the file with a line for each start."""
    monkeypatch.setattr(processes, "PAUSES", (0.01, 0.02))

    def so_often(times: int) -> Path:
        starts = tmp_path / "starts"
        monkeypatch.setattr(network, "SERVE", (sys.executable, "-c", SERVER, starts, times))
        return starts

    return so_often


@pytest.mark.slow
@pytest.mark.skipif(program("haproxy") is None, reason="needs apt-get install haproxy")
def test_a_server_that_ends_while_it_starts_is_started_again_after_a_pause(
    tmp_path: Path, ends: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    starts, [port] = ends(2), free_ports(1)
    with network.servers(tmp_path, "postgresql://here", port) as running:
        assert not any(one.has_ended for one in running)
    assert len(starts.read_text().split()) == 2 * 3
    said = "server{} ended while it started, and is started again in {} s."
    assert capsys.readouterr().out.splitlines() == [
        said.format(number, pause) for number in (1, 2) for pause in (0.01, 0.02)
    ]


def test_a_server_that_never_starts_is_given_up_with_the_end_of_its_log(
    tmp_path: Path, ends: Callable[[int], Path]
) -> None:
    starts = ends(3)
    refused = pytest.raises(Unavailable, match=r"(?s)server1 did not start.*The database has ended\.$")
    with refused, network.servers(tmp_path, "postgresql://here", 1):
        pass
    assert len(starts.read_text().split()) == 3


def test_what_is_started_again_and_ends_is_tried_and_said_and_ends_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PAUSES", (0.01,))
    command = [sys.executable, "-c", "print('no database')"]
    with process("server1", command, tmp_path, is_ready=lambda: False) as server:
        server.process.wait()
        start_again([server])
    assert [line.partition(", as process")[0] for line in capsys.readouterr().out.splitlines()] == [
        "server1 is started again",
        "server1 ended while it started, and is started again in 0.01 s.",
        "server1 did not start:",
        *["no database"] * 3,
    ]


def test_what_does_not_start_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "for line in range(30): print('line', line)"]
    with process("short", command, tmp_path) as short, pytest.raises(Unavailable) as error:
        wait_for(lambda: False, short.log, 60.0, short)
    assert str(error.value).splitlines()[:2] == ["short did not start:", "line 20"]
    with pytest.raises(Unavailable, match="short did not start"):
        wait_for(lambda: False, short.log, 0.0)


def test_what_operators_are_told_of_patroni_is_what_the_cluster_has(configured: dict[str, Any]) -> None:
    """But for the watchdog, a device of a machine that three nodes on one machine cannot share."""
    text = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| `true` \|", text, re.MULTILINE)
    shared = configured["bootstrap"]["dcs"]
    found = shared | shared["postgresql"]
    assert {"synchronous_mode", "synchronous_mode_strict", "failsafe_mode", "use_pg_rewind"} <= set(rows)
    assert [found.get(name) for name in rows] == [True] * len(rows)
    [times] = re.findall(r"^\| `ttl`, `loop_wait`, `retry_timeout` \| `(\d+)`, `(\d+)`, `(\d+)` \|", text, re.MULTILINE)
    assert [str(shared[name]) for name in ("ttl", "loop_wait", "retry_timeout")] == list(times)
    assert shared["loop_wait"] + 2 * shared["retry_timeout"] <= shared["ttl"]  # or Patroni changes them
    assert "watchdog" not in configured
    assert "watchdog" in text


def test_a_node_listens_on_loopback_and_asks_everybody_for_a_password(configured: dict[str, Any]) -> None:
    for listens in (configured["restapi"], configured["postgresql"]):
        assert listens["listen"].startswith("127.0.0.1:")
        assert listens["connect_address"] == listens["listen"]
    assert configured["bootstrap"]["dcs"]["postgresql"]["parameters"]["unix_socket_directories"] == ""
    assert {line.split()[-1] for line in configured["postgresql"]["pg_hba"]} == {"scram-sha-256"}
    assert {line.split()[3] for line in configured["postgresql"]["pg_hba"]} == {"127.0.0.1/32"}
    addresses = [str(word) for word in etcd_command(Path("/home"), 2379, 2380) if "http" in str(word)]
    assert {re.sub(r"^one=|:\d+$", "", address) for address in addresses} == {"http://127.0.0.1"}


def test_nobody_else_reads_the_passwords_of_a_node(node: DatabaseNode, tmp_path: Path) -> None:
    account = SystemAccount(tmp_path / "none")
    write_configuration(node, Path("/programs"), account, 2379, PASSWORDS)
    file = node.folder / "patroni.json"
    assert json.loads(file.read_text()) == configuration(node, Path("/programs"), 2379, PASSWORDS)
    assert (file.stat().st_mode & 0o777, node.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (file.stat().st_uid, node.folder.stat().st_uid) == (account.uid, account.uid)


@pytest.mark.skipif(program("haproxy") is None, reason="needs apt-get install haproxy")
@pytest.mark.parametrize("write", [proxy.database, proxy.network])
def test_haproxy_accepts_what_is_written_for_it(tmp_path: Path, write: Callable[..., str]) -> None:
    file = tmp_path / "haproxy.cfg"
    file.write_text(write(6000, [proxy.Backend("one", 6001, 6002), proxy.Backend("two", 6003, 6004)]))
    done = subprocess.run([str(program("haproxy")), "-c", "-f", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert "bind 127.0.0.1:6000" in file.read_text()


def test_the_words_of_the_cluster_name_each_process_and_who_is_the_primary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    roles = {"node1": {"/replica"}, "node2": {"/primary"}, "node3": {"/replica", "/sync"}}
    monkeypatch.setattr(DatabaseNode, "answers", lambda self, path: path in roles[self.name])
    monkeypatch.setattr(DatabaseNode, "postmaster", lambda self: self.port + 90_000)
    running = cast("Program", SimpleNamespace(name="server1", process=SimpleNamespace(pid=77)))
    each = [DatabaseNode(name, tmp_path, place, 0, running) for place, name in enumerate(roles)]
    nodes = Nodes("postgresql://here", tmp_path, each)
    said = described(nodes, [running], 8000)
    assert "  node1    port 0, Patroni 77, PostgreSQL 90000: standby\n" in said
    assert "  node2    port 1, Patroni 77, PostgreSQL 90001: primary\n" in said
    assert "  node3    port 2, Patroni 77, PostgreSQL 90002: standby, confirms commits\n" in said
    assert "  server1    process 77\n" in said
    assert f"kill -USR1 {os.getpid()}" in said
    assert "http://127.0.0.1:8000/" in said
    assert nodes.is_synchronous()
    answering = iter([True, False, True, True, True, True])  # the second node, at the second look
    monkeypatch.setattr(DatabaseNode, "answers", lambda self, path: next(answering))
    wait_for_all(nodes)
    assert capsys.readouterr().out == "Waiting for node2 ...\n"
    monkeypatch.setattr(DatabaseNode, "answers", lambda self, path: path in roles[self.name])
    roles["node3"].remove("/sync")
    assert not nodes.is_synchronous()
    monkeypatch.undo()
    assert "  node3    port 2, Patroni 77: PostgreSQL does not run\n" in described(nodes, [running], 8000)
