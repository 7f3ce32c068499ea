"""A graph that is declared incompletely is reported in one line, by each command that prints it."""

import re
import shutil
from pathlib import Path

import pytest

from tests.support.modules import ROOT, run_module

INCOMPLETE = [
    # the command, the file to change, a pattern in it, what replaces it, and the message
    (
        "commands.lint_graph",
        "schema/community/discussions_mutations.py",
        r'discussion="A discussion that is not closed.*",\n',
        "",
        r"schema/community/discussions_mutations\.py:\d+: PostAddInput: describe the parameter 'discussion'\n",
    ),
    (
        "commands.sdl",
        "schema/community/communities.py",
        r'arguments={"status": "Only surveys with this status\."},\n',
        "",
        r"schema/community/communities\.py:\d+: Community\.surveys: describe its argument status in arguments=.*\n",
    ),
    (
        "commands.lint_graph",
        "models/identity/members.py",
        r'PATIENT = "PATIENT", ".*"',
        'PATIENT = "PATIENT"',
        r"models/identity/members\.py:\d+: MemberKind\.PATIENT has no description\n",
    ),
    (
        "commands.sdl",
        "schema/community/discussions.py",
        r"@graph_type\(audience=[^,)]+",
        "@graph_type(audience=None",
        r"\w+ names no audience: mark it in graph_type\(audience=\.\.\.\) or with only=\.\.\.\.\n",
    ),
]


@pytest.mark.parametrize(
    ("command", "file", "pattern", "replacement", "message"),
    [INCOMPLETE[0], *(pytest.param(*each, marks=pytest.mark.slow) for each in INCOMPLETE[1:])],
)
async def test_an_incomplete_declaration_is_reported_in_one_line(
    tmp_path: Path, command: str, file: str, pattern: str, replacement: str, message: str
) -> None:
    for name in ("commands", "planner", "privacy", "resolvers", "server", "settings.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    for name in ("models", "schema"):
        shutil.copytree(ROOT / name, tmp_path / name)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert re.search(pattern, text)
    (tmp_path / file).write_text(re.sub(pattern, replacement, text, count=1), encoding="utf-8")
    status, output = await run_module(command, folder=tmp_path)
    assert status == 1
    assert re.fullmatch(message, output), output
