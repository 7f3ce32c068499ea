"""An operation that is cancelled, at any moment, leaves no coroutine behind that was never awaited."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from graphql import parse

from models.viewers import ANYBODY
from schema.context import Context
from server.operations.commit_guard import CommitGuard
from server.operations.errors import RequestError, shutting_down
from tests.planner.test_computed import FIRST, ToyGraph
from tests.planner.test_computed import toy_graph as toy_graph

TEXT = f"""{{
    {FIRST} {{ name shouted slug letters(of: ["a"]) {{ text }} }} }}
    newest {{ shouted aloud: shouted(times: 2) alone }}
    many
}}"""
MOST = 200  # steps of the event loop: far more than the operation takes


class Recorded:
    """The answers of a database, which are there one step of the event loop after they are asked for."""

    def __init__(self, graph: ToyGraph) -> None:
        self.graph = graph
        self.answers: dict[str, str] = {}

    async def read(self, sql: str, values: Any) -> str:
        if sql not in self.answers:
            self.answers[sql] = await self.graph.read(sql, values)
        await asyncio.sleep(0)
        return self.answers[sql]

    def execute(self, guard: CommitGuard | None) -> Awaitable[Any]:
        operation = self.graph.planner.operation(parse(TEXT), None)
        context = Context(
            viewer=ANYBODY, read=self.read, write=cast(Any, None), settings=cast(Any, None),
            await_step=None if guard is None else guard.await_step,
        )  # fmt: skip
        work = operation.execute(operation.coerce({}), context)
        return work if guard is None else guard.run(work, shutting_down)


@pytest.mark.parametrize("committed", [None, False, True])
async def test_no_coroutine_is_left_behind(
    toy_graph: ToyGraph, monkeypatch: pytest.MonkeyPatch, committed: bool | None
) -> None:
    async def at_once(work: Callable[..., Any], *given: Any) -> Any:
        await asyncio.sleep(0)
        return work(*given)

    monkeypatch.setattr(asyncio, "to_thread", at_once)
    recorded = Recorded(toy_graph)
    whole = await recorded.execute(None)
    assert whole.errors is None
    cancelled = 0
    gc.collect()
    gc.freeze()  # a collection then visits what an operation leaves, and not all that the tests before this one hold
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for steps in range(1, MOST):
            guard = None if committed is None else CommitGuard()
            if guard is not None:
                guard.committed = bool(committed)  # then it is cut short, and not cancelled
            task = asyncio.ensure_future(recorded.execute(guard))
            for _ in range(steps):
                await asyncio.sleep(0)
            if task.done():
                break
            task.cancel()
            cancelled += 1
            result: Any = (await asyncio.gather(task, return_exceptions=True))[0]
            if committed:
                assert all(isinstance(error.original_error, RequestError) for error in result.errors or ())
            elif not isinstance(result, asyncio.CancelledError):
                assert (committed, result.data) == (False, whole.data)  # it had just ended
            gc.collect()
    assert 10 < cancelled < MOST
    assert [str(each.message) for each in found] == []
