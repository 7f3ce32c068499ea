"""What whoever has the whole database can join to members after a survey has closed: categories, and no word more.

The decision on consent notices says that records name their member. The attack joins what members wrote to records, by
the categories that both have: it succeeds if answers stay, which is planted, even with no member beside them.
"""

from collections import defaultdict
from itertools import product
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.support.network import Network
from tests.support.population import Crowd, closed, copy, crowd

QUESTIONS = [f"q{number}" for number in range(4)]
MEMBERS = 256  # far above the floor, whatever the noise
RECORDS = "SELECT member_id, codes FROM research.record WHERE dataset_id = $1"
SLOTS = "SELECT name, max_per_member FROM insight.variable WHERE dataset_id = $1 ORDER BY position"
CODES = """
    SELECT v.name, c.place, c.code FROM insight.variable v
    JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position WHERE v.dataset_id = $1
"""
ANSWERS = """
    SELECT a.answer_sheet_id AS sheet, q.key, a.codes[1] AS code, a.text FROM research.answer a
    JOIN catalog.question q ON q.id = a.question_id WHERE q.survey_id = $1
"""
# As if answers were kept at closing, without a word of whose they are.
KEPT = """
    CREATE FUNCTION pg_temp.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER zz_keep BEFORE DELETE ON research.answer_sheet FOR EACH ROW EXECUTE FUNCTION pg_temp.keep()
"""


async def with_words(database: asyncpg.Connection) -> Crowd:
    """Members of whom no two gave the same answers, and each of whom wrote something."""
    combinations = list(product("ABCD", repeat=len(QUESTIONS)))[:MEMBERS]
    made = await crowd(database, [dict(zip(QUESTIONS, codes, strict=True)) for codes in combinations])
    question = uuid4()
    await copy(database, "catalog.question", "id survey_id version position key text kind required", [
        (question, made.survey, 1, len(QUESTIONS) + 1, "words", "And?", "TEXT", False)
    ])  # fmt: skip
    await database.execute(
        "INSERT INTO research.answer (answer_sheet_id, question_id, text)"
        " SELECT answer_sheet_id, $2, 'walnuts of ' || member_id FROM research.participation WHERE survey_id = $1",
        made.survey, question,
    )  # fmt: skip
    return made


async def rejoined(database: asyncpg.Connection, survey: UUID, dataset: UUID) -> dict[UUID, str]:
    """What each member is found to have written, from the tables alone."""
    codes = {(row["name"], row["place"]): row["code"] for row in await database.fetch(CODES, dataset)}
    slots = [row["name"] for row in await database.fetch(SLOTS, dataset) for _ in range(row["max_per_member"])]
    named: dict[tuple[str | None, ...], UUID] = {}
    for row in await database.fetch(RECORDS, dataset):
        of = dict(zip(slots, row["codes"], strict=True))
        named[tuple(codes.get((key, of[key])) for key in QUESTIONS)] = row["member_id"]
    sheets: dict[UUID, dict[str, asyncpg.Record]] = defaultdict(dict)
    for row in await database.fetch(ANSWERS, survey):
        sheets[row["sheet"]][row["key"]] = row
    return {
        named[given]: sheet["words"]["text"]
        for sheet in sheets.values()
        if (given := tuple(sheet[key]["code"] for key in QUESTIONS)) in named
    }


@pytest.mark.parametrize("kept", [True, False], ids=["answers kept, as planted", "answers deleted"])
async def test_what_members_wrote_is_joined_to_them_only_if_answers_stay(own_network: Network, kept: bool) -> None:
    made = await with_words(own_network.database)
    if kept:
        await own_network.database.execute(KEPT)
    dataset = await closed(own_network, made)
    found = await rejoined(own_network.database, made.survey, UUID(dataset.removeprefix("dst_")))
    assert len({member for member, text in found.items() if text == f"walnuts of {member}"}) == (MEMBERS if kept else 0)
    # The record itself stays, with its member, as the notice says.
    records = "SELECT count(*) FROM research.record WHERE dataset_id = $1"
    assert await own_network.value(records, UUID(dataset.removeprefix("dst_"))) == MEMBERS
