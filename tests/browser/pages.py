"""What walks through the application have in common: opening a page, looking at it, filling in forms, signing in."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.support.client import PASSWORD

expect.set_options(timeout=15_000)  # milliseconds: machines that test are busy

LOCALES = {"en": "en-GB", "fr": "fr-FR"}
languages = pytest.mark.parametrize("language", LOCALES)
FIRST = {"PATIENT": "/me", "BUYER": "/lab", "MANAGER": "/staff"}  # the page after signing in
SIGN_IN = """mutation($email: EmailAddress!, $password: String!) {
    signIn(input: {email: $email, password: $password, cookie: true}) { viewer { audience } }
}"""
FIELDS = {
    "en": {"email": "E-mail address", "password": "Password", "sign in": "Sign in"},
    "fr": {"email": "Adresse e-mail", "password": "Mot de passe", "sign in": "Se connecter"},
}


async def look(visit: Visit, name: str, *, narrow: bool = True, dark: bool = False) -> None:
    """Looks at the whole page as it is: a screenshot, axe-core, and with `narrow` both again at 390 pixels.

    With `dark`, all of this once more in dark colors.
    """
    page = visit.page
    if dark:
        await page.emulate_media(color_scheme="dark")
        await look(visit, f"{name}-dark", narrow=narrow)
        await page.emulate_media(color_scheme="light")
    await page.locator("main h1:visible").wait_for()
    await expect(page.locator(".loading")).to_have_count(0)
    await expect(page).to_have_title(re.compile(r".+ · Cohorte"))
    await visit.screenshot(name, whole=True)
    await visit.accessible("body")
    if narrow:
        wide = page.viewport_size
        assert wide is not None
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
        await visit.screenshot(f"{name}-narrow", whole=True)
        await visit.accessible("body")
        await page.set_viewport_size(wide)
    await visit.check()


def heading(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", level=1, name=text, exact=True)


async def fill(page: Page, **values: Any) -> None:
    """Fills in fields by their names; True ticks a box."""
    for name, value in values.items():
        field = page.locator(f"main [name={name}]")
        if value is True:
            await field.check()
        elif await field.first.get_attribute("type") == "radio":
            await page.locator(f"main [name={name}][value={value}]").check()
        elif await field.evaluate("(each) => each.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(str(value))


async def press(page: Page, name: str) -> None:
    """Presses a button of the content."""
    await page.locator("main").get_by_role("button", name=name, exact=True).click()


async def sign_in(visit: Visit, email: str, *, password: str = PASSWORD) -> None:
    """Signs in without a page, and opens the first one. The address is then a secret of the visit."""
    sent = {"query": SIGN_IN, "variables": {"email": email, "password": password}}
    headers = {"GraphQL-Require-Preflight": "1"}
    answer = await visit.context.request.post(f"{visit.origin}/graphql", data=sent, headers=headers)
    audience = (await answer.json())["data"]["signIn"]["viewer"]["audience"]
    visit.secrets |= {email, password}
    await visit.open(FIRST[audience])


async def sign_in_by_form(visit: Visit, email: str, *, language: str, password: str) -> None:
    """Signs in at `/sign-in`, and waits for the page that follows. The address is then a secret of the visit."""
    await visit.open("/sign-in")
    await fill(visit.page, email=email, password=password)
    await press(visit.page, FIELDS[language]["sign in"])
    await visit.page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    visit.secrets |= {email, password}
