"""The README is true: its queries are asked as whom it says, and what it shows of the code stands in the code."""

import json
import re
from pathlib import Path

from tests.asking import Ask, Caller

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_after(words: str) -> str:
    """The first indented block behind these words, without its indentation."""
    found = re.search(r"\n\n((?:(?: {4}.*)?\n)+)", README[README.index(words) :])
    assert found is not None
    return "\n".join(line[4:] for line in found[1].rstrip().splitlines())


def reads(ask: Ask) -> list[str]:
    """What was asked of the database, but for who a token is, which is asked once."""
    return [statement for statement in ask.statements if "identity.viewer_of" not in statement]


async def test_its_queries_find_something(ask: Ask, patient: Caller, laboratory: Caller, moderator: Caller) -> None:
    answers = {}
    for words, who in (
        ("**A visitor**", Caller("anybody")),
        ("**A patient**", patient),
        ("**A laboratory** sees", laboratory),
        ("**A moderator**", moderator),
    ):
        answer = await ask(who, block_after(words))
        assert "errors" not in answer
        answers[words] = answer["data"]
        assert len(reads(ask)) == 1
    assert answers["**A visitor**"]["communities"]["nodes"][0]["slug"] == "multiple-sclerosis"
    assert answers["**A visitor**"]["indicators"][0]["name"] == "Fatigue"
    assert answers["**A patient**"]["me"]["dashboard"]["series"]
    assert answers["**A patient**"]["community"]["discussions"]["nodes"][0]["lastPost"]["body"]
    assert answers["**A laboratory** sees"]["organization"]["licences"]
    assert answers["**A moderator**"]["flags"]["nodes"]


async def test_the_refused_query_is_refused_as_it_says(ask: Ask, laboratory: Caller) -> None:
    query, answer = block_after("**A laboratory that asks for a member**").split("\n\n")
    assert await ask(laboratory, query) == json.loads(answer)
    assert reads(ask) == []


def test_the_field_it_shows_is_in_the_code() -> None:
    declaration, resolver = block_after("`Member.communities` is one declaration"), block_after("and one function in")
    declared = (ROOT / "schema/members.py").read_text(encoding="utf-8")
    assert "\n".join(f"    {line}" for line in declaration.splitlines()) in declared
    assert resolver in (ROOT / "resolvers/members.py").read_text(encoding="utf-8")
