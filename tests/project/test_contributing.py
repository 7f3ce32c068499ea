"""The recipes of CONTRIBUTING.md work as they are written, and a step that is left out is named by its test."""

import contextlib
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHECKED = ROOT / ".mypy_cache"
# Compiled modules are copied: else each copy compiles the whole tree. pytest's own contain the path of their source.
NOT_COPIED = shutil.ignore_patterns(".*", "*-pytest-*.pyc", "node_modules")
SDL, SEES_SDL = "python -m commands.sdl", "tests/graph/test_views.py"
PYTEST = ("pytest", "-p", "no:cacheprovider", "--no-header")


@dataclass(frozen=True)
class Step:
    """A step of a recipe: the file that it changes or the command that it runs, its code, and who misses it."""

    recipe: int
    number: int
    target: str
    kind: str  # of its code: diff, python, or nothing
    code: str
    missed_by: str | None  # the tests that fail without it

    def __str__(self) -> str:
        return f"{self.recipe}.{self.number}"

    @property
    def is_command(self) -> bool:
        return self.target.startswith("python -m ")

    @property
    def is_apart(self) -> bool:
        """Whether nothing but the test that misses it reads what it changes."""
        return self.target in ("README.md", SDL) or self.target.startswith(("tests/oracle/", str(self.missed_by)))

    @property
    def spreads(self) -> bool:
        """Whether tests of other recipes fail without it, too: each that imports the schema or has a database."""
        return self.target.startswith(("models/", "python -m commands.new", "schema/identity/"))

    @property
    def needs_migrations(self) -> bool:
        """Whether the tests that miss the step look at a migrated database."""
        return self.target.startswith(("python -m commands.new", "tests/support/small_network")) or str(
            self.missed_by
        ).startswith(("tests/models/", "tests/commands/"))

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


def forgotten_together() -> list[list[Step]]:
    """The steps to forget in one run each, one for each test: those that are apart, and one other of each recipe."""
    found: list[list[Step]] = []
    for step in sorted(MISSED.values(), key=lambda step: (not step.is_apart, step.target != step.missed_by)):
        room = next((each for each in found if fits(step, each)), None)
        if room is None:
            found.append([step])
        else:
            room.append(step)
    return found


def fits(step: Step, others: Collection[Step]) -> bool:
    return not step.spreads and all(
        not other.spreads
        and step.missed_by != other.missed_by
        and (step.recipe != other.recipe or (step.is_apart and other.is_apart))
        for other in others
    )


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
def test_the_recipes_pass_the_tests_that_they_name(checkout: Path) -> None:
    for step in STEPS:
        if step.target != SDL:
            step.carry_out(checkout)
    expect_success(checkout, *SDL.split()[2:])
    tests = {step.missed_by for step in STEPS if step.missed_by}
    tests |= {step.target for step in STEPS if "/test_" in step.target}
    expect_success(checkout, *PYTEST, "-x", *sorted(tests))


@pytest.mark.slow
def test_the_code_of_the_recipes_is_typed(checkout: Path) -> None:
    if CHECKED.exists():  # by `make check`: else mypy reads the packages and the whole tree again
        shutil.copytree(CHECKED, checkout / CHECKED.name)
    for step in STEPS:
        if not step.is_command:
            step.carry_out(checkout)
    expect_success(checkout, "mypy", *(file for file in FILES if file.endswith(".py")))


@pytest.mark.slow
@pytest.mark.parametrize("forgotten", forgotten_together(), ids=lambda steps: " ".join(map(str, steps)))
def test_a_forgotten_step_is_named(checkout: Path, forgotten: Collection[Step]) -> None:
    recipes, left_out = {step.recipe for step in forgotten}, {step.target for step in forgotten} & {SDL}
    carry_out(
        checkout,
        [step for step in STEPS if step.recipe in recipes and step not in forgotten],
        migrations=any(step.needs_migrations for step in forgotten),
        sdl=not left_out and any(step.missed_by == SEES_SDL for step in forgotten),
    )
    found = failures(checkout, *(str(step.missed_by) for step in forgotten))
    for step in forgotten:
        assert step.mend in found.get(str(step.missed_by), "it passed"), step


def carry_out(checkout: Path, steps: Collection[Step], *, migrations: bool, sdl: bool) -> None:
    """Carries out steps, without the commands that are not asked for, and prints the SDL last. Raises Failed."""
    for step in steps:
        if not step.is_command:
            step.carry_out(checkout)
        elif step.target != SDL and migrations:
            with contextlib.suppress(Failed):  # a migration without what it is for
                step.carry_out(checkout)
    if sdl:
        expect_success(checkout, *SDL.split()[2:])


def failures(checkout: Path, *tests: str) -> dict[str, str]:
    """Of each of these files whose tests do not all pass, what the first failure says."""
    report, found = checkout / "report.xml", dict[str, str]()
    try:
        expect_success(checkout, *PYTEST, "-p", "tests.support.first_failures", f"--junit-xml={report}", *tests)
    except Failed as failed:
        if not report.exists():  # the tests could not be imported
            [only] = tests
            return {only: str(failed)}
    for case in ElementTree.parse(report).iter("testcase"):
        # A file that cannot be imported is a case of that name.
        file = (case.get("classname") or case.get("name") or "").replace(".", "/") + ".py"
        texts = [each.get("message", "") + (each.text or "") for each in case if each.tag in ("failure", "error")]
        if texts:
            found.setdefault(file, "\n".join(texts))
    return found
