"""What was typed outlasts a session that ends elsewhere, for the account that typed it and for no other."""

from playwright.async_api import Page, expect

from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import fill, heading, look, press, sign_in
from tests.support.client import PASSWORD, Caller
from tests.support.network import Network
from tests.support.newcomers import becomes_closed

TYPED = "Words that are kept"
ENDED = {
    "en": "Your session has ended. Sign in again to continue: what you typed is still here.",
    "fr": "Votre session a pris fin. Reconnectez-vous pour continuer : ce que vous avez saisi est toujours là.",
}


async def end_session(found: Visit, network: Network) -> None:
    """Signs the visit out, as another device may do."""
    (cookie,) = await found.context.cookies()
    caller = Caller("of a browser", str(cookie.get("value")))
    await network.ask(caller, "mutation { signOut { userErrors { code } } }")
    await becomes_closed(network.ask, caller)


async def typed(visit: Visiting, network: Network, *, locale: str = "en-GB") -> Visit:
    """A visit whose session has ended with a changed profile on the page."""
    found = await visit(None, locale=locale)
    await sign_in(found, "patient@demo.example")
    await found.open("/me/account")
    await fill(found.page, about=TYPED)
    await end_session(found, network)
    await expect(found.page.locator("main .notice").first).to_contain_text(ENDED["fr"])  # the patient reads French
    await expect(found.page.locator("[name=about]")).to_be_hidden()
    return found


async def enter(page: Page, email: str) -> None:
    await page.locator("main [name=email]").fill(email)
    await page.locator("main [name=password]").fill(PASSWORD)
    await press(page, "Se connecter")


async def test_who_signs_in_again_goes_on_with_what_they_typed(visit: Visiting, network: Network) -> None:
    found = await typed(visit, network)
    page = found.page
    await look(found, "interrupted")
    await enter(page, "patient@demo.example")
    await expect(heading(page, "Profil")).to_be_visible()
    await expect(page.locator("[name=about]")).to_have_value(TYPED)
    await expect(page).to_have_title("Profil · Cohorte")
    await press(page, "Enregistrer")
    await expect(page.get_by_text("Votre profil est enregistré.")).to_be_visible()
    await page.reload()
    await expect(page.locator("[name=about]")).to_have_value(TYPED)


async def test_somebody_else_does_not_see_it(visit: Visiting, network: Network) -> None:
    found = await typed(visit, network)
    await enter(found.page, "relative@demo.example")
    await expect(found.page.locator("[name=pseudonym]")).to_have_value("Dominique")
    assert await found.page.locator("[name=about]").input_value() != TYPED


async def test_an_open_dialog_is_there_again(visit: Visiting, network: Network) -> None:
    """A dialog that was open makes the rest of the page inert: nobody could sign in."""
    found = await visit(None)
    page = found.page
    await sign_in(found, "laboratory@demo.example")
    await found.open("/lab/keys")
    await page.get_by_role("button", name="Revoke").first.click()
    await end_session(found, network)
    await page.locator("dialog").get_by_role("button", name="Revoke").first.click()
    await expect(page.locator("main .notice").first).to_contain_text(ENDED["en"])
    await page.locator("main [name=email]").fill("laboratory@demo.example")
    await page.locator("main [name=password]").fill(PASSWORD)
    await press(page, "Sign in")
    await expect(page.locator("dialog")).to_contain_text(
        "Your session had ended, and nothing was saved. Send it again."
    )
    await page.locator("dialog").get_by_role("button", name="Revoke").first.click()
    await expect(page.locator("dialog")).to_have_count(0)
