"""Members who take part, in a browser: consents, a survey with branching on two devices, and where their data went."""

import re
from itertools import count
from typing import Any
from uuid import UUID

from playwright.async_api import Locator, Page, expect

from resolvers.identity.passwords import HASHER
from tests import factories
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import LOCALES, heading, languages, look, press, sign_in
from tests.support.client import PASSWORD
from tests.support.network import Network

numbers = count(1)
KINDS = ("LABORATORY", "HOSPITAL", "MUTUAL", "INSURER")
WORDS = {
    "en": {
        "surveys": "Surveys", "needs consent": "Needs your consent",
        "to consents": "To my consents", "grant": "Grant consent",
        "granted": "Your consent is granted",
        "withdraw consent": "Withdraw consent", "withdrawn": "Your consent is withdrawn",
        "saved": "All answers are saved", "review": "Review my answers",
        "change": "Change", "submit": "Submit my answers",
        "thanks": "Thank you", "begun": "Begun: go on",
        "withdraw": "Withdraw my answers", "other": "Language: Français",
        "needs": "needs an answer", "away": "Not saved yet",
        "uses": "Where my data went", "to ledger": "To the public ledger",
        "unaccepted": "not accepted as it stands", "reads": "Who read my data",
    },
    "fr": {
        "surveys": "Questionnaires",
        "needs consent": "Votre consentement est nécessaire", "to consents": "Vers mes consentements",
        "grant": "Accorder mon consentement", "granted": "Votre consentement est accordé",
        "withdraw consent": "Retirer mon consentement", "withdrawn": "Votre consentement est retiré",
        "saved": "Toutes les réponses sont enregistrées", "review": "Relire mes réponses", "change": "Modifier",
        "submit": "Envoyer mes réponses", "thanks": "Merci", "begun": "Commencé : continuer",
        "withdraw": "Retirer mes réponses", "other": "Langue: English", "needs": "attend une réponse",
        "away": "Pas encore enregistré", "uses": "Où sont allées mes données", "to ledger": "Vers le registre public",
        "unaccepted": "acceptée telle quelle", "reads": "Qui a lu mes données",
    },
}  # fmt: skip


async def member_with_password(network: Network, language: str, *communities: UUID, **given: Any) -> str:
    """The e-mail address of a new member, who signs in with PASSWORD."""
    member = await network.member(*communities, **given)
    account = await network.value("SELECT id FROM identity.account WHERE member_id = $1", member.id)
    return await let_sign_in(network, account, language)


async def let_sign_in(network: Network, account: UUID, language: str) -> str:
    """Gives an account an address, which it returns, a language and the password PASSWORD."""
    email = f"walker{next(numbers)}@people.example"
    await network.database.execute(
        "UPDATE identity.account SET email = $2, email_verified = true, locale = $3 WHERE id = $1",
        account,
        email,
        LOCALES[language],
    )
    await factories.credential(network.database, account_id=account, password_hash=HASHER.hash(PASSWORD))
    return email


async def open_survey(network: Network) -> tuple[str, UUID]:
    """The id of an open survey about living with a condition, and its community."""
    found = await network.row(
        """
        SELECT s.id, s.community_id FROM catalog.survey s
        WHERE s.status = 'OPEN'
            AND EXISTS (SELECT FROM catalog.question q WHERE q.survey_id = s.id AND q.key = 'burden')
            AND NOT EXISTS (SELECT FROM catalog.eligibility e WHERE e.survey_id = s.id)
        ORDER BY s.id LIMIT 1
        """
    )
    return f"svy_{found['id']}", found["community_id"]


async def taking_part(visit: Visiting, network: Network, language: str = "en") -> tuple[Visit, str]:
    """A new member who has signed in and consented, and the path of a survey that is open to them."""
    survey, community = await open_survey(network)
    email = await member_with_password(network, language, community)
    found = await visit(None, locale=LOCALES[language])
    await sign_in(found, email)
    await found.open("/me/consents")
    await grant(found, language)
    return found, f"/me/surveys/{survey}"


def question(page: Page, key: str) -> Locator:
    return page.locator(f"[data-question={key}]")


async def choose(page: Page, key: str, *values: object) -> None:
    for value in values:
        await question(page, key).locator(f'input[value="{value}"]').check()


async def grant(found: Visit, language: str) -> None:
    """Consents to research with answers by everybody."""
    section = found.page.locator("section:has(#SURVEY_RESEARCH)")
    for kind in KINDS:
        await section.locator(f'[name="recipients.{kind}"]').check()
    await section.locator("[name=noticeVersion]").check()
    await section.get_by_role("button", name=WORDS[language]["grant"]).click()
    await expect(section.locator(".notice.good")).to_contain_text(WORDS[language]["granted"])


