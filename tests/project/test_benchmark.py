"""The benchmark: it measures nothing that differs, pairs its ratios, and sends operations that the graph has."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from graphql import build_schema, parse, validate
from graphql.language import OperationDefinitionNode

from bench import __main__ as command
from bench import cases, load, machine, new_documents, results, servers, workers
from bench.answers import Different, expect_same, normal
from bench.comparison import QUICK
from bench.figures import Spread, order, ratio, verdict
from bench.load import NoAnswer, Refused, Sample
from bench.peers import plain
from bench.profiled import module_of, shares
from bench.servers import LIMIT, OURS, SERVERS
from bench.workloads import OPERATIONS, WORKLOADS, Case, Workload
from commands import node
from settings import Settings
from tests.support.client import Caller, serving

ROOT = Path(__file__).parents[2]
ID = "0b5c5ed3-9d0c-4a39-8a0f-3f1f9f8f1f11"
SAME = {"data": {"me": {"id": f"dis_{ID}", "at": "2026-11-24T19:28:55.5+00:00", "mean": 3, "list": [{"a": None}]}}}
PEER = {"data": {"me": {"list": [{"a": None}], "mean": 3.0, "at": "2026-11-24 20:28:55.500+01", "id": ID}}}
NAMES = [each.name for each in WORKLOADS]


def changed(**fields: Any) -> dict[str, Any]:
    return {"data": {"me": PEER["data"]["me"] | fields}}


def test_spellings_of_instants_ids_and_numbers_are_no_difference() -> None:
    expect_same("page", {"limit": SAME, "peer": PEER})


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        (changed(mean=3.5), "data.me.mean: 3 and 3.5"),
        (changed(mean=True), "data.me.mean: 3 and True"),
        (changed(mean="3"), "data.me.mean: 3 and '3'"),
        (changed(mean=None), "data.me.mean: 3 and None"),
        (changed(at="2026-11-24T19:28:56+00:00"), "data.me.at"),
        (changed(id=ID.replace("0", "1")), "data.me.id"),
        (changed(list=[{"a": 0}]), r"data.me.list\[0\].a: None and 0"),
        (changed(list=[]), "data.me.list: a list of 1 and a list of 0"),
        (changed(list={}), "data.me.list: a list of 1 and an object of"),
        (changed(more=1), "data.me: an object of id, at, mean, list and an object of"),
        ({"data": {"me": None}}, "peer returns no data"),
        ({"data": None}, "peer returns no data"),
        (SAME | {"errors": [{"message": "no"}]}, "peer returns no data"),
        ({}, "peer returns no data"),
    ],
)
def test_different_answers_are_refused_at_their_place(answer: dict[str, Any], place: str) -> None:
    with pytest.raises(Different, match=f"page: .*{place}"):
        expect_same("page", {"limit": SAME, "peer": answer})


def test_an_answer_that_all_lack_is_refused() -> None:
    with pytest.raises(Different, match="limit returns no data"):
        expect_same("page", {"limit": {"data": {"me": None}}, "peer": {"data": {"me": None}}})


def test_a_day_is_no_instant() -> None:
    assert normal("2026-11-24") == "2026-11-24"


def samples(*rates: float, server: float = 0.1, database: float = 0.2) -> list[Sample]:
    return [Sample(rate, 1.0, 2.0, server, database) for rate in rates]


def test_ratios_are_taken_turn_by_turn() -> None:
    # The machine was faster in the second turn. The ratio of the medians would be 100 / 200.
    turns = {LIMIT: samples(100, 400, 200), OURS: samples(90, 100, 150)}
    assert ratio(turns, OURS, LIMIT) == Spread(0.75, 0.25, 0.9)


@pytest.mark.parametrize(
    ("ours", "peer", "reached"), [(96, 60, True), (94, 60, False), (96, 65, False), (200, 150, False)]
)
def test_a_goal_is_of_the_limit_and_of_the_best_peer(ours: float, peer: float, reached: bool) -> None:
    dashboard = Workload("dashboard", "", goal=0.95, ahead=1.5)
    turns = {LIMIT: samples(100), OURS: samples(ours), "slow": samples(1), "fast": samples(peer)}
    found = verdict(dashboard, turns)
    assert (found.peer, found.reached) == ("fast", reached)


def test_the_limit_is_no_peer() -> None:
    found = verdict(Workload("dashboard", "", goal=0.5), {LIMIT: samples(100), OURS: samples(60)})
    assert (found.peer, found.of_peer, found.reached) == (None, None, True)


def test_turns_alternate() -> None:
    assert [order(["A", "B", "C"], turn) for turn in range(3)] == [["A", "B", "C"], ["C", "B", "A"], ["A", "B", "C"]]


def output(**fields: float) -> str:
    found = {"requests": 2_000, "seconds": 2.0, "p50": 1.5, "p99": 3.0, "refused": 0, "broken": 0}
    return "Running 2s test\n" + json.dumps(found | fields)


def test_rates_and_cpu_time_are_of_the_same_requests() -> None:
    assert load.read("limit", output(), server=0.5, database=0.25) == Sample(1_000, 1.5, 3.0, 0.25, 0.125)


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"refused": 1}, Refused), ({"broken": 1}, Refused), ({"requests": 0}, NoAnswer)],
)
def test_a_refused_or_lost_request_ends_the_run(fields: dict[str, float], error: type[Exception]) -> None:
    with pytest.raises(error):
        load.read("limit", output(**fields), server=0.5, database=0.25)


def test_cpu_time_of_processes_that_began_meanwhile_counts() -> None:
    assert machine.grown({1: 1.0, 2: 5.0}, {1: 1.5, 3: 0.25}) == 0.75


@pytest.mark.parametrize("workload", WORKLOADS, ids=NAMES)
def test_every_operation_is_valid_in_its_view(workload: Workload) -> None:
    schema = build_schema((ROOT / "schema" / "views" / f"{workload.view}.graphql").read_text(encoding="utf-8"))
    document = parse(workload.operation)
    assert validate(schema, document) == []
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    declared = {each.variable.name.value for each in operation.variable_definitions or ()}
    case = Case("token", "member", "value")
    assert declared == workload.variables(case).keys()


@pytest.mark.parametrize("workload", WORKLOADS, ids=NAMES)
def test_every_statement_of_the_limit_binds_what_it_is_given(workload: Workload) -> None:
    numbers = {int(number) for number in re.findall(r"\$(\d)", workload.limit)}
    assert numbers == set(range(1, len(workload.limit_takes) + 1))
    assert set(workload.limit_takes) <= {"member", "value"}


async def test_every_statement_fits_the_tables(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    for sql in (cases.DIARISTS, cases.OPEN, cases.IN_ENGLISH):
        await admin.prepare(sql)
    for workload in WORKLOADS:
        statement = await admin.prepare(workload.limit)
        assert len(statement.get_parameters()) == len(workload.limit_takes)
        if workload.cases is not None:
            names = [each.name for each in (await admin.prepare(workload.cases)).get_attributes()]
            assert names in (["value"], ["value", "account"])
    for name, sql in plain.STATEMENTS.items():
        columns = [each.name for each in (await admin.prepare(sql)).get_attributes()]
        assert columns.count("key") == 1, name
    await admin.execute((servers.PEERS / "peers.sql").read_text(encoding="utf-8"))  # in the test's transaction


@pytest.mark.slow
async def test_the_limit_answers_what_the_graph_does(full_scale: str) -> None:
    """A policy that changes must change here too: the benchmark refuses to measure servers whose answers differ."""
    requests = await cases.cases_of(full_scale, 5)
    by_hand = await asyncpg.connect(full_scale, server_settings={"timezone": "UTC"})
    try:
        async with serving(full_scale) as ask:
            for workload in WORKLOADS:
                for case in requests[workload.name]:
                    who = Caller(workload.view, case.token)
                    text = await by_hand.fetchval(workload.limit, *workload.bound(case))
                    answer = await ask(who, workload.operation, workload.variables(case))
                    expect_same(workload.name, {"limit": {"data": json.loads(text)}, "Cohorte": answer})
    finally:
        await by_hand.close()


def test_every_folder_of_texts_is_a_workload_with_its_goal_in_the_documents() -> None:
    assert sorted(path.name for path in OPERATIONS.iterdir()) == sorted(NAMES)
    page = (ROOT / "docs/decisions/0036-benchmark.md").read_text(encoding="utf-8")
    rows = {row.split("|")[1].strip(): row for row in page.splitlines() if row.startswith("| ")}
    for workload in WORKLOADS:
        assert f"| {workload.goal:.2f} | {workload.ahead:.2f} |" in rows[workload.name]


def test_every_statement_of_the_loaders_is_used_by_both_peers() -> None:
    statements = re.findall(r"^-- name: (\w+)$", (servers.PEERS / "loaders.sql").read_text(encoding="utf-8"), re.M)
    for peer in ("mercurius.mjs", "plain.py"):
        text = (servers.PEERS / peer).read_text(encoding="utf-8")
        assert [name for name in statements if not re.search(f"['\"]{name}['\"]", text)] == [], peer


def test_servers_are_started_with_no_setting_of_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("COHORTE_POOL_SIZE", "COHORTE_RATES", "COHORTE_METRICS_PORT", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.setenv(name, "1")
    found = servers.environment("postgresql://u:p%40@/bench?host=%2Fs&port=5432", 8000, tmp_path)
    assert {name for name in found if name.startswith(("COHORTE_", "OTEL_"))} == {
        "COHORTE_DEMO",
        "COHORTE_DATABASE_URL",
        "COHORTE_PORT",
        "COHORTE_DATA",
    }
    assert found["BENCH_POOL"] == str(Settings.model_fields["pool_size"].default)
    assert found["BENCH_NODE_DATABASE_URL"] == "socket://u:p%40@/s/?db=bench"


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_a_request_carries_the_case(server: servers.Server) -> None:
    evaluations = next(each for each in WORKLOADS if each.name == "evaluations")
    request = server.request(evaluations, Case("secret-token", ID, "adalimumab"))
    sent = request.path + request.body + str(request.headers)
    assert "adalimumab" in sent
    # Only the server that authenticates gets the token, and it learns from nothing else who the caller is.
    assert ("secret-token" in sent, ID in sent) == ((True, False) if server.name == OURS else (False, True))
    script = load.script_of([request])
    assert "adalimumab" in script


def test_a_missing_wrk_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert command.main([]) == 1
    assert capsys.readouterr().err == f"{command.NO_WRK}\n"


def test_another_system_than_linux_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(machine, "PROC", tmp_path / "proc")
    assert command.main([]) == 1
    assert capsys.readouterr().err == f"{command.NO_PROC}\n"


def test_a_scale_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COHORTE_SCALE", "large")
    assert command.main([]) == 1
    assert "COHORTE_SCALE is not valid: expected a number" in capsys.readouterr().err


def test_the_size_of_the_network_is_the_settings() -> None:
    assert command.scaled(QUICK, {"COHORTE_SCALE": "0.05", "COHORTE_PORT": "none"}).scale == 0.05
    assert command.scaled(QUICK, {}) == QUICK


def test_a_missing_node_is_named_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(node, "find_spec", lambda name: None)
    monkeypatch.setattr(command, "compared", lambda *_, **__: pytest.fail("started"))
    assert command.main([]) == 1
    assert "Node is not installed" in capsys.readouterr().err


def finished() -> results.Run:
    turns = {server.name: samples(100, 100) for server in SERVERS} | {OURS: samples(50, 40, server=0.3, database=0.25)}
    return results.Run(
        "make bench",
        [("memory", "8 GB")],
        0.2,
        2,
        1,
        measured=dict.fromkeys(NAMES, turns),
        memory={OURS: (90.0, 130.0, 100.0)},
        compared=dict.fromkeys(NAMES, 10),
    )


def test_a_missed_goal_says_what_the_time_went_into() -> None:
    run = finished()
    run.profiles = {"page": [("server.operations.endpoint", 0.4)]}
    page = results.page(run)
    assert page.count("**missed**") == len(WORKLOADS) + 1  # and the memory
    assert page.count("a request takes +200 µs of the server and +50 µs of the database") == len(WORKLOADS)
    assert page.count(results.NO_PROFILE) == len(WORKLOADS) - 1
    assert "| `server.operations.endpoint` | 40% |" in page
    assert "| tiny | 0.45 (0.40-0.50) | 1.20 |" in page
    assert "All 70 answers were compared first." in page


def test_new_documents_have_a_goal_and_processes_are_compared() -> None:
    run = finished()
    run.new_documents = {"tiny": 2.4, "page": 10.1}
    run.workers = workers.Workers({"page": Spread(1.5, 1.25, 1.75)}, {1: [120.0], 2: [60.4, 58.0, 57.0]})
    page = results.page(run)
    assert "| tiny | 2.4 | reached |" in page
    assert "| page | 10.1 | **missed** |" in page
    assert "| page | 1.50 (1.25-1.75) |" in page
    assert "| 2 | 60, 58, 57 |" in page


@pytest.mark.parametrize("workload", WORKLOADS, ids=NAMES)
def test_a_new_document_differs_by_its_name_alone(workload: Workload) -> None:
    first, second = (new_documents.renamed(workload.operation) for _ in range(2))
    assert len({workload.operation, first, second}) == 3
    name = re.compile(r"(?<=query )[A-Za-z]+\d*")
    assert {name.sub("", each) for each in (workload.operation, first, second)} == {name.sub("", first)}


def test_a_goal_that_is_reached_needs_no_reason() -> None:
    run = finished()
    run.measured = {"page": {server.name: samples(100, 100) for server in SERVERS}}
    page = results.page(run)
    assert "| page | 1.00 (1.00-1.00) | 1.00 | 1.00 (1.00-1.00) PostGraphile | 1.00 | reached |" in page
    assert "a request takes" not in page


@pytest.mark.parametrize(("database", "is_none"), [(0.1, True), (0.19, False), (0.3, False)])
def test_a_limit_that_takes_more_of_the_database_than_others_is_reported(database: float, is_none: bool) -> None:
    run = finished()
    run.measured = {
        "page": {server.name: samples(100) for server in SERVERS} | {"Mercurius": samples(50, database=database)}
    }
    assert ("than those of Mercurius. Rewrite it." in results.page(run)) == is_none


@pytest.mark.parametrize("words", [[], ["--workloads", "page"], ["--servers", "Mercurius"]], ids=str)
def test_results_are_written_of_a_whole_run_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(node, "install", lambda folder: False)
    given = []

    def compared(*positional: Any, **named: Any) -> results.Run:
        given.append((*positional, named["command"]))
        return finished()

    monkeypatch.setattr(command, "compared", compared)
    monkeypatch.setenv("COHORTE_SCALE", "3")
    monkeypatch.setenv("QUICK", "1")
    monkeypatch.delenv("PROFILE", raising=False)
    assert command.main([*words, "--results", str(tmp_path / "found.md")]) == 0
    assert (tmp_path / "found.md").exists() == (not words)
    ((chosen, workloads, extent, named),) = given
    assert [server.name for server in chosen][:2] == [LIMIT, OURS]
    assert len(chosen) == (3 if "Mercurius" in words else len(SERVERS))
    assert len(workloads) == (1 if "page" in words else len(WORKLOADS))
    assert (extent.scale, extent.turns, named) == (3.0, QUICK.turns, "QUICK=1 COHORTE_SCALE=3 make bench")
    assert f"page        {OURS} 0.45" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "scale"), [("results.md", 1), ("results-10.md", 10)])
def test_the_committed_results_are_of_all_workloads_and_name_no_machine(name: str, scale: int) -> None:
    page = (ROOT / "bench" / name).read_text(encoding="utf-8")
    assert f"\n| network | `COHORTE_SCALE={scale}` |\n" in page
    assert [name for name in NAMES if f"\n## {name}: " not in page] == []
    assert [server.name for server in SERVERS if page.count(f"\n| {server.name} | ") <= len(NAMES)] == []
    assert re.findall(r"(?:^|[\s`(])/\w+|\w@\w|https?://", page) == []


def test_modules_of_packages_are_one_and_ours_are_apart() -> None:
    assert [module_of(name) for name in ("server.operations.endpoint", "asyncpg.protocol", "app")] == [
        "server.operations.endpoint",
        "asyncpg",
        "app",
    ]
    counted = {"server.operations.endpoint": 3, "asyncpg": 1}
    assert shares(Counter(counted)) == [("server.operations.endpoint", 0.75), ("asyncpg", 0.25)]


def test_one_is_not_true() -> None:
    with pytest.raises(Different, match=r"data\.a: 1 and True"):
        expect_same("page", {"limit": {"data": {"a": 1}}, "peer": {"data": {"a": True}}})
