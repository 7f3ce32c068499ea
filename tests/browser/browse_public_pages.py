"""The pages that everybody may open, in a browser: landing, registration, sign-in, ledger, and what is not there."""

import json
from itertools import count

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in_by_form
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.newcomers import becomes_closed, code_in

PASSWORD = "seven green lamps"
NAMES = (f"Newcomer{number}" for number in count(1))
TITLES = {"en": "Living with a condition, together", "fr": "Vivre avec une maladie, ensemble"}
WORDS = {
    "en": {
        "register": "Register", "open": "Enter the code", "verify": "Open my account", "home": "My space",
        "check": "Check now", "intact": "The chain is intact", "broken": "The chain is broken: entry",
        "sign in": "Sign in",
        "none": "No page here", "terms": "Terms of use", "privacy": "Privacy notice", "reset": "Forgot your password?",
        "request": "Send a code", "set": "Set the password", "done": "Your password is set", "out": "Sign out",
        "away": "The server cannot be reached", "laboratory": "Laboratory", "no community": "Community not found",
        "find": "Find a community",
    },
    "fr": {
        "register": "S’inscrire", "open": "Saisir le code", "verify": "Ouvrir mon compte", "home": "Mon espace",
        "check": "Vérifier maintenant", "intact": "La chaîne est intacte", "broken": "La chaîne est rompue : l’entrée",
        "sign in": "Se connecter", "none": "Page introuvable", "terms": "Conditions d’utilisation",
        "privacy": "Notice de confidentialité", "reset": "Mot de passe oublié", "request": "Envoyer un code",
        "set": "Enregistrer le mot de passe", "done": "Votre mot de passe est enregistré", "out": "Se déconnecter",
        "away": "Le serveur est injoignable", "laboratory": "Laboratoire", "no community": "Communauté introuvable",
        "find": "Trouver une communauté",
    },
}  # fmt: skip


@languages
async def test_the_landing_page_says_what_this_is_and_finds_communities_by_lay_words(
    visit: Visiting, language: str
) -> None:
    found = await visit("/", locale=LOCALES[language])
    page = found.page
    await expect(heading(page, TITLES[language])).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == language
    await page.locator(".figures dd").first.wait_for()
    await page.locator(".cards li").first.wait_for()
    await look(found, f"landing-{language}")
    await page.locator("main [type=search]").fill("sclerose" if language == "fr" else "ms")
    await expect(page.locator(".cards li").first).to_contain_text("Sclérose" if language == "fr" else "sclerosis")
    await look(found, f"landing-search-{language}", narrow=False)
    await page.locator("main [type=search]").fill("qqqqqq")
    await expect(page.locator("main")).to_contain_text("qqqqqq")
    await page.locator("main [type=search]").fill("")
    await page.locator(".cards a").first.click()
    await expect(page.locator("main h1")).to_be_focused()
    await look(found, f"community-{language}")
    found.secrets |= {"qqqqqq"}


async def test_a_visitor_changes_the_language_of_texts_and_of_answers(visit: Visiting) -> None:
    found = await visit("/communities/multiple-sclerosis")
    page = found.page
    await expect(heading(page, "Multiple sclerosis")).to_be_visible()
    await page.get_by_role("button", name="Language: Français").click()
    await expect(page.locator("main h1")).to_have_text("Sclérose en plaques")
    await page.reload()
    await expect(page.locator("main h1")).to_have_text("Sclérose en plaques")
    assert await page.locator("html").get_attribute("lang") == "fr"


@languages
async def test_a_newcomer_registers_with_the_code_out_of_the_mail(
    visit: Visiting, network: Network, language: str
) -> None:
    words, name = WORDS[language], next(NAMES)
    email = f"{name.lower()}@people.example"
    found = await visit("/", locale=LOCALES[language])
    page = found.page
    await page.locator("main").get_by_role("link", name=words["register"], exact=True).click()
    await expect(heading(page, words["register"])).to_be_visible()
    await page.locator("[name=pseudonym]").wait_for()
    await look(found, f"register-{language}")
    found.secrets |= {PASSWORD, email, name}
    await fill(page, kind="RELATIVE", pseudonym="x", email=email, password="password", ofAge=True)
    await fill(page, noticeVersion=True, termsVersion=True)
    await press(page, words["register"])
    # Each refusal is at its own field, and what was typed is kept.
    for field in ("pseudonym", "password"):
        await expect(page.locator(f".field:has([name={field}]) .fault")).not_to_be_empty()
    await expect(page.locator(".field:has([name=email]) .fault")).to_be_empty()
    await expect(page.locator("[name=pseudonym]")).to_be_focused()
    await expect(page.locator("[name=email]")).to_have_value(email)
    await look(found, f"register-refused-{language}")
    await fill(page, pseudonym=name, password=PASSWORD)
    await press(page, words["register"])
    await expect(heading(page, words["open"])).to_be_visible()
    await expect(page.locator("main .hint").first).to_contain_text("Outgoing mail is written to")  # a demonstration
    await look(found, f"verify-{language}")
    await fill(page, code="A" * 32)
    await press(page, words["verify"])
    await expect(page.locator(".field:has([name=code]) .fault")).not_to_be_empty()
    mail = await network.mailbox.next(email)
    assert mail["Content-Language"] == language
    code = code_in(mail)
    found.secrets |= {code}
    await fill(page, code=code.lower())
    await press(page, words["verify"])
    await expect(heading(page, words["home"])).to_be_visible()
    assert page.url == f"{found.origin}/me"
    await look(found, f"member-home-{language}")
    await page.reload()
    await expect(heading(page, words["home"])).to_be_visible()
    await page.get_by_role("button", name=words["out"]).click()
    await expect(heading(page, TITLES[language])).to_be_visible()
    assert await found.context.cookies() == []