async def enrolled(network: Network, language: str) -> str:
    """The e-mail address of a member whose data a laboratory has used, and who signs in with PASSWORD."""
    account = await network.value(
        """
        SELECT min(a.id::text)::uuid FROM research.enrolment e JOIN identity.account a USING (member_id)
        JOIN insight.dataset d ON d.id = e.dataset_id JOIN catalog.community c ON c.id = d.community_id
        WHERE c.slug = 'rheumatoid-arthritis' AND e.withdrawn_at IS NULL
            AND NOT EXISTS (SELECT FROM identity.credential k WHERE k.account_id = a.id)
        """
    )
    return await let_sign_in(network, account, language)


@languages
async def test_a_survey_is_answered_on_two_devices_and_submitted(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    survey, community = await open_survey(network)
    email = await member_with_password(network, language, community)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, email)
    await found.open("/me/surveys")
    card = page.locator(f".cards a[href='/me/surveys/{survey}']")
    await expect(card).to_contain_text(words["needs consent"])
    await look(found, f"surveys-{language}")
    await card.click()
    await page.get_by_role("link", name=words["to consents"]).click()
    await page.locator("section.consent").first.wait_for()
    await look(found, f"consents-{language}")
    await grant(found, language)
    await found.open(f"/me/surveys/{survey}")
    await question(page, "burden").wait_for()
    await expect(question(page, "helper")).to_have_count(0)
    await choose(page, "burden", 8)
    await choose(page, "helper", "YES")
    await choose(page, "help_kinds", "HOUSE", "PAPERS")
    await choose(page, "burden", 3)
    for hidden in ("helper", "help_kinds"):
        await expect(question(page, hidden)).to_have_count(0)
    await choose(page, "burden", 8)
    await expect(question(page, "help_kinds").locator("input:checked")).to_have_count(2)
    await choose(page, "work", "FULL_TIME")
    await choose(page, "hours", "NO")
    await question(page, "year_of_diagnosis").locator("input").fill("1800")
    await expect(question(page, "year_of_diagnosis").locator(".fault")).to_contain_text(words["unaccepted"])
    await expect(page.locator(".survey-bar [role=status]")).to_contain_text(words["saved"])
    await look(found, f"survey-{language}")

    # Another device goes on, and asks in another language in between.
    other = await visit(None, locale=LOCALES[language], narrow=True)
    await sign_in(other, email)
    await other.open("/me/surveys")
    await expect(other.page.locator(".cards")).to_contain_text(words["begun"])
    await other.page.locator(f".cards a[href='/me/surveys/{survey}']").click()
    page = other.page
    await expect(question(page, "helper").locator("input[value=YES]")).to_be_checked()
    await expect(question(page, "year_of_diagnosis").locator("input")).to_have_value("")
    title = await page.locator("h1").inner_text()
    await choose(page, "work", "RETIRED")
    await expect(question(page, "hours")).to_have_count(0)
    await page.locator("main").get_by_role("button", name=words["other"]).click()
    await expect(page.locator("h1")).not_to_have_text(title)
    await expect(question(page, "work").locator("input[value=RETIRED]")).to_be_checked()
    back = WORDS["fr" if language == "en" else "en"]["other"]
    await page.locator("main").get_by_role("button", name=back).click()
    await expect(page.locator("h1")).to_have_text(title)

    # What is missing is named at its own question.
    await press(page, words["review"])
    await expect(question(page, "year_of_diagnosis").locator(".fault")).to_contain_text(words["needs"])
    await expect(question(page, "symptoms").locator(".fault")).to_contain_text(words["needs"])
    await expect(question(page, "burden").locator(".fault")).to_be_empty()
    await expect(question(page, "year_of_diagnosis").locator("input")).to_be_focused()
    await look(other, f"survey-refused-{language}", narrow=False)
    await question(page, "year_of_diagnosis").locator("input").fill("2011")
    await question(page, "symptoms").locator("input").first.check()
    await question(page, "last_visit").locator("input").fill("2026-03-02")
    await choose(page, "visit_kind", "YES")
    await question(page, "wish").locator("textarea").fill("Less paperwork.")
    await press(page, words["review"])
    await expect(page.locator("#review")).to_be_focused()
    await look(other, f"survey-review-{language}", narrow=False)
    await page.locator(".review").get_by_role("button", name=words["change"]).first.click()
    await expect(question(page, "year_of_diagnosis").locator("input")).to_be_focused()
    await press(page, words["review"])
    await press(page, words["submit"])
    await expect(page.locator(".notice.good")).to_contain_text(words["thanks"])
    await look(other, f"survey-submitted-{language}", narrow=False)
    other.secrets |= {"Less paperwork."}
    submitted = """
        SELECT count(*) FROM research.participation p JOIN identity.account a USING (member_id)
        WHERE p.survey_id = $1 AND a.email = $2 AND p.status = 'COMPLETED'
    """
    assert await network.value(submitted, UUID(survey[4:]), email) == 1

    # The first device shows what was submitted, and takes it back.
    page = found.page
    await page.reload()
    await expect(page.locator(".review")).to_contain_text("2011")
    await press(page, words["withdraw"])
    await page.locator("dialog").get_by_role("button", name=words["withdraw"]).click()
    await expect(question(page, "year_of_diagnosis").locator("input")).to_have_value("")


