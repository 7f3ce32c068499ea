"""How progress is displayed, on a terminal and elsewhere."""

import asyncio
import io

import pytest

from commands.progress import Progress, bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_each_phase_is_one_line() -> None:
    to = io.StringIO()
    with Progress("making", to) as progress:
        progress.report("members", 0.0)
        progress.report("members", 0.25)
        progress.report("posts", 0.5)
    lines = to.getvalue().splitlines()
    assert lines[:-1] == ["making ...", "    0% members", "   50% posts"]
    assert lines[-1].startswith("making: done, ")


def test_on_a_terminal_each_line_overwrites_the_one_before() -> None:
    to = Terminal()
    with Progress("making", to) as progress:
        progress.report("observations", 0.0)
        progress.report("posts", 0.5)
    first, second, last = to.getvalue().removeprefix("\r").split("\r")
    assert first == f"[{'.' * 30}]   0% observations"
    assert second == f"[{'#' * 15}{'.' * 15}]  50% posts       "
    assert last.startswith("making: done, ")
    assert last.endswith(" \n")
    assert len(last) == len(second.rstrip()) + 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ZeroDivisionError, "failed"), (KeyboardInterrupt, "interrupted"), (asyncio.CancelledError, "interrupted")],
)
def test_a_phase_that_did_not_end_is_not_reported_as_done(error: type[BaseException], outcome: str) -> None:
    to = io.StringIO()
    with pytest.raises(error), Progress("making", to):
        raise error
    assert to.getvalue().splitlines()[-1].startswith(f"making: {outcome}, ")


@pytest.mark.parametrize(("done", "full"), [(-0.1, 0), (0.0, 0), (0.5, 15), (1.0, 30), (1.2, 30)])
def test_the_progress_bar_stays_within_its_width(done: float, full: int) -> None:
    assert bar(done) == f"[{'#' * full}{'.' * (30 - full)}]"
