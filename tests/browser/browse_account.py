"""A member's account, in a browser: profile, relatives and a diary, how they sign in, export, and leaving."""

import re
from itertools import count

import pyotp
from playwright.async_api import expect

from tests.browser.browse_taking_part import member_with_password
from tests.browser.conftest import Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in
from tests.support.client import PASSWORD
from tests.support.network import Network
from tests.support.newcomers import code_in

NEW_PASSWORD = "four quiet yellow boats"
numbers = count(1)
WORDS = {
    "en": {
        "profile": "Profile", "save": "Save", "saved": "Your profile is saved", "other": "Language: Français",
        "other title": "Profil", "invite": "Invite",
        "is invited": "is invited", "accept": "Accept", "open diary": "Open the diary", "search": "sleep",
        "end": "End it", "download": "Prepare and download", "done": "Done", "leave": "Delete my account for good",
        "gone": "Your account is deleted",
        "change password": "Change the password", "changed": "Your password is changed",
        "add": "Add a second factor", "continue": "Continue", "confirm": "Add it", "stored": "I have stored them",
        "sign out": "Sign out", "change address": "Change the address", "send": "Send a code to the new address",
        "enter": "Confirm the new address",
        "address changed": "Your address is changed",
        "revert": "Take an account back", "take back": "Take it back",
        "yours": "The account is yours again", "to start": "To the start page",
    },
    "fr": {
        "profile": "Profil", "save": "Enregistrer", "saved": "Votre profil est enregistré", "other": "Langue: English",
        "other title": "Profile", "invite": "Inviter", "is invited": "est envoyée à", "accept": "Accepter",
        "open diary": "Ouvrir le journal", "search": "sommeil", "end": "Y mettre fin",
        "download": "Préparer et télécharger", "done": "Terminé",
        "leave": "Supprimer définitivement mon compte", "gone": "Votre compte est supprimé",
        "change password": "Changer de mot de passe", "changed": "Votre mot de passe est changé",
        "add": "Ajouter un second facteur", "continue": "Continuer",
        "confirm": "L’ajouter", "stored": "Je les ai conservés",
        "sign out": "Déconnecter", "change address": "Changer d’adresse",
        "send": "Envoyer un code à la nouvelle adresse", "enter": "Confirmer la nouvelle adresse",
        "address changed": "Votre adresse est changée",
        "revert": "Reprendre un compte", "take back": "Reprendre le compte",
        "yours": "de nouveau à vous", "to start": "Vers la page d’accueil",
    },
}  # fmt: skip


@languages
async def test_a_profile_is_changed_and_refused_at_its_own_field(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    email = await member_with_password(network, language)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, email)
    await found.open("/me/account")
    await page.locator("[name=pseudonym]").wait_for()
    await look(found, f"profile-{language}")
    await fill(page, pseudonym="x", birthYear="1700", about="Tea in the garden.", sharing="ALL_MEMBERS")
    await press(page, words["save"])
    for field in ("pseudonym", "birthYear"):
        await expect(page.locator(f".field:has([name={field}]) .fault")).not_to_be_empty()
    await expect(page.locator("[name=about]")).to_have_value("Tea in the garden.")
    await fill(page, pseudonym=f"Camomille{next(numbers)}{language}", birthYear="1980")
    await press(page, words["save"])
    await expect(page.locator(".notice.good")).to_contain_text(words["saved"])
    await page.reload()
    await expect(page.locator("[name=birthYear]")).to_have_value("1980")
    await expect(page.locator("[name=sharing][value=ALL_MEMBERS]")).to_be_checked()
    await page.locator("main").get_by_role("button", name=words["other"]).click()
    await expect(heading(page, words["other title"])).to_be_visible()
    # The header has it on each page.
    await found.open("/me")
    back = WORDS["fr" if language == "en" else "en"]["other"]
    await page.locator(".header").get_by_role("button", name=back).click()
    await expect(page.locator(".header").get_by_role("button", name=words["other"])).to_be_visible()
    await found.open("/me/account")
    await expect(heading(page, words["profile"])).to_be_visible()


