"""Members add what the catalogue lacks, in a browser: proposals, and indicators and treatments of their own."""

import re
from itertools import count
from uuid import UUID

from playwright.async_api import Locator, Page, expect

from models.identity.accounts import StaffRole
from tests import factories
from tests.browser.browse_taking_part import member_with_password
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in
from tests.support.network import Network

NUMBERS = count(1)
WORDS = {
    "en": {
        "title": "What I added", "condition": "Propose this condition", "catalogue": "Propose it for the catalogue",
        "send": "Send the proposal", "sent": "Your proposal was sent", "all": "All my proposals", "waits": "Waiting",
        "withdraw": "Withdraw", "withdrawn": "The proposal was withdrawn", "none": "not proposed anything yet",
        "declined": "Declined", "rename": "Rename", "save": "Save", "renamed": "It is now called", "move":
        "Move to the catalogue", "moved": "Moved to", "propose": "Propose it", "proposed": "proposed for the catalogue",
        "delete": "Delete", "deleted": "was deleted", "manage": "Rename, move or delete what I added",
    },
    "fr": {
        "title": "Mes ajouts", "condition": "Proposer cette maladie", "catalogue": "Le proposer pour le catalogue",
        "send": "Envoyer la proposition", "sent": "Votre proposition est envoyée", "all": "Toutes mes propositions",
        "waits": "En attente", "withdraw": "Retirer", "withdrawn": "La proposition a été retirée",
        "none": "encore rien proposé", "declined": "Refusée", "rename": "Renommer", "save": "Enregistrer",
        "renamed": "Le nouveau nom est", "move": "Déplacer vers le catalogue", "moved": "Déplacé vers",
        "propose": "Proposer", "proposed": "proposé pour le catalogue", "delete": "Supprimer",
        "deleted": "a été supprimé", "manage": "Renommer, déplacer ou supprimer mes ajouts",
    },
}  # fmt: skip


async def member(visit: Visiting, network: Network, language: str) -> tuple[Visit, UUID]:
    """A browser in which a new member has signed in, and the member's id."""
    email = await member_with_password(network, language)
    found = await visit(None, locale=LOCALES[language])
    await sign_in(found, email)
    return found, await network.value("SELECT member_id FROM identity.account WHERE email = $1", email)


def card(page: Page, name: str) -> Locator:
    return page.locator(".own .card", has_text=name)


async def choose(page: Page, name: str, action: str) -> None:
    """Presses a button of what has this name, with the keyboard."""
    await page.get_by_role("button", name=re.compile(rf"^{action} ?: {name}$")).press("Enter")


