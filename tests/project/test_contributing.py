"""The recipes of CONTRIBUTING.md work as they are written, and a step that is left out is named by its test."""

import contextlib
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHECKED = ROOT / ".mypy_cache"
# Compiled modules are copied: else each copy compiles the whole tree. pytest's own contain the path of their source.
NOT_COPIED = shutil.ignore_patterns(".*", "*-pytest-*.pyc", "node_modules")
SDL = "python -m commands.sdl"
PYTEST = ("pytest", "-x", "-p", "no:cacheprovider", "--no-header")


@dataclass(frozen=True)
class Step:
    """A step of a recipe: the file that it changes or the command that it runs, its code, and who misses it."""

    recipe: int
    number: int
    target: str
    kind: str  # of its code: diff, python, or nothing
    code: str
    missed_by: str | None  # the tests that fail without it

    @property
    def is_command(self) -> bool:
        return self.target.startswith("python -m ")

    @property
    def needs_commands(self) -> bool:
        """Whether the tests that miss the step look at a migrated database, or at the printed SDL."""
        return (
            self.is_command
            or str(self.missed_by).startswith(("tests/models/", "tests/commands/"))
            or "small_network" in self.target
        )

    @property
    def mend(self) -> str:
        """What the tests that miss the step name: the command without its arguments, the file, or its layer."""
        if self.is_command:
            return " ".join(self.target.split()[: 4 if "new" in self.target else 3])
        return "schema/" if self.target.startswith("schema/") else self.target

    def carry_out(self, checkout: Path) -> None:
        """Changes the file, or runs the command. Raises Failed with its output if it fails."""
        if self.is_command:
            expect_success(checkout, *self.target.split()[2:])
        elif self.kind == "diff":
            path = checkout / self.target
            path.write_text(patched(path.read_text(encoding="utf-8"), self.code, self.target), encoding="utf-8")
        else:
            (checkout / self.target).write_text(self.code, encoding="utf-8")


def steps() -> Iterator[Step]:
    for recipe, section in re.findall(r"^## Recipe (\d): .*\n((?:(?!## ).*\n?)*)", CONTRIBUTING, re.MULTILINE):
        for number, text in re.findall(r"^(\d+)\. ((?:.*\n(?!\d+\. ))*.*)", section, re.MULTILINE):
            target, missed_by = re.search(r"`([^`]+)`", text), re.search(r"Forgotten:\s+`([^`]+)`", text)
            code = re.search(r"^ +```(\w+)\n(.*?)^ +```$", text, re.MULTILINE | re.DOTALL)
            assert target is not None
            yield Step(
                int(recipe),
                int(number),
                target[1],
                code[1] if code else "",
                textwrap.dedent(code[2]) if code and code[1] == "python" else unindented(code[2] if code else ""),
                missed_by and missed_by[1],
            )


def unindented(diff: str) -> str:
    """A diff without the indentation of its list item, which a first column of spaces would hide from dedent."""
    lines = diff.splitlines()
    margin = min((len(re.match(" *", line)[0]) for line in lines if line.strip()[:1] in "+-@"), default=0)  # type: ignore[index]
    return "\n".join(line[margin:] for line in lines)


def patched(text: str, diff: str, name: str) -> str:
    """A text with each hunk of a diff applied, where its unchanged and removed lines stand, once in the text."""
    for hunk in re.split(r"^@@$\n?", diff, flags=re.MULTILINE):
        lines = hunk.strip("\n").splitlines()
        before = "".join(line[1:] + "\n" for line in lines if line[:1] != "+")
        after = "".join(line[1:] + "\n" for line in lines if line[:1] != "-")
        assert f"\n{text}".count(f"\n{before}") == 1, f"CONTRIBUTING.md shows {name} otherwise than it is:\n{before}"
        text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
    return text


class Failed(Exception):
    """A command has failed; the text is its output."""


def expect_success(checkout: Path, *words: str) -> None:
    """Runs a module. Raises Failed with its output if its exit status is not 0."""
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=1_200, check=False)
    if done.returncode:
        raise Failed(done.stdout + done.stderr)


STEPS = list(steps())
# The first step for each file and the tests that miss it.
MISSED = {(step.target, step.missed_by): step for step in reversed(STEPS) if step.missed_by}
FILES = sorted({step.target for step in STEPS if not step.is_command})


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A copy of the tree to change."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    yield folder
    shutil.rmtree(folder)


def test_the_code_of_every_recipe_fits_the_tree(checkout: Path) -> None:
    assert {step.recipe for step in STEPS} == {1, 2, 3, 4}
    assert [step for step in STEPS if not step.is_command and not step.code] == []
    for step in STEPS:
        if not step.is_command:
            step.carry_out(checkout)
    expect_success(checkout, "ruff", "check", *FILES)
    expect_success(checkout, "ruff", "format", "--check", *FILES)


@pytest.mark.slow
@pytest.mark.parametrize("recipes", [(1, 2), (3, 4)], ids=str)
def test_a_recipe_passes_the_tests_that_it_names(checkout: Path, recipes: tuple[int, ...]) -> None:
    steps = [step for step in STEPS if step.recipe in recipes]
    for step in steps:
        if step.target != SDL:
            step.carry_out(checkout)
    tests = {step.missed_by for step in steps if step.missed_by}
    tests |= {step.target for step in steps if "/test_" in step.target}
    expect_success(checkout, *SDL.split()[2:])
    expect_success(checkout, *PYTEST, *sorted(tests))


@pytest.mark.slow
def test_the_code_of_the_recipes_is_typed(checkout: Path) -> None:
    if CHECKED.exists():  # by `make check`: else mypy reads the packages and the whole tree again
        shutil.copytree(CHECKED, checkout / CHECKED.name)
    for step in STEPS:
        if not step.is_command:
            step.carry_out(checkout)
    expect_success(checkout, "mypy", *(file for file in FILES if file.endswith(".py")))


@pytest.mark.slow
@pytest.mark.parametrize(
    "forgotten", [pytest.param(step, id=f"{step.recipe}.{step.number}") for step in reversed(MISSED.values())]
)
def test_a_forgotten_step_is_named(checkout: Path, forgotten: Step) -> None:
    with pytest.raises(Failed, match=re.escape(forgotten.mend)):
        carry_out_without(checkout, forgotten)


def carry_out_without(checkout: Path, forgotten: Step) -> None:
    """Carries out a recipe's other steps, and the tests that miss this one. Raises Failed with their output."""
    for step in STEPS:
        if (
            step.recipe == forgotten.recipe
            and step is not forgotten
            and (forgotten.needs_commands or not step.is_command)
        ):
            with contextlib.suppress(Failed):  # a migration without what it is for
                step.carry_out(checkout)
    expect_success(checkout, *PYTEST, str(forgotten.missed_by))