@languages
async def test_a_forgotten_password_is_replaced_with_the_code_out_of_the_mail(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    member = await network.member()
    email = f"{next(NAMES).lower()}@people.example"
    await network.database.execute(
        "UPDATE identity.account SET email = $2, email_verified = true WHERE member_id = $1", member.id, email
    )
    found = await visit("/sign-in", locale=LOCALES[language])
    page = found.page
    await page.get_by_role("link", name=words["reset"]).click()
    await expect(heading(page, words["reset"])).to_be_visible()
    await look(found, f"reset-{language}")
    await fill(page, email=email)
    await press(page, words["request"])
    await page.locator("[name=code]").wait_for()
    found.secrets |= {email, PASSWORD}
    code = code_in(await network.mailbox.next(email))
    await fill(page, code=code, password=PASSWORD)
    await press(page, words["set"])
    await expect(page.locator(".notice.good")).to_contain_text(words["done"])
    await sign_in_by_form(found, email, language=language, password=PASSWORD)
    await expect(page).to_have_url(f"{found.origin}/me")


@languages
async def test_the_browser_checks_the_chain_of_the_ledger(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    found = await visit("/ledger", locale=LOCALES[language])
    await found.page.locator("tbody tr").first.wait_for()
    await press(found.page, words["check"])
    await expect(found.page.locator(".notice.good")).to_contain_text(words["intact"])
    await look(found, f"ledger-{language}")
    page = found.page
    entry = page.locator("tbody a").first
    position = await entry.inner_text()
    await entry.click()
    await expect(page.locator("main h1")).to_contain_text(position)
    await expect(page.locator("dl.facts code").last).to_be_visible()
    # The line is folded: on a telephone it would hide what else there is.
    line = page.locator("dl.facts details")
    await expect(line.locator("code")).to_be_hidden()
    await line.locator("summary").click()
    await expect(line.locator("code")).to_contain_text('"commitment"')
    await line.locator("summary").click()
    await look(found, f"ledger-entry-{language}", dark=True)
    # In words of the reader, and not with the names and the English title of the ledger's line.
    use = await network.row(
        "SELECT * FROM insight.ledger_entry WHERE dataset_id IS NOT NULL AND variables <> '{}' LIMIT 1"
    )
    await found.open(f"/ledger/use_{use['position']}")
    await expect(page.locator("main h1")).to_contain_text(str(use["position"]))
    title, *counted = (await page.locator("dl.facts dd").nth(3).inner_text()).split(" · ")
    assert (title == use["dataset_title"]) == (language == "en")
    assert len(counted) == len(use["variables"])
    assert set(counted).isdisjoint(use["variables"])
    await found.open("/ledger/use_nothing")
    await page.locator("main .notice").wait_for()


@pytest.mark.parametrize("altered", ["line", "hash", "previousHash", "order", "missing"])
async def test_an_altered_ledger_is_found_at_its_entry(visit: Visiting, network: Network, altered: str) -> None:
    newest = await network.value("SELECT max(position) FROM insight.ledger_entry")
    found = await visit("/ledger")
    page = found.page

    async def alter(route: Route) -> None:
        if "LedgerChain" not in (route.request.post_data or ""):
            await route.continue_()
            return
        answer = await route.fetch()
        body = await answer.json()
        entries = body["data"]["ledgerEntries"]["nodes"]
        if altered == "order":
            entries[1], entries[2] = entries[2], entries[1]
        elif altered == "missing":
            del entries[1]
        elif altered == "line":
            entries[1]["line"] = entries[1]["line"].replace('"purpose":"', '"purpose":"Not ')
        else:
            entries[1][altered] = "0" * 64
        await route.fulfill(response=answer, body=json.dumps(body))

    await page.route("**/graphql", alter)
    await press(page, "Check now")
    await expect(page.locator(".notice.fault")).to_contain_text(f"{WORDS['en']['broken']} {newest - 1} ")
    if altered == "line":
        await look(found, "ledger-broken")


@languages
async def test_addresses_without_a_page_say_so(visit: Visiting, language: str) -> None:
    found = await visit("/nowhere", locale=LOCALES[language])
    await expect(heading(found.page, WORDS[language]["none"])).to_be_visible()
    await look(found, f"not-found-{language}")
    answer = await found.page.goto(f"{found.origin}/ledger/no/where")
    assert answer is not None
    assert answer.status == 404
    await expect(heading(found.page, WORDS[language]["none"])).to_be_visible()
    unindexed = found.page.locator("head meta[name=robots][content=noindex]")
    await expect(unindexed).to_have_count(1)
    await found.open("/communities/nope")
    await expect(heading(found.page, WORDS[language]["no community"])).to_be_visible()
    await expect(unindexed).to_have_count(1)
    await look(found, f"no-community-{language}")
    await found.page.get_by_role("link", name=WORDS[language]["find"]).click()
    await expect(unindexed).to_have_count(0)  # of the next page
    for path, name in (("/terms", "terms"), ("/privacy", "privacy")):
        await found.open(path)
        await expect(heading(found.page, WORDS[language][name])).to_be_visible()
        await expect(found.page.locator(".prose p").nth(5)).to_contain_text("5.")
        await look(found, f"{name}-{language}")


@languages
async def test_a_page_for_somebody_else_offers_to_sign_in_and_then_opens(visit: Visiting, language: str) -> None:
    words = WORDS[language]
    found = await visit("/lab", locale=LOCALES[language])
    page = found.page
    await expect(heading(page, words["sign in"])).to_be_visible()
    await look(found, f"sign-in-{language}")
    await fill(page, email="laboratory@demo.example", password="not the password")
    await press(page, words["sign in"])
    await expect(page.locator(".notice.fault")).not_to_be_empty()
    await expect(page.locator("[name=email]")).to_have_value("laboratory@demo.example")
    await press(page, words["laboratory"])
    await expect(page.locator(".header")).to_have_attribute("data-audience", "BUYER")
    await page.get_by_role("heading", level=1).wait_for()
    assert page.url == f"{found.origin}/lab"
    await look(found, f"lab-home-{language}")
    await found.open("/staff")
    await press(page, "Moderator")  # the laboratory reads English
    await expect(page.locator(".header")).to_have_attribute("data-audience", "MANAGER")
    await look(found, f"staff-home-{language}")


async def test_a_session_that_ended_elsewhere_is_said(visit: Visiting, network: Network) -> None:
    found = await visit("/sign-in")
    page = found.page
    await press(page, "Patient")
    await expect(page).to_have_url(f"{found.origin}/me")
    (cookie,) = await found.context.cookies()
    caller = Caller("patient", str(cookie.get("value")))
    await network.ask(caller, "mutation { signOut { userErrors { code } } }")
    await becomes_closed(network.ask, caller)
    await page.locator("footer a[href='/ledger']").click()
    await expect(page.locator(".header")).to_have_attribute("data-audience", "PUBLIC")
    await page.locator("tbody tr").first.wait_for()  # everybody may read it
    await page.get_by_role("link", name="Sign in").click()
    await expect(page.locator("main .notice")).to_contain_text("Your session has ended")


async def test_a_server_that_is_away_is_survived(visit: Visiting) -> None:
    found = await visit("/register")
    page = found.page
    await page.locator("[name=pseudonym]").wait_for()
    await fill(page, pseudonym="Camomille", email="camomille@people.example", password=PASSWORD)
    await fill(page, ofAge=True, noticeVersion=True, termsVersion=True)
    await found.context.set_offline(True)
    await press(page, "Register")
    await expect(page.locator(".away")).to_contain_text(WORDS["en"]["away"])
    await look(found, "away")
    await found.context.set_offline(False)
    await page.locator(".away").get_by_role("button").click()
    await expect(page.locator(".away")).to_have_count(0)
    await expect(page.locator("[name=pseudonym]")).to_have_value("Camomille")
    await press(page, "Register")
    await expect(heading(page, "Enter the code")).to_be_visible()
    found.secrets |= {"Camomille", "camomille@people.example", PASSWORD}


async def test_the_keyboard_alone_reaches_the_content(visit: Visiting) -> None:
    found = await visit("/")
    page = found.page
    await page.locator("main h1").wait_for()
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("main").get_by_role("link", name="Register")).to_be_focused()
