"""The privacy notice: what it says, in both languages at once, and that newcomers have read the one in force."""

import asyncpg
import pytest

from resolvers.identity.credentials_mutations import REVERT_LIFETIME
from settings import Settings
from tests.support.client import ANYBODY, Ask
from tests.support.network import Network
from tests.support.newcomers import NOTICE, REGISTER, Mailbox, done, join, newcomer
from tests.support.records import undone

QUERY = "query ($in: Language!) { privacyNotice(language: $in) { id version language text inForceOn } }"
INSERT = """
    INSERT INTO catalog.privacy_notice (version, language, in_force_on, text)
    SELECT $1, language, '2020-01-01'::date + days, 'Text.' FROM unnest($2::text[], $3::integer[]) n (language, days)
"""
# What it must name, in each language.
NAMED = {
    "EN": ("health data", "year of birth", "only if you consent", "until you delete your account", "signs in",
           "data-protection authority", "whom they can call", "without your name"),
    "FR": ("données de santé", "année de naissance", "que si vous y consentez",
           "jusqu’à la suppression de votre compte",
           "se connecte", "autorité de protection des données", "qui elle peut appeler", "sans votre nom"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["EN", "FR"])
async def test_anybody_reads_the_notice_with_the_figures_that_apply(network: Network, language: str) -> None:
    found = (await network.ask(ANYBODY, QUERY, {"in": language}))["data"]["privacyNotice"]
    assert (found["version"], found["language"]) == (NOTICE, language)
    for words in NAMED[language]:
        assert words in found["text"], words
    defaults = Settings()
    figures = (defaults.minimum_age, defaults.sleep_months, defaults.sleep_notice_days, REVERT_LIFETIME.days)
    for figure, unit in zip(figures, ("years", "months", "days", "days"), strict=True):
        french = {"years": "ans", "months": "mois", "days": "jours"}[unit]
        assert f"{figure} {unit if language == 'EN' else french}" in found["text"]
    again = await network.ask(ANYBODY, "query ($id: ID!) { node(id: $id) { ... on PrivacyNotice { version } } }", found)
    assert again["data"]["node"] == {"version": NOTICE}
    default = (await network.ask(ANYBODY, "{ privacyNotice { language } }"))["data"]["privacyNotice"]
    assert default == {"language": "EN"}


@pytest.mark.parametrize(
    ("languages", "days"),
    [(["EN"], [0]), (["FR"], [0]), (["EN", "FR"], [0, 1]), (["EN", "FR", "DE"], [0, 0, 0])],
)
async def test_a_notice_that_lacks_a_language_is_refused(
    admin: asyncpg.Connection, languages: list[str], days: list[int]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(admin, languages, days)


async def test_a_notice_in_every_language_is_accepted(admin: asyncpg.Connection) -> None:
    async with undone(admin):
        await insert(admin, ["EN", "FR"], [0, 0])
        assert await admin.fetchval("SELECT count(*) FROM catalog.privacy_notice WHERE version = 'new'") == 2


async def insert(admin: asyncpg.Connection, languages: list[str], days: list[int]) -> None:
    async with admin.transaction():
        await admin.execute(INSERT, "new", languages, days)
        await admin.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def test_a_newcomer_has_read_the_notice_in_force(
    own_ask: Ask, owner: asyncpg.Connection, mailbox: Mailbox
) -> None:
    for version in ("", "2025-1", NOTICE + " "):
        (error,) = await done(own_ask, ANYBODY, REGISTER, newcomer("Ada", noticeVersion=version))
        assert (error["code"], error["path"]) == ("INVALID", ["input", "noticeVersion"])
        assert NOTICE in error["message"]
    await join(own_ask, mailbox, "Ada")
    await owner.execute(INSERT.replace("'2020-01-01'::date", "catalog.today()"), "new", ["EN", "FR"], [0, 0])
    await owner.execute(INSERT.replace("'2020-01-01'::date", "catalog.today()"), "next", ["EN", "FR"], [9, 9])
    shown = (await own_ask(ANYBODY, "{ privacyNotice { version } }"))["data"]["privacyNotice"]["version"]
    assert shown == "new"
    (error,) = await done(own_ask, ANYBODY, REGISTER, newcomer("Ben"))
    assert error["path"] == ["input", "noticeVersion"]
    await join(own_ask, mailbox, "Ben", noticeVersion=shown)
    stored = "SELECT notice_version FROM identity.account WHERE email = 'ben@people.example'"
    assert await owner.fetchval(stored) == "new"