async def test_answers_in_two_windows_do_not_undo_each_other(visit: Visiting, network: Network) -> None:
    found, survey = await taking_part(visit, network)
    one, other = found.page, await found.context.new_page()
    for page in (one, other):
        await page.goto(found.origin + survey)
        await question(page, "burden").wait_for()
    await choose(other, "burden", 9)
    await question(other, "wish").locator("textarea").fill("Less paperwork.")
    await expect(other.locator(".survey-bar [role=status]")).to_contain_text(WORDS["en"]["saved"])
    await question(one, "year_of_diagnosis").locator("input").fill("20")  # not accepted yet, so not saved
    await one.evaluate("dispatchEvent(new Event('focus'))")  # a browser without windows has no other way
    await expect(question(one, "wish").locator("textarea")).to_have_value("Less paperwork.")
    await question(one, "year_of_diagnosis").locator("input").fill("2011")
    await one.wait_for_timeout(100)  # for the page to see that it is to be saved
    await expect(one.locator(".survey-bar [role=status]")).to_contain_text(WORDS["en"]["saved"])
    await other.reload()
    await expect(question(other, "wish").locator("textarea")).to_have_value("Less paperwork.")
    await expect(question(other, "burden").locator('input[value="9"]')).to_be_checked()
    await expect(question(other, "year_of_diagnosis").locator("input")).to_have_value("2011")
    found.secrets |= {"Less paperwork."}


async def test_answers_outlast_a_server_that_is_away(visit: Visiting, network: Network) -> None:
    found, survey = await taking_part(visit, network)
    page = found.page
    await found.open(survey)
    await question(page, "burden").wait_for()
    await found.context.set_offline(True)
    await choose(page, "burden", 9)
    await expect(page.locator(".survey-bar [role=status]")).to_contain_text(WORDS["en"]["away"])
    await expect(question(page, "helper")).to_be_visible()
    await found.context.set_offline(False)
    await expect(page.locator(".survey-bar [role=status]")).to_contain_text(WORDS["en"]["saved"])
    await page.reload()
    await expect(question(page, "burden").locator('input[value="9"]')).to_be_checked()


@languages
async def test_a_consent_is_withdrawn(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    email = await member_with_password(network, language)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, email)
    await found.open("/me/consents")
    section = page.locator("section:has(#SURVEY_RESEARCH)")
    await section.locator("[name=noticeVersion]").check()
    await section.get_by_role("button", name=words["grant"]).click()
    await expect(section.locator("fieldset .fault")).not_to_be_empty()  # nobody was chosen
    await grant(found, language)
    await section.get_by_role("button", name=words["withdraw consent"]).click()
    await look(found, f"consent-withdraw-{language}")
    await page.locator("dialog").get_by_role("button", name=words["withdraw consent"]).click()
    await expect(section.locator(".notice.good")).to_contain_text(words["withdrawn"])


@languages
async def test_a_member_finds_a_laboratorys_use(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    email = await enrolled(network, language)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, email)
    await found.open("/me/data")
    await page.locator(".uses li").first.wait_for()
    assert re.search(r"\w_\w", await page.locator(".uses").inner_text()) is None  # labels, and no names of variables
    await look(found, f"data-uses-{language}")
    await page.locator(".uses a", has_text="Alvéole").first.click()
    await page.locator(".chart").first.wait_for()
    await page.locator("main details summary").first.click()
    await expect(page.locator("tbody tr").first).to_contain_text("%")
    await page.locator("main details summary").first.click()
    await look(found, f"data-use-{language}")
    await page.get_by_role("link", name=words["to ledger"]).click()
    await page.wait_for_url("**/ledger/*")
    await page.locator("main dl dd").first.wait_for()
    await found.open("/me/reads")
    await expect(heading(page, words["reads"])).to_be_visible()
    await look(found, f"data-reads-{language}")


async def test_a_dataset_that_nobody_sees_has_no_english_name_in_french(visit: Visiting, network: Network) -> None:
    patient = await network.ask.sign_in("patient")
    read: Any = await network.ask(patient, "{ me { dataUses { nodes { id datasetTitle variables dataset { id } } } } }")
    uses = read["data"]["me"]["dataUses"]["nodes"]
    unseen = {each["id"]: each["datasetTitle"] for each in uses if not each["dataset"] and not each["variables"]}
    assert unseen, "no dataset of the patient's was too small"
    found = await visit(None, locale=LOCALES["fr"])
    await sign_in(found, "patient@demo.example")
    for address in ("/me/data", f"/ledger/{next(iter(unseen))}"):
        await found.open(address)
        await expect(found.page.locator("main")).to_contain_text("Un jeu de données de la communauté")
        shown = "\n".join(await found.page.locator("main :is(.uses p, dd:not(:has(code)))").all_inner_texts())
        assert [title for title in unseen.values() if title in shown] == [], address