@languages
async def test_a_relative_is_invited_and_keeps_the_diary(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    patient, relative = [await member_with_password(network, language, kind=kind) for kind in ("PATIENT", "RELATIVE")]
    await network.database.execute(
        """
        INSERT INTO care.observation (member_id, indicator_id, observed_on, value)
        SELECT a.member_id, i.id, d, 3 FROM identity.account a, catalog.indicator i,
            unnest(ARRAY[catalog.latest_today() - 20, catalog.latest_today() - 5]) d
        WHERE a.email = $1 AND i.slug = 'fatigue'
        """,
        patient,
    )
    pseudonym = await network.value(
        "SELECT m.pseudonym FROM care.member m JOIN identity.account a ON a.member_id = m.id WHERE a.email = $1",
        relative,
    )
    one = await visit(None, locale=LOCALES[language])
    await sign_in(one, patient)
    await one.open("/me/relatives")
    await fill(one.page, pseudonym="nobody of this name")
    await press(one.page, words["invite"])
    await expect(one.page.locator(".field:has([name=pseudonym]) .fault")).not_to_be_empty()
    await fill(one.page, pseudonym=pseudonym)
    await press(one.page, words["invite"])
    await expect(one.page.locator(".notice.good")).to_contain_text(words["is invited"])
    await look(one, f"relatives-{language}")
    other = await visit(None, locale=LOCALES[language], narrow=True)
    await sign_in(other, relative)
    await other.open("/me/notifications")
    await other.page.locator(".notifications a[href='/me/relatives']").click()
    await press(other.page, words["accept"])
    await other.page.get_by_role("link", name=words["open diary"]).click()
    await other.page.locator("[name=value]").wait_for()
    await fill(other.page, value="999")
    await other.page.locator("main form button").last.click()
    await expect(other.page.locator(".field:has([name=value]) .fault")).not_to_be_empty()
    await fill(other.page, value="7")
    await other.page.locator("main form button").last.click()
    await expect(other.page.locator(".notice.good")).to_be_visible()
    await expect(other.page.locator("tbody").first).to_contain_text("7")
    # What the diary does not have yet is found by lay words.
    await other.page.locator("main [type=search]").fill(words["search"])
    await other.page.locator(".picker li button").first.click()
    await fill(other.page, value="5", note="Since noon.")
    await other.page.locator("main form button").last.click()
    await expect(other.page.locator(".table").first.locator("tbody tr")).to_have_count(2)
    await expect(other.page.locator(".curve svg")).to_have_count(2)
    other.secrets |= {"Since noon."}
    await look(other, f"diary-{language}", narrow=False)
    await one.page.reload()
    await press(one.page, words["end"])
    await one.page.locator("dialog").get_by_role("button", name=words["end"]).click()
    await expect(one.page.locator(".cards li")).to_have_count(0)
    await other.page.reload()
    await expect(other.page.locator("[name=value]")).to_have_count(0)


@languages
async def test_address_password_and_second_factor_are_changed(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    email = await member_with_password(network, language)
    other = await visit(None, locale=LOCALES[language])
    await sign_in(other, email)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, email)
    found.secrets |= {NEW_PASSWORD}
    await found.open("/me/security")
    devices = page.locator("section:has(#sessions) tbody tr")
    await expect(devices).to_have_count(3)  # with the session that every member of a test has
    await look(found, f"security-{language}")
    await devices.get_by_role("button", name=words["sign out"]).first.click()
    await expect(devices).to_have_count(2)

    section = page.locator("section:has(#password)")
    await section.locator("summary").click()
    await section.locator("[name=password]").fill("not the password")
    await section.locator("[name=newPassword]").fill(NEW_PASSWORD)
    await section.get_by_role("button", name=words["change password"]).click()
    await expect(section.locator(".field:has([name=password]) .fault")).not_to_be_empty()
    await section.locator("[name=password]").fill(PASSWORD)
    await section.get_by_role("button", name=words["change password"]).click()
    await expect(section.locator(".notice.good")).to_contain_text(words["changed"])

    section = page.locator("section:has(#address)")
    moved = f"moved{next(numbers)}{language}@people.example"
    await section.locator("summary").click()
    await section.locator("[name=newEmail]").fill(moved)
    await section.locator("[name=password]").fill(NEW_PASSWORD)
    await section.get_by_role("button", name=words["send"]).click()
    await section.locator("[name=code]").fill(code_in(await network.mailbox.next(moved)))
    await section.get_by_role("button", name=words["enter"]).click()
    await expect(section.locator(".notice.good")).to_contain_text(words["address changed"])
    await expect(section).to_contain_text(moved)

    section = page.locator("section:has(#factors)")
    await section.locator("summary").click()
    await section.locator("[name=name]").fill("Telephone")
    await section.locator("[name=password]").fill(NEW_PASSWORD)
    await section.get_by_role("button", name=words["continue"]).click()
    secret = (await section.locator(".secret").inner_text()).replace(" ", "")
    assert secret in (await section.locator("a[href^='otpauth:']").get_attribute("href") or "")
    modules = await section.locator(".qr-code path").get_attribute("d") or ""
    assert modules.count("M") > 200  # what it says is tested in web/tests
    await look(found, f"second-factor-{language}", dark=language == "en")
    await section.locator("[name=totp]").fill(pyotp.TOTP(secret).now())
    await section.get_by_role("button", name=words["confirm"]).click()
    await expect(section.locator(".codes li")).to_have_count(10)
    codes = await section.locator(".codes code").all_inner_texts()
    found.secrets |= {secret, *codes}
    await look(found, f"recovery-codes-{language}", narrow=False)
    await section.get_by_role("button", name=words["stored"]).click()
    await expect(section.locator(".codes")).to_have_count(0)
    await expect(section.locator(".factors")).to_contain_text("Telephone")

    # The previous address takes the account back, by the page that its mail names.
    mails = network.mailbox
    while not (lines := re.findall(r"https?://\S+(/revert)\s", (mail := await mails.next(email)).get_content())):
        pass
    other = await visit(lines[0], locale=LOCALES[language])
    await expect(heading(other.page, words["revert"])).to_be_visible()
    await fill(other.page, code="AAAA", password=PASSWORD)
    await press(other.page, words["take back"])
    await expect(other.page.locator(".field:has([name=code]) .fault")).not_to_be_empty()
    await look(other, f"revert-{language}", dark=True)
    await fill(other.page, code=code_in(mail))
    other.secrets |= {code_in(mail), email}
    await press(other.page, words["take back"])
    await expect(other.page.locator(".notice.good")).to_contain_text(words["yours"])
    await look(other, f"reverted-{language}")
    assert await network.value("SELECT count(*) FROM identity.account WHERE email = $1", email) == 1
    await found.open("/revert")
    await expect(page.locator(".header")).to_have_attribute("data-audience", "PUBLIC")  # the session has ended


@languages
async def test_data_are_exported_and_the_account_deleted(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    email = await member_with_password(network, language)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, email)
    await found.open("/me/export")
    await fill(page, format="JSON")
    async with page.expect_download() as download:
        await press(page, words["download"])
    path = await (await download.value).path()
    assert re.search(email, path.read_text(encoding="utf-8"))
    await expect(page.locator(".notice.good")).to_contain_text(words["done"])
    await look(found, f"export-{language}")
    await found.open("/me/leave")
    await fill(page, password="not the password", sure=True)
    await look(found, f"leave-{language}")
    await press(page, words["leave"])
    await expect(page.locator(".field:has([name=password]) .fault")).not_to_be_empty()
    await fill(page, password=PASSWORD)
    await press(page, words["leave"])
    await expect(heading(page, words["gone"])).to_be_visible()
    assert await network.value("SELECT count(*) FROM identity.account WHERE email = $1", email) == 0
    await press(page, words["to start"])
    await expect(page.locator(".header")).to_have_attribute("data-audience", "PUBLIC")
