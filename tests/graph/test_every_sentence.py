"""Refusals, mails and notifications are in the language of their reader: texts that the walk over the view lacks."""

from collections import defaultdict
from typing import Any

import pytest

from commands.translations import translated
from models.identity.registrations import MailTemplate
from models.languages import DEFAULT, Language
from models.viewers import Audience
from privacy.domains import REGIONS
from resolvers.identity.mail_templates import ABOUT_DAYS, mail_text
from tests import factories
from tests.graph.test_every_text import ENGLISH, FRENCH
from tests.graph.test_faults_at_once import FAULTS, callers, filled, ids
from tests.graph.test_texts import VIEWS
from tests.support.client import Caller
from tests.support.network import Network

__all__ = ["callers", "ids"]  # fixtures

WORDS = {Language.EN: ENGLISH, Language.FR: FRENCH}
NEWS = """
query ($in: Language!) @inContext(language: $in) { me { notifications(first: 9) { nodes { kind subject {
  ... on Survey { title community { name } }
  ... on CatalogueProposal { name treatment { name } indicator { name unit } }
  ... on Discussion { title community { name } }
} } } } }
"""
FRENCH_NAME = '{"fr": {"name": "Maux de tête"}}'


def strangers(text: str, language: Language) -> list[str]:
    """The words of other languages in a text, if there are more of them than of its own; not in names of places."""
    for name in REGIONS:
        text = text.replace(name, "")
    found = {each: words.findall(text) for each, words in WORDS.items()}
    others = [word for each, words in found.items() if each is not language for word in words]
    return others if len(others) > len(found[language]) else []


def test_a_text_in_the_other_language_is_noticed() -> None:
    for right, wrong, text in (
        (Language.EN, Language.FR, "The code is not valid."),
        (Language.FR, Language.EN, "Ce code n’est pas valable pour vous."),
    ):
        assert strangers(text, right) == []
        assert strangers(text, wrong)


@pytest.mark.parametrize("language", [each for each in Language if each is not DEFAULT])
def test_every_sentence_that_is_said_has_words_of_its_language(language: Language) -> None:
    entries = [entry for entry in translated(language) if entry.id]
    assert len(entries) > 400
    for entry in entries:
        for written, of in ((entry.string, language), (entry.id, DEFAULT)):
            for text in [written] if isinstance(written, str) else written or ():
                assert (text, strangers(text, of)) == (text, [])


async def refusals(
    network: Network, caller: Caller, audience: Audience, name: str, given: Any, language: Language
) -> dict[tuple[str, ...], str]:
    """The messages of a refused mutation by code and path."""
    declared = VIEWS[audience]._schema.mutation_type.fields[name].args["input"].type  # type: ignore[union-attr]
    document = (
        f"mutation ($input: {declared}) @inContext(language: {language.value})"
        f" {{ {name}(input: $input) {{ userErrors {{ code path message }} }} }}"
    )
    answer = await network.ask(caller, document, {"input": given})
    return {(error["code"], *error["path"]): error["message"] for error in answer["data"][name]["userErrors"]}


async def test_every_refusal_is_in_the_language_of_the_request(
    network: Network, callers: dict[Audience, Caller], ids: dict[str, str]
) -> None:
    said: dict[Language, set[str]] = defaultdict(set)
    for audience, name, given, _ in FAULTS:
        both = {
            language: await refusals(network, callers[audience], audience, name, filled(given, ids), language)
            for language in Language
        }
        assert both[Language.EN].keys() == both[Language.FR].keys() != set(), name
        for language, messages in both.items():
            for text in messages.values():
                assert (name, text, strangers(text, language)) == (name, text, [])
            said[language] |= set(messages.values())
    assert said[Language.EN] & said[Language.FR] == set()
    assert len(said[Language.FR]) > 80


@pytest.mark.parametrize("template", list(MailTemplate))
def test_every_mail_is_in_the_language_of_its_account(template: MailTemplate) -> None:
    about = "2030-03-02" if template in ABOUT_DAYS else "Zoé"
    mails = {language: mail_text(template, language.tag, "A" * 32, about) for language in Language}
    assert mails[Language.EN].subject != mails[Language.FR].subject
    for language, mail in mails.items():
        for text in (mail.subject, mail.body):
            assert (text, strangers(text, language)) == (text, [])
        assert mail.body.startswith({Language.EN: "Hello", Language.FR: "Bonjour"}[language])
    lines = [set(mail.body.splitlines()) - {"", "A" * 32, about} for mail in mails.values()]
    assert lines[0] & lines[1] == set()


async def test_what_notifications_are_about_is_in_the_language_of_the_request(own_network: Network) -> None:
    database, mia = own_network.database, await own_network.member()
    community = await factories.community(database, name="Headache", translations=FRENCH_NAME)
    of_community = {"community_id": community["id"]}
    survey = await factories.survey(
        database, title="Sleep", translations='{"fr": {"title": "Le sommeil"}}', opens_on=None, **of_community
    )
    treatment = await factories.treatment(database, name="Tea", translations='{"fr": {"name": "Thé"}}')
    indicator = await factories.indicator(
        database, name="Walks", scale="QUANTITY", unit="steps", translations='{"fr": {"name": "Pas", "unit": "pas"}}'
    )
    decided = {"member_id": mia.id, "status": "ACCEPTED", "decided_on": factories.DAY}
    proposals = [
        await factories.catalogue_proposal(database, name="Mine", kind=kind, **decided, **{f"{table}_id": entry["id"]})
        for kind, table, entry in (("TREATMENT", "treatment", treatment), ("SYMPTOM", "indicator", indicator))
    ]
    discussion = await factories.discussion(database, title="A question", **of_community)
    about = [("svy", survey), *(("prp", each) for each in proposals), ("dis", discussion)]
    for position, (prefix, subject) in enumerate(about):
        await factories.notification(
            database, member_id=mia.id, subject_type=prefix, subject_id=subject["id"],
            created_at=factories.NOON.replace(minute=position),
        )  # fmt: skip
    for language, place, title, tea, walks, steps in (
        ("EN", "Headache", "Sleep", "Tea", "Walks", "steps"), ("FR", "Maux de tête", "Le sommeil", "Thé", "Pas", "pas"),
    ):  # fmt: skip
        answer = await own_network.ask(mia, NEWS, {"in": language})
        assert "errors" not in answer, answer
        subjects = [each["subject"] for each in answer["data"]["me"]["notifications"]["nodes"]]
        assert subjects[::-1] == [
            {"title": title, "community": {"name": place}},
            {"name": "Mine", "treatment": {"name": tea}, "indicator": None},
            {"name": "Mine", "treatment": None, "indicator": {"name": walks, "unit": steps}},
            {"title": "A question", "community": {"name": place}},
        ]
