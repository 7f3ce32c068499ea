"""The notices shown before consent: both languages at once, and figures that are those of the guarantee."""

import math
import re

import asyncpg
import pytest

from privacy.budget import LARGEST_CAP, LIFE, TERM_DAYS, WAVES_YEARLY, YEARLY
from privacy.loss import guess_probability
from tests.support.client import ANYBODY
from tests.support.network import Network
from tests.support.records import undone
from tests.support.surveys import NOTICE, TRACKING_NOTICE

IN_FORCE = [("SURVEY_RESEARCH", NOTICE), ("TRACKING_RESEARCH", TRACKING_NOTICE)]
QUERY = "query ($in: Language!) { notices(language: $in) { purpose version language text } }"
INSERT = """
    INSERT INTO catalog.notice (purpose, version, language, in_force_on, text)
    SELECT 'SURVEY_RESEARCH', $1, language, '2020-01-01'::date + days, 'Text.'
    FROM unnest($2::text[], $3::integer[]) n (language, days)
"""
EARLIER_CAP = 250_000  # of the datasets that were frozen before the notice was in force
# What each notice must name, in each language: readers, what is kept, and for how long.
NAMED = {
    "EN": ("laboratories", "hospitals", "mutuals", "insurers", "Members and the staff", "public ledger", "deleted",
           "record", "one year at most", "administer the database", "numbers of members",
           "until you delete your account", "withdraw", "A consent for the other purpose"),
    "FR": ("laboratoires", "hôpitaux", "mutuelles", "assureurs", "Les membres et l’équipe", "registre public",
           "supprimé", "fiche", "un an au plus", "administrent la base", "nombres de membres",
           "jusqu’à la suppression de votre compte",
           "retirer", "Un consentement pour l’autre finalité"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["EN", "FR"])
async def test_a_notice_names_its_readers_its_figures_and_what_is_kept(network: Network, language: str) -> None:
    found = (await network.ask(ANYBODY, QUERY, {"in": language}))["data"]["notices"]
    assert [(one["purpose"], one["version"], one["language"]) for one in found] == [
        (purpose, version, language) for purpose, version in IN_FORCE
    ]
    assert TERM_DAYS == 364  # a year, with the day of freezing
    coin, new, old, year, life = (
        math.ceil(100 * guess_probability(spent)) for spent in (0, WAVES_YEARLY, EARLIER_CAP, YEARLY, LIFE)
    )
    assert (coin, new, old, year, life) == (50, 68, 70, 77, 85)
    assert math.ceil(100 * guess_probability(LARGEST_CAP)) == old
    for notice in found:
        for words in NAMED[language]:
            assert words in notice["text"], words
        figures = [int(number) for number in re.findall(r"\d+", notice["text"])]
        of_one = [old, 100] if notice["purpose"] == "SURVEY_RESEARCH" else [new, 100, old]
        assert figures == [coin, 100, *of_one, year, life]


@pytest.mark.parametrize(
    ("languages", "days"),
    [(["EN"], [0]), (["FR"], [0]), (["EN", "FR"], [0, 1]), (["EN", "FR", "DE"], [0, 0, 0])],
)
async def test_a_notice_that_lacks_a_language_is_refused(
    admin: asyncpg.Connection, languages: list[str], days: list[int]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(admin, languages, days)
    assert await admin.fetchval("SELECT count(*) FROM catalog.notice WHERE version = 'new'") == 0


async def test_a_notice_in_every_language_is_accepted(admin: asyncpg.Connection) -> None:
    async with undone(admin):
        await insert(admin, ["EN", "FR"], [0, 0])
        assert await admin.fetchval("SELECT count(*) FROM catalog.notice WHERE version = 'new'") == 2


async def insert(admin: asyncpg.Connection, languages: list[str], days: list[int]) -> None:
    async with admin.transaction():
        await admin.execute(INSERT, "new", languages, days)
        await admin.execute("SET CONSTRAINTS ALL IMMEDIATE")
