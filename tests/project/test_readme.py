"""The README is true: its queries are asked as whom it says, and what it shows of the code stands in the code."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from commands.demonstration.insights import TRIAL_WAVE_DAYS, wave_of
from tests.support.client import Ask, Caller

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_after(words: str) -> str:
    """The first indented block behind these words, without its indentation."""
    found = re.search(r"\n\n((?:(?: {4}.*)?\n)+)", README[README.index(words) :])
    assert found is not None
    return "\n".join(line[4:] for line in found[1].rstrip().splitlines())


def wave_now() -> str:
    """What the demonstration calls the trial's wave, if it was made today."""
    return wave_of(datetime.now(UTC).date() - timedelta(days=TRIAL_WAVE_DAYS))


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
    read = answers["**A laboratory** sees"]["community"]
    assert [dataset["title"] for dataset in read["datasets"]["nodes"]] == [f"Rheumatoid arthritis, {wave_now()}"]
    assert len(read["insights"]["nodes"]) == 5
    assert all(insight["cells"] and insight["marginOfError"] <= 20 for insight in read["insights"]["nodes"])
    assert answers["**A moderator**"]["flags"]["nodes"]


async def test_what_it_publishes_is_published(own_ask: Ask) -> None:
    laboratory = await own_ask.sign_in("laboratory")
    found = await own_ask(laboratory, '{ community(slug: "rheumatoid-arthritis") { datasets { nodes { id } } } }')
    (dataset,) = found["data"]["community"]["datasets"]["nodes"]
    mutation = block_after("As the laboratory, publish an insight").replace("dst_...", dataset["id"])
    payload = (await own_ask(laboratory, mutation))["data"]["insightPublish"]
    assert payload["userErrors"] == []
    assert payload["charged"]["microRho"] == 4_567
    arms = {cell["by"][0]["label"] for cell in payload["insight"]["cells"] if cell["reliability"] != "HIDDEN"}
    assert {"Active drug (trial arm)", "Placebo (trial arm)"} <= arms


async def test_the_refused_query_is_refused_as_it_says(ask: Ask, laboratory: Caller) -> None:
    query, answer = block_after("**A laboratory that requests a member**").split("\n\n")
    assert await ask(laboratory, query) == json.loads(answer)
    assert reads(ask) == []


def test_the_messages_it_explains_are_in_the_code() -> None:
    rows = [row for row in README[README.index("## Troubleshooting") :].splitlines() if row.startswith("| `")]
    assert len(rows) == 8
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("commands", "models/migrations", "locks")
        for path in (ROOT / folder).glob("*.py")
    ) + (ROOT / "Makefile").read_text(encoding="utf-8")
    messages = [row.split("`")[1] for row in rows if not row.startswith("| `.venv`")]
    parts = [part.strip(" ,") for message in messages for part in message.split("...")]
    assert [part for part in parts if part not in code] == []
