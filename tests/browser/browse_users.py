"""The users of a laboratory in a browser: invited, joined, with another role, and removed."""

import re
from uuid import uuid4

from playwright.async_api import expect

from models.identity.accounts import StaffRole
from tests.browser import browse_laboratory
from tests.browser.browse_laboratory import LABORATORY, signed_in
from tests.browser.conftest import Visiting
from tests.browser.pages import FIELDS, LOCALES, fill, heading, languages, look, press, sign_in_by_form
from tests.support.network import Network
from tests.support.newcomers import code_in

PASSWORD = "nine calm orange lamps"
WORDS = {
    "en": {
        "users": "Users", "invite": "Send the invitation", "sent": "is sent", "join": "Join",
        "opened": "Your account is open", "only": "Only administrators", "change": "Change role … of",
        "change it": "Change the role", "changed": "The role is changed", "analyst": "Analyst", "reader": "Reader",
        "remove": "Remove …", "yes": "Remove them", "removed": "They are removed", "keys": "Keys and webhooks",
        "only analysts": "Only analysts and administrators", "has code": "I have a code already",
        "choose": "Choose a password", "set": "Set the password",
    },
    "fr": {
        "users": "Utilisateurs", "invite": "Envoyer l’invitation", "sent": "est envoyée", "join": "Rejoindre",
        "opened": "Votre compte est ouvert", "only": "Seules les personnes qui administrent",
        "change": "Changer le rôle… de", "change it": "Changer le rôle", "changed": "Le rôle est changé",
        "analyst": "Analyse", "reader": "Lecture", "remove": "Retirer…", "yes": "Retirer cette personne",
        "removed": "Cette personne est retirée", "keys": "Clés et webhooks",
        "only analysts": "Seules les personnes qui ont le rôle d’analyse", "has code": "J’ai déjà un code",
        "choose": "Choisir un mot de passe", "set": "Enregistrer le mot de passe",
    },
}  # fmt: skip


