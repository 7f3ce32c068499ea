"""New documents: planned beside the event loop, one caller after another, and refused beyond a caller's budget."""

import asyncio
import secrets
import threading
import time
from typing import Any

import pytest
from graphql import parse

from planner.operations import Operation
from server.operations import documents, performing
from server.operations.errors import RequestError
from server.operations.limits import check_variables
from server.operations.performing import LARGE_INPUT
from server.operations.planning import CALLERS, MOST_WAITING_OF_ONE, Planning
from server.operations.validity import faults
from settings import Limits
from tests.support import subscribers
from tests.support.client import ANYBODY, Ask, Caller, serving

# As many aliases of nested pages as a caller of the public view may select at once.
BRANCH = (
    "communities(first: 1) { edges { cursor node { id treatments(first: 1) { edges { cursor node { id } } "
    "pageInfo { endCursor hasNextPage startCursor hasPreviousPage } } } } pageInfo { endCursor startCursor } }"
)


def worst(aliases: int = 45) -> str:
    """A new document of many selections, under the limits of every view."""
    prefix = "x" + secrets.token_hex(4)
    return "{" + " ".join(f"{prefix}{number}: {BRANCH}" for number in range(aliases)) + "}"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def refusal(planning: Planning, caller: str) -> dict[str, Any]:
    with pytest.raises(RequestError) as caught:
        await planning.run(caller, lambda: None, 1)
    assert caught.value.status == 429
    extensions: dict[str, Any] = caught.value.errors[0]["extensions"]
    wait = extensions["retryAfter"]
    assert caught.value.headers == (
        (b"retry-after", b"%d" % wait),
        (b"ratelimit-policy", b'"planning";q=%d;w=%d' % (planning.burst, planning.burst // planning.rate)),
        (b"ratelimit", b'"planning";r=0;t=%d' % wait),
    )
    return extensions


async def test_a_budget_is_spent_and_refilled() -> None:
    clock = Clock()
    planning = Planning(100, 10, clock)
    assert await planning.run("a", lambda: 1, 99) == 1
    assert await planning.run("a", lambda: 2, 51) == 2  # what is left suffices to begin
    assert await refusal(planning, "a") == {
        "code": "LIMIT_EXCEEDED", "limit": "planned_a_second", "most": 10, "retryAfter": 5,
    }  # fmt: skip
    assert await planning.run("b", lambda: 3, 1) == 3
    clock.now = 4.9
    await refusal(planning, "a")
    clock.now = 5.1
    assert await planning.run("a", lambda: 4, 1) == 4
    clock.now = 1_000
    assert await planning.run("a", lambda: 5, 100) == 5  # no more than at once
    await refusal(planning, "a")


async def test_failed_and_abandoned_work_is_charged() -> None:
    planning = Planning(10, 1, Clock())
    with pytest.raises(ZeroDivisionError):
        await planning.run("a", lambda: 1 // 0, 5)
    going_on = threading.Event()
    abandoned = asyncio.create_task(planning.run("a", going_on.wait, 5))
    await asyncio.sleep(0.05)
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    going_on.set()
    await refusal(planning, "a")


async def test_callers_take_turns() -> None:
    planning, order, going_on = Planning(1_000, 1, Clock()), list[str](), threading.Event()
    first = asyncio.create_task(planning.run("a", going_on.wait, 1))
    await asyncio.sleep(0.05)
    waiting = [
        asyncio.create_task(planning.run(caller, lambda caller=caller: order.append(caller), 1))  # type: ignore[misc]
        for caller in "aaaaabb"
    ]
    await asyncio.sleep(0)
    going_on.set()
    await asyncio.gather(first, *waiting)
    assert order[:3] in (["b", "a", "b"], ["b", "a", "a"])  # not behind all five of a
    assert sorted(order) == list("aaaaabb")


async def test_work_that_is_done_meanwhile_is_not_repeated() -> None:
    planning, results = Planning(10, 1, Clock()), dict[str, int]()

    def work() -> int:
        results["it"] = len(results) + 1
        return results["it"]

    found = await asyncio.gather(*(planning.run(caller, work, 10, lambda: results.get("it")) for caller in "abc"))
    assert found == [1, 1, 1]
    assert await planning.run("b", lambda: 2, 1) == 2  # not charged


async def test_waiting_is_bounded() -> None:
    planning, going_on = Planning(1_000, 1, Clock()), threading.Event()
    waiting = [asyncio.create_task(planning.run("a", going_on.wait, 1)) for _ in range(MOST_WAITING_OF_ONE)]
    await asyncio.sleep(0)
    with pytest.raises(RequestError) as caught:
        await planning.run("a", lambda: None, 1)
    assert (caught.value.status, caught.value.headers) == (503, ((b"retry-after", b"2"),))
    going_on.set()
    await asyncio.gather(*waiting)
    assert await planning.run("a", lambda: 1, 1) == 1


async def test_budgets_of_addresses_without_end_are_forgotten() -> None:
    planning = Planning(1_000, 1, Clock())
    for number in range(CALLERS + 10):
        planning.budget(number)
    assert len(planning.budgets) == CALLERS


def stop_clock(ask: Ask) -> None:
    """What callers have used is not given back, however long a busy machine takes."""
    endpoint = ask.app.endpoint
    assert endpoint is not None
    now = time.monotonic()
    endpoint.planning.clock = endpoint.requests.clock = endpoint.invalid.clock = lambda: now


async def test_a_caller_with_new_documents_is_refused_and_others_are_not(fresh: str) -> None:
    limits = Limits(statement_seconds=30, request_seconds=60, planned_at_once=1_500, planned_a_second=1)
    async with serving(fresh, limits=limits) as ask:
        stop_clock(ask)
        patient = await ask.sign_in("patient")
        known = worst(6)
        assert (await ask.post(ANYBODY, known)).status_code == 200
        answers = [await ask.post(ANYBODY, worst()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 1
        assert answers[-1].json()["errors"][0]["extensions"]["limit"] == "planned_a_second"
        assert (await ask.post(ANYBODY, known)).status_code == 200
        assert (await ask.post(patient, worst(10))).status_code == 200
        # Over a socket, and with other sizes of pages, it is the same budget.
        sized = "query ($n: Int) { communities(first: $n) { nodes { name } } }"
        patients = [(await ask.post(patient, sized, {"n": size})).status_code for size in range(1, 40)]
        assert set(patients) == {200}
        async with subscribers.socket(ask, ANYBODY) as socket:
            await socket.subscribe("1", worst())
            message = await socket.receive()
            assert message["type"] == "error"
            assert message["payload"][0]["extensions"]["limit"] == "planned_a_second"


SIZES = "query ($a: Int, $b: Int) " + worst().replace("(first: 1)", "(first: $a)", 20).replace(
    "(first: 1)", "(first: $b)"
)


@pytest.mark.slow
async def test_new_sizes_of_a_known_document_are_charged(fresh: str) -> None:
    """Refused or not: what they cost takes milliseconds to find."""
    limits = Limits(statement_seconds=30, request_seconds=60, planned_at_once=1_300, planned_a_second=1)
    async with serving(fresh, limits=limits) as ask:
        stop_clock(ask)
        patient = await ask.sign_in("patient")
        assert (await ask.post(ANYBODY, SIZES, {"a": 1, "b": 1})).status_code == 200
        limit = [
            (await ask.post(ANYBODY, SIZES, {"a": 100, "b": size})).json()["errors"][0]["extensions"]["limit"]
            for size in range(1, 100)
        ]
        assert limit[0] == "cost"
        assert limit[-1] == "planned_a_second"
        # The last that were found are known, and others' budgets are their own.
        for size, who in ((limit.count("cost"), ANYBODY), (99, patient)):
            answer = await ask.post(who, SIZES, {"a": 100, "b": size})
            assert answer.json()["errors"][0]["extensions"]["limit"] == "cost"


@pytest.mark.slow
async def test_large_statements_of_known_documents_are_charged_each_time(fresh: str) -> None:
    """PostgreSQL plans them each time, for some hundred milliseconds: they are too large to be kept prepared."""
    limits = Limits(statement_seconds=30, request_seconds=60, planned_at_once=1_300, planned_a_second=1)
    async with serving(fresh, limits=limits) as ask:
        stop_clock(ask)
        patient = await ask.sign_in("patient")
        treatments = " ".join(
            f"a{number}: treatments(first: 1) {{ edges {{ cursor node {{ id }} }} }}" for number in range(60)
        )
        inside = f"communities(first: 1) {{ nodes {{ {treatments} }} }}"
        executed = f"{{ {inside} dataUses(first: 1) {{ nodes {{ ledgerEntry {{ line }} }} }} }}"  # by graphql-core
        small, large = worst(6), worst(30)
        for text in (small, large):
            assert (await ask.post(ANYBODY, text)).status_code == 200
        for who, text in ((ANYBODY, large), (patient, executed)):
            answers = [await ask.post(who, text) for _ in range(30)]
            codes = [answer.status_code for answer in answers]
            assert codes == sorted(codes)
            assert 1 <= codes.count(200) <= 20
            assert answers[-1].json()["errors"][0]["extensions"]["limit"] == "planned_a_second"
        assert (await ask.post(ANYBODY, small)).status_code == 200
        async with subscribers.socket(ask, ANYBODY) as socket:
            await socket.subscribe("1", large)
            assert (await socket.receive())["payload"][0]["extensions"]["limit"] == "planned_a_second"


async def test_new_sizes_of_a_known_document_leave_the_event_loop_alone(ask: Ask) -> None:
    """Ten that are refused take it little more time than the same ten again."""
    document = SIZES + f"# {secrets.token_hex(4)}"
    await ask.post(ANYBODY, document, {"a": 1, "b": 1})
    taken = []
    for _ in range(2):
        begins = time.thread_time()
        for size in range(1, 11):
            answer = await ask.post(ANYBODY, document, {"a": 100, "b": size})
            assert answer.json()["errors"][0]["extensions"]["limit"] == "cost"
        taken.append(time.thread_time() - begins)
    assert taken[0] < 2.5 * taken[1], taken


async def test_variables_that_are_not_declared_are_not_read_and_many_are_not_on_the_loop(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, int]] = []

    def noted(*given: Any) -> int:
        number = check_variables(*given)
        counted.append((threading.current_thread().name.partition("_")[0], number))
        return number

    monkeypatch.setattr(performing, "check_variables", noted)
    many = [[["x"] * 100] * 100] * 2
    assert "errors" not in await ask(ANYBODY, "{ regions }", {"v": many})
    assert counted == [("MainThread", 0)]
    counted.clear()
    assert "errors" in await ask(ANYBODY, "query ($v: [ID!]!) { nodes(ids: $v) { id } }", {"v": many, "w": many})
    (here, some), (there, all) = counted
    assert (here, there, all) == ("MainThread", "planning", 20_203)
    assert LARGE_INPUT < some < LARGE_INPUT + 200


async def test_a_known_mutation_with_a_large_payload_is_checked_in_the_thread(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    check = Operation.check

    def noted(*given: Any) -> None:
        threads.append(threading.current_thread().name.partition("_")[0])
        check(*given)

    monkeypatch.setattr(Operation, "check", noted)
    small = 'mutation { signIn(input: {email: "a@b.example", password: "x"}) { token } }'
    for text, thread in ((small, "MainThread"), (small.replace("{ token }", f"{{ query {worst(5)} }}"), "planning")):
        await ask(ANYBODY, text)
        threads.clear()
        assert "errors" not in await ask(ANYBODY, text)
        assert threads == [thread]


@pytest.mark.parametrize(
    "text",
    [
        "query { %s }",
        "query { ledger: dataUses(first: 1) { nodes { ledgerEntry { line } } } %s }",  # executed by graphql-core
        'mutation { signIn(input: {email: "a@b.example", password: "x"}) { userErrors { code } query { %s } } }',
        "query { "
        + " ".join(f"s{n}: __schema {{ types {{ fields {{ name args {{ name }} }} }} }}" for n in range(8))
        + "}",
        "query { unknown %s }",
    ],
)
async def test_the_event_loop_is_left_alone(ask: Ask, text: str) -> None:
    """Its own CPU time for a new document, of up to a second's work, is a small part of that."""
    document = text.replace("%s", worst(35)[1:-1]) + f"# {secrets.token_hex(4)}"
    loop, process = time.thread_time(), time.process_time()
    answer = await ask.post(ANYBODY, document)
    ours, all = time.thread_time() - loop, time.process_time() - process
    assert answer.status_code == (400 if "unknown" in text else 200)
    assert ours < all / 3, (ours, all)


async def test_planning_runs_in_the_thread(ask: Ask, patient: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set[str]()

    def noting(function: Any) -> Any:
        def noted(*given: Any, **more: Any) -> Any:
            threads.add(threading.current_thread().name.rpartition("_")[0])
            return function(*given, **more)

        return noted

    monkeypatch.setattr(documents, "parse", noting(parse))
    monkeypatch.setattr(documents, "faults", noting(faults))
    monkeypatch.setattr(Operation, "_planned", noting(Operation._planned))
    mark = secrets.token_hex(4)
    for text in (
        f"{{ x{mark}: viewer {{ audience }} }}",
        f"{{ x{mark}: dataUses(first: 2) {{ nodes {{ purpose ledgerEntry {{ line }} }} }} }}",
        f"mutation {{ x{mark}: signOut {{ query {{ communities {{ nodes {{ name }} }} }} }} }}",
    ):
        assert "errors" not in await ask(await ask.sign_in("patient"), text)
    async with subscribers.socket(ask, patient) as socket:
        await socket.subscribe("1", f"subscription {{ x{mark}: notificationAdded {{ kind }} }}")
        await socket.send("ping")
        assert (await socket.receive())["type"] == "pong"
        await asyncio.sleep(0.5)
    assert threads == {"planning"}