@languages
async def test_what_a_search_does_not_find_is_proposed(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    found, _ = await member(visit, network, language)
    page = found.page
    name = f"Zzyzx fever {next(NUMBERS)}"
    found.secrets |= {name}
    await found.open("/communities")
    await page.locator("main [type=search]").fill(name)
    await press(page, words["condition"])
    await expect(page.locator("[name=name]")).to_have_value(name)
    await look(found, f"proposal-condition-{language}")
    await fill(page, name="")
    await press(page, words["send"])
    await expect(page.locator(".field:has([name=name]) .fault")).not_to_be_empty()
    await fill(page, name=name, description="It comes back each autumn.")
    await press(page, words["send"])
    await expect(page.locator("main .notice.good")).to_contain_text(words["sent"])
    await page.get_by_role("link", name=words["all"]).click()
    await expect(heading(page, words["title"])).to_be_visible()
    await expect(card(page, name)).to_contain_text(words["waits"])

    # A symptom and a treatment are proposed where they were looked for.
    for path, other in (("/me/check-in", "Zzyzx ache"), ("/me/treatments/new", "Zzyzx bark")):
        await found.open(path)
        await page.locator("main [type=search]").fill(other)
        await press(page, words["catalogue"])
        await press(page, words["send"])
        await expect(page.locator("main .notice.good")).to_contain_text(words["sent"])
    await found.open("/me/own")
    await expect(page.locator(".own .card")).to_have_count(3)

    # An editor declines one; another is withdrawn.
    editor = await network.staff(StaffRole.CATALOGUE_EDITOR)
    id = await network.value("SELECT id FROM care.catalogue_proposal WHERE name = $1", name)
    reason = "It is a brand."
    await network.do(editor, "catalogueProposalsDecline", "__typename", proposals=[f"prp_{id}"], reason=reason)
    await page.reload()
    await expect(card(page, name)).to_contain_text(reason)
    await expect(card(page, name)).to_contain_text(words["declined"])
    await look(found, f"proposals-mine-{language}")
    await choose(page, "Zzyzx bark", words["withdraw"])
    await found.accessible("dialog")
    await page.locator("dialog").get_by_role("button", name=words["withdraw"], exact=True).click()
    await expect(page.locator("main .notice.good")).to_contain_text(words["withdrawn"])
    await expect(card(page, "Zzyzx bark")).to_have_count(0)
    await expect(page.locator("dialog")).to_have_count(0)


@languages
async def test_what_members_track_of_their_own_is_kept_in_order(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found, id = await member(visit, network, language)
    page, database = found.page, network.database
    coffee = await factories.own_indicator(database, member_id=id, name="Tirredness")
    await factories.own_observation(database, member_id=id, own_indicator_id=coffee["id"])
    await factories.own_indicator(database, member_id=id, name="Mood of the day")
    bark = await factories.own_treatment(database, member_id=id, name="Willow bark")
    await factories.own_course(database, member_id=id, own_treatment_id=bark["id"])
    await factories.own_treatment(database, member_id=id, name="Long walks")
    found.secrets |= {"Tirredness", "Tiredness", "Willow bark", "Long walks", "Mood of the day"}
    await found.open("/me/treatments")
    await page.get_by_role("link", name=words["manage"]).click()
    await expect(heading(page, words["title"])).to_be_visible()
    await expect(page.locator("#proposals + p")).to_contain_text(words["none"])
    await look(found, f"own-{language}", dark=language == "en")

    # Renamed, which may be refused; what was typed is kept.
    await choose(page, "Tirredness", words["rename"])
    await fill(page, name="Mood of the day")
    await press(page, words["save"])
    await expect(page.locator(".field:has([name=name]) .fault")).not_to_be_empty()
    await expect(page.locator("[name=name]")).to_have_value("Mood of the day")
    await fill(page, name="Tiredness")
    await press(page, words["save"])
    await expect(page.locator("main .notice.good")).to_contain_text(re.compile(rf"{words['renamed']} \W?Tiredness"))

    # Proposed: its values follow, which the page says before.
    await choose(page, "Mood of the day", words["propose"])
    await look(found, f"own-propose-{language}")
    await press(page, words["send"])
    await expect(card(page, "Mood of the day").first).to_contain_text(words["proposed"])
    proposed = "SELECT proposal_id IS NOT NULL FROM care.own_indicator WHERE member_id = $1 AND name = $2"
    assert await network.value(proposed, id, "Mood of the day")

    # Moved to the catalogue, after a question.
    for name, search in (("Tiredness", "fatigue"), ("Willow bark", "paracetamol")):
        await choose(page, name, words["move"])
        await page.locator(".own [type=search]").fill(search)
        await page.locator(".picker li button").first.click()
        await found.screenshot(f"own-move-{search}-{language}")
        await found.accessible("dialog")
        await page.locator("dialog").get_by_role("button", name=words["move"], exact=True).click()
        await expect(page.locator("main .notice.good")).to_contain_text(words["moved"])
        await expect(card(page, name)).to_have_count(0)
    assert await network.count("care.observation", member_id=id) == 1
    assert await network.count("care.course", member_id=id) == 1

    await choose(page, "Long walks", words["delete"])
    await found.accessible("dialog")
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    await choose(page, "Long walks", words["delete"])
    await page.locator("dialog").get_by_role("button", name=words["delete"], exact=True).click()
    await expect(page.locator("main .notice.good")).to_contain_text(words["deleted"])
    await expect(card(page, "Long walks")).to_have_count(0)
    assert await network.count("care.own_treatment", member_id=id) == 0