@languages
async def test_a_colleague_is_invited_joins_gets_another_role_and_is_removed(
    visit: Visiting, network: Network, language: str
) -> None:
    words, narrow = WORDS[language], language == "fr"
    email = f"{uuid4().hex[:12]}@lab.example"
    admin = await signed_in(visit, network, language, narrow=narrow)
    admin.secrets.discard(LABORATORY)  # which the page shows
    await admin.open("/lab/users")
    row = admin.page.locator("tbody tr", has_text=email)
    await fill(admin.page, email=email, role="READER", locale=LOCALES[language])
    await look(admin, f"lab-users-{language}", narrow=not narrow)
    await press(admin.page, words["invite"])
    await expect(admin.page.locator(".notice.good")).to_contain_text(words["sent"])
    await expect(row).to_contain_text(words["reader"])

    await network.deliver()
    mail = await network.mailbox.next(email)
    assert "/join" in mail.as_string()
    found = await visit("/join", locale=LOCALES[language], narrow=narrow)
    found.secrets.add(PASSWORD)
    page = found.page
    await look(found, f"join-{language}", narrow=not narrow)
    await fill(page, code=code_in(mail), password=PASSWORD)
    await press(page, words["join"])
    await expect(page.locator(".notice.good")).to_contain_text(words["opened"])
    await look(found, f"joined-{language}", narrow=not narrow)
    await page.locator("main").get_by_role("link", name=FIELDS[language]["sign in"]).click()
    await sign_in_by_form(found, email, language=language, password=PASSWORD)
    found.secrets.discard(email)

    # A reader sees the others, and no form but that to leave.
    await found.open("/lab/users")
    await expect(heading(page, words["users"])).to_be_visible()
    await expect(page.locator("tbody")).to_contain_text(LABORATORY)
    await expect(page.locator("main")).to_contain_text(words["only"])
    await expect(page.locator("main form")).to_have_count(1)
    await expect(page.locator("tbody button")).to_have_count(0)
    await look(found, f"lab-users-reader-{language}", narrow=not narrow)
    await found.open("/lab/keys")
    await expect(page.locator("main p", has_text=words["only"])).to_have_count(2)
    await expect(page.locator("main form")).to_have_count(1)  # of their own mails
    await look(found, f"lab-keys-reader-{language}", narrow=not narrow)

    # Nor what they may not do: publish, request a licence, and link results. They are told who may.
    await found.open("/lab/licences")
    await page.locator(".licence").first.wait_for()
    await expect(page.locator("main")).to_contain_text(words["only"])
    await expect(page.locator("main a[href='/lab/licences/request']")).to_have_count(0)
    await page.locator("main .licence a[href^='/lab/datasets/']").first.click()
    await page.locator(".variables .toggle").first.click()
    await page.locator(".panel .readable").wait_for()
    await expect(page.locator(".panel")).to_contain_text(words["only analysts"])
    await expect(page.locator(".panel .button.primary")).to_have_count(0)
    await look(found, f"lab-quote-reader-{language}", narrow=not narrow)
    await found.open("/lab/insights")
    await page.locator("tbody tr").first.wait_for()
    await expect(page.locator("main")).to_contain_text(words["only analysts"])
    await expect(page.locator("tbody button")).to_have_count(0)

    await admin.page.get_by_role("button", name=f"{words['change']} {email}").click()
    await admin.page.locator("dialog [name=role][value=ANALYST]").check()
    await look(admin, f"lab-users-role-{language}", narrow=not narrow)
    await admin.page.locator("dialog").get_by_role("button", name=words["change it"]).click()
    await expect(admin.page.locator(".notice.good")).to_contain_text(words["changed"])
    await expect(row).to_contain_text(words["analyst"])
    await found.open("/lab/users")
    await expect(page.locator("tbody tr", has_text=email)).to_contain_text(words["analyst"])
    await found.open("/lab/insights")
    await expect(page.locator("tbody button").first).to_be_visible()

    await admin.page.get_by_role("button", name=f"{words['remove']} {email}").click()
    await look(admin, f"lab-users-remove-{language}", narrow=not narrow)
    await admin.page.locator("dialog").get_by_role("button", name=words["yes"]).click()
    await expect(admin.page.locator(".notice.good")).to_contain_text(words["removed"])
    await expect(row).to_have_count(0)
    await page.get_by_role("link", name=words["keys"]).first.click()
    await expect(page.locator("main [name=password]")).to_be_visible()
    await expect(page.locator("tbody")).to_have_count(0)
    await expect(heading(page, FIELDS[language]["sign in"])).to_be_visible()


@languages
async def test_the_contact_of_a_new_organization_signs_in_with_the_code_from_the_mail(
    visit: Visiting, network: Network, language: str
) -> None:
    words, email = WORDS[language], f"{uuid4().hex[:12]}@lab.example"
    steward = await network.staff(StaffRole.DATA_STEWARD)
    asked = {"name": email, "kind": "LABORATORY", "contactEmail": email, "locale": LOCALES[language]}
    assert (await network.do(steward, "organizationCreate", "__typename", **asked))["userErrors"] == []
    mail = await network.mailbox.next(email)
    [path] = re.findall(r"https?://[^/\s]+(\S+)", mail.get_content())
    found = await visit("/reset", locale=LOCALES[language])
    found.secrets.add(PASSWORD)
    await found.page.get_by_role("link", name=words["has code"]).click()
    await expect(heading(found.page, words["choose"])).to_be_focused()
    assert found.page.url == found.origin + path
    await look(found, f"reset-code-{language}")
    await fill(found.page, code=code_in(mail), password=PASSWORD)
    await press(found.page, words["set"])
    await found.page.locator("main").get_by_role("link", name=FIELDS[language]["sign in"]).click()
    await sign_in_by_form(found, email, language=language, password=PASSWORD)
    await expect(heading(found.page, browse_laboratory.WORDS[language]["datasets"])).to_be_visible()
