"""The terms of use: what they say, who accepts which version, and how members learn of a new one."""

import re
from datetime import date

import asyncpg
import pytest

from models.insight.undertakings import IN_FORCE, TEXTS
from models.languages import Language
from tests import factories
from tests.project.test_web_texts import AVOIDED
from tests.support.client import ANYBODY, Ask
from tests.support.network import Network
from tests.support.newcomers import REGISTER, TERMS, Mailbox, done, join, newcomer
from tests.support.records import undone

QUERY = "query ($in: Language!) { terms(language: $in) { version language text inForceOn } }"
ACCEPTED = "{ me { account { termsVersion termsAcceptedAt termsOutdated } } }"
# What they must name, in each language.
NAMED = {
    "EN": ("collect", "with a program", "pass it on", "sell", "who a member is", "insurance", "train a program",
           "one account", "works for a laboratory", "moderators are notified", "for one day"),
    "FR": ("collecter", "avec un programme", "transmettre", "vendre", "qui est un membre", "assurance",
           "entraîner un programme", "un seul compte", "travaillent pour un laboratoire",
           "la modération en est avertie", "pendant un jour"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["EN", "FR"])
async def test_anybody_reads_the_terms_in_both_languages(network: Network, language: str) -> None:
    found = (await network.ask(ANYBODY, QUERY, {"in": language}))["data"]["terms"]
    assert (found["version"], found["language"]) == (TERMS, language)
    for words in NAMED[language]:
        assert words in found["text"], words
    default = (await network.ask(ANYBODY, "{ terms { language } }"))["data"]["terms"]
    assert default == {"language": "EN"}


LEGAL = "{ terms(language: FR) { text } privacyNotice(language: FR) { text } notices(language: FR) { text } }"
OTHER_WORDS = re.compile(r"\borganismes?\b|\bavis\b|publications?\b")  # for organizations, notices and posts


async def test_french_legal_texts_have_the_words_of_the_pages(network: Network) -> None:
    found = (await network.ask(ANYBODY, LEGAL))["data"]
    texts = [each["text"] for each in (found["terms"], found["privacyNotice"], *found["notices"])]
    texts.append(TEXTS[IN_FORCE][Language.FR])
    assert len(texts) == 5
    for text in texts:
        assert AVOIDED.findall(text) + OTHER_WORDS.findall(text) == []


@pytest.mark.parametrize(
    ("languages", "days"),
    [(["EN"], [0]), (["FR"], [0]), (["EN", "FR"], [0, 1]), (["EN", "FR"], [0, 0])],
)
async def test_terms_that_lack_a_language_are_refused(
    admin: asyncpg.Connection, languages: list[str], days: list[int]
) -> None:
    async def insert() -> None:
        async with admin.transaction():
            await admin.execute(
                "INSERT INTO catalog.terms (version, language, in_force_on, text)"
                " SELECT 'new', language, '2020-01-01'::date + days, 'Text.'"
                " FROM unnest($1::text[], $2::integer[]) n (language, days)",
                languages,
                days,
            )
            await admin.execute("SET CONSTRAINTS ALL IMMEDIATE")

    async with undone(admin):
        if len(set(days)) == 1 and len(languages) == 2:
            await insert()
            return
        with pytest.raises(asyncpg.CheckViolationError):
            await insert()


async def test_a_newcomer_accepts_the_terms_in_force(own_ask: Ask, owner: asyncpg.Connection, mailbox: Mailbox) -> None:
    for version in ("", "2025-9", TERMS + " "):
        errors = await done(own_ask, ANYBODY, REGISTER, newcomer("Ada", termsVersion=version))
        assert [(error["code"], error["path"]) for error in errors] == [("INVALID", ["input", "termsVersion"])]
        assert TERMS in errors[0]["message"]
    assert await owner.fetchval("SELECT count(*) FROM identity.registration") == 0
    ada = await join(own_ask, mailbox, "Ada")
    account = (await own_ask(ada, ACCEPTED))["data"]["me"]["account"]
    assert (account["termsVersion"], account["termsOutdated"]) == (TERMS, False)
    stored = await owner.fetchrow("SELECT terms_accepted_at, created_at FROM identity.account WHERE email LIKE 'ada%'")
    assert stored is not None
    assert stored["terms_accepted_at"] <= stored["created_at"]
    missing = {name: value for name, value in newcomer("Ben").items() if name != "termsVersion"}
    answer = await own_ask(ANYBODY, REGISTER, {"input": missing})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_member_is_told_of_new_terms_and_accepts_them(own_network: Network) -> None:
    network, member = own_network, await own_network.member()

    async def account() -> tuple[str | None, bool, bool]:
        found = (await network.ask(member, ACCEPTED))["data"]["me"]["account"]
        return found["termsVersion"], found["termsAcceptedAt"] is not None, found["termsOutdated"]

    assert await account() == (None, False, True)  # the account is older than the terms
    assert await network.refused(member, "termsAccept", termsVersion="2025-9") == ("INVALID", "input.termsVersion")
    assert await account() == (None, False, True)
    payload = await network.do(member, "termsAccept", "account { termsVersion termsOutdated }", termsVersion=TERMS)
    assert payload == {"account": {"termsVersion": TERMS, "termsOutdated": False}, "userErrors": []}
    at = await network.value("SELECT terms_accepted_at FROM identity.account WHERE member_id = $1", member.id)
    await network.do(member, "termsAccept", "__typename", termsVersion=TERMS)
    assert at == await network.value("SELECT terms_accepted_at FROM identity.account WHERE member_id = $1", member.id)
    await factories.terms(network.database, version="2999-1", in_force_on=date(2999, 1, 1))
    assert await account() == (TERMS, True, False)  # not in force yet
    today = await network.value("SELECT catalog.today()")
    await factories.terms(network.database, version="next", in_force_on=today)
    assert await account() == (TERMS, True, True)
    assert await network.refused(member, "termsAccept", termsVersion=TERMS) == ("INVALID", "input.termsVersion")
    await network.do(member, "termsAccept", "__typename", termsVersion="next")
    assert await account() == ("next", True, False)
