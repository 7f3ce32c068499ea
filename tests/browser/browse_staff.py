"""The pages of staff in a browser: the moderators' queue, surveys, licences, the catalogue, and what roles allow."""

import re
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Page, expect

from models.community.discussions import FlagReason
from models.identity.accounts import StaffRole
from tests import factories
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import LOCALES, fill, heading, look, press, sign_in
from tests.support.network import Network

NUMBERS = count(1)
WORDS = {
    "en": {
        "home": "Staff", "flags": "Flags", "uphold": "Remove the post …", "remove": "Remove the post",
        "removed": "The post was removed", "dismiss": "Dismiss the flag …", "dismissed": "Dismiss the flag",
        "context": "Show in the discussion", "suspend": "Suspend the author …", "suspended": "Suspend",
        "appeals": "Appeals", "decide": "Decide", "decided": "The appeal was decided", "members": "Members", "find": "Find",
        "verify": "Verify the association", "verified": "Verified",
    },
    "fr": {
        "home": "Équipe", "flags": "Signalements", "uphold": "Retirer le message…", "remove": "Retirer le message",
        "removed": "Le message a été retiré", "dismiss": "Rejeter le signalement…", "dismissed": "Rejeter le signalement",
        "context": "Voir dans la discussion", "suspend": "Suspendre l’auteur…", "suspended": "Suspendre",
        "appeals": "Recours", "decide": "Statuer", "decided": "Le recours est tranché", "members": "Membres",
        "find": "Chercher", "verify": "Vérifier l’association", "verified": "Vérifiée",
    },
}  # fmt: skip
languages = pytest.mark.parametrize("language", LOCALES)


async def staff(visit: Visit, network: Network, language: str, *roles: StaffRole, **given: Any) -> None:
    """Signs in as staff of a new account, which has these roles, or all of them."""
    database = network.database
    known = await network.value("SELECT password_hash FROM identity.credential LIMIT 1")
    held = {"roles": list(roles)} if roles else {}
    made = await factories.staff(database, **(held | given))
    email = f"staff-{next(NUMBERS)}@people.example"
    of = {"staff_id": made["id"], "email": email, "email_verified": True, "locale": LOCALES[language]}
    account = await factories.account(database, **of)
    await factories.credential(database, account_id=account["id"], password_hash=known)
    await sign_in(visit, email, language=language)
    await expect(heading(visit.page, WORDS[language]["home"])).to_be_visible()


async def flagged(network: Network, body: str) -> None:
    """A post that a member has flagged as urgent, so that it is the first of the queue."""
    community = await network.row("SELECT id FROM catalog.community WHERE slug = 'multiple-sclerosis'")
    discussion = await factories.discussion(network.database, community_id=community["id"])
    post = await factories.post(network.database, discussion_id=discussion["id"], body=body)
    await factories.flag(network.database, post_id=post["id"], reason=FlagReason.SELF_HARM_RISK, note="Please look.")


def case(page: Page, text: str) -> Any:
    return page.locator("article.case").filter(has_text=text)


@languages
async def test_a_moderator_handles_flags(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    gone, stays = (f"Nobody would miss me {next(NUMBERS)}", f"I am fine {next(NUMBERS)}")
    await flagged(network, gone)
    await flagged(network, stays)
    found = await visit("/", locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.MODERATOR)
    await look(found, f"staff-home-moderator-{language}")
    await page.locator(".cards").get_by_role("link", name=re.compile(words["flags"])).click()
    post = case(page, gone)
    await expect(post).to_be_visible()
    await look(found, f"staff-flags-{language}")
    await post.get_by_role("button", name=words["context"]).click()
    await expect(post.locator(".thread [aria-current]")).to_contain_text(gone)
    await post.get_by_role("button", name=words["uphold"]).click()
    await post.get_by_role("textbox").fill("x" * 1_001)
    await post.get_by_role("button", name=words["remove"], exact=True).click()
    await expect(post.locator(".field .fault")).not_to_be_empty()
    await expect(post.get_by_role("textbox")).to_have_value("x" * 1_001)
    await post.get_by_role("textbox").fill("We have called the helpline.")
    await look(found, f"staff-flag-deciding-{language}")
    await post.get_by_role("button", name=words["remove"], exact=True).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["removed"])
    await expect(post).to_have_count(0)
    other = case(page, stays)
    await other.get_by_role("button", name=words["suspend"]).click()
    await other.get_by_role("textbox").fill("Three warnings.")
    await other.get_by_role("button", name=words["suspended"], exact=True).click()
    await expect(page.locator(".notice.good")).to_be_focused() if False else await page.locator(".notice.good").wait_for()
    await other.get_by_role("button", name=words["dismiss"]).click()
    await other.get_by_role("button", name=words["dismissed"], exact=True).click()
    await expect(other).to_have_count(0)
    assert await network.value("SELECT removed FROM care.post WHERE body IS NULL AND removed ORDER BY created_at DESC LIMIT 1")
    await page.locator("select[name=status]").select_option("UPHELD")
    await expect(case(page, gone)).to_be_visible()
    found.secrets |= {gone, stays}


@languages
async def test_a_moderator_decides_on_appeals_and_associations(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    text = f"It names nobody {next(NUMBERS)}"
    await factories.appeal(network.database, text=text)
    association = await network.row("SELECT pseudonym FROM care.member WHERE kind = 'ASSOCIATION' AND NOT verified LIMIT 1")
    found = await visit("/", locale=LOCALES[language])
    page = found.page
    await staff(found, network, language, StaffRole.MODERATOR)
    await found.open("/staff/appeals")
    appeal = case(page, text)
    await expect(appeal).to_be_visible()
    await look(found, f"staff-appeals-{language}")
    await appeal.locator("[value=no]").check()
    await appeal.get_by_role("textbox").fill("It names a colleague.")
    await appeal.get_by_role("button", name=words["decide"]).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["decided"])
    await found.open("/staff/members")
    await fill(page, pseudonym=association["pseudonym"])
    await press(page, words["find"])
    await page.locator("#association").wait_for()
    await look(found, f"staff-association-{language}")
    await page.locator("[name=reason]").first.fill("The register of associations lists it.")
    await press(page, words["verify"])
    await expect(page.locator(".facts .badge.good")).to_have_text(words["verified"])
    found.secrets |= {association["pseudonym"]}
