"""Every command explains itself with `--help`, and refuses arguments that it does not know instead of running."""

import runpy
import sys
from pathlib import Path

import pytest

COMMANDS = Path(__file__).parents[2] / "commands"
# Run by other commands with arguments of their own, not by people.
INTERNAL = {"cluster"}
NAMES = sorted(
    path.stem for path in COMMANDS.glob("*.py") if "__main__" in path.read_text() and path.stem not in INTERNAL
)


def run(name: str, argument: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit status of a command with one argument."""
    monkeypatch.setattr(sys, "argv", [f"commands/{name}.py", argument])
    monkeypatch.delitem(sys.modules, f"commands.{name}", raising=False)
    monkeypatch.setenv("COHORTE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"commands.{name}", run_name="__main__")
    return ended.value.code


@pytest.mark.parametrize("name", NAMES)
def test_a_command_explains_itself(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(name, "--help", monkeypatch) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("usage: ")
    assert len(printed.split("\n\n")) > 2  # what it is for, and its options


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("argument", ["--unknown", "extra"])
def test_a_command_refuses_an_argument_that_it_does_not_know(
    name: str, argument: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(name, argument, monkeypatch) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error: " in printed.err


def test_no_command_is_left_out() -> None:
    known = {"lint_graph", "load", "migrate", "new", "sdl", "seed", "serve", "staff", "verify_ledger"}
    assert known <= set(NAMES)
