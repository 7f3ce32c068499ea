"""How progress is displayed, on a terminal and elsewhere."""

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


def test_a_failed_phase_is_not_reported_as_done() -> None:
    to = io.StringIO()
    with pytest.raises(ZeroDivisionError), Progress("making", to):
        raise ZeroDivisionError
    assert to.getvalue().splitlines()[-1].startswith("making: failed, ")


@pytest.mark.parametrize(("done", "full"), [(-0.1, 0), (0.0, 0), (0.5, 15), (1.0, 30), (1.2, 30)])
def test_the_progress_bar_stays_within_its_width(done: float, full: int) -> None:
    assert bar(done) == f"[{'#' * full}{'.' * (30 - full)}]"
