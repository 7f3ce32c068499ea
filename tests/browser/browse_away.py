"""What was typed into any form of the application outlasts a server that is away.

Each form of each page is filled in, sent while the browser is offline, and looked at again once it is online.
"""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.browse_every_page import opened, routes, walk
from tests.browser.browse_laboratory import signed_in
from tests.browser.browse_staff import flagged, staff
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import heading, sign_in
from tests.support.network import Network

TYPED = {
    "email": "kept@people.example",
    "password": "three kept boats",
    "date": "2026-01-02",
    "number": "7",
    "decimal": "7",
    "url": "https://kept.example/",
    "search": "migraine",  # which has results that can be chosen
}
WORDS = "Kept words"
# What a form would send, by the order of its fields.
VALUES = "(form) => [...new FormData(form)].map(([name, value]) => `${name}=${value}`)"
# Whether a form is still on the page.
KEPT = "(form) => form.isConnected"
# Buttons that open another form: their texts end with an ellipsis, or are these.
OPENS = re.compile(
    "…$|^(Modifier|Signaler|Créer mon propre indicateur|Il n’est pas dans la liste|Ajouter une adresse)$"
)
LEADING = ["other"]  # the fields of a form that leads to another page, and sends nothing
UNFOLD = "document.querySelectorAll('main details:has(form)').forEach((each) => { each.open = true; })"


class Forms:
    """The forms that were seen, by the names of their fields; each is tried once."""

    def __init__(self) -> None:
        self.tried: set[str] = set()

    async def look(self, found: Visit, address: str) -> None:
        """Tries the forms of a page, and those that its buttons open."""
        page = found.page
        await opened(found, address)
        await self.look_at_forms(found, address)
        buttons = page.locator("main button").filter(has_text=OPENS)
        for text in sorted(set(await buttons.all_inner_texts())):
            await opened(found, address)
            await page.evaluate(UNFOLD)
            if await opener(page, text).is_enabled():
                await opener(page, text).click()
                await self.look_at_forms(found, address, text)

    async def look_at_forms(self, found: Visit, address: str, pressed: str | None = None) -> None:
        page = found.page
        await page.evaluate(UNFOLD)
        # What lies below a dialog cannot be reached.
        forms = page.locator("main dialog[open] form" if await page.locator("dialog[open]").count() else "main form")
        for place in range(await forms.count()):
            form = forms.nth(place)
            if not await form.is_visible():
                continue
            names = await form.locator("[name]").evaluate_all(
                "(all) => all.map((each) => each.name.replace(/[._].*/, ''))"
            )
            what = f"{address.partition('?')[0] if pressed is None else pressed} {sorted(set(names))}"
            if names and names != LEADING and what not in self.tried:
                self.tried.add(what)
                await keeps(found, form, f"{address} {pressed or ''} {names}")
                await self.look_again(found, address, pressed)
                return

    async def look_again(self, found: Visit, address: str, pressed: str | None) -> None:
        """Goes on with the forms of the page that are not tried yet, on a page that nothing was typed into."""
        await opened(found, address)
        if pressed is not None:
            await found.page.evaluate(UNFOLD)
            await opener(found.page, pressed).click()
        await self.look_at_forms(found, address, pressed)


def opener(page: Page, text: str) -> Locator:
    """The first button with this text, whatever it is called."""
    return page.locator("main button").filter(has_text=re.compile(f"^{re.escape(text)}$")).first


async def keeps(found: Visit, form: Locator, what: str) -> None:
    """Asserts that the form keeps what is typed while the server is away, and that the page says so."""
    page = found.page
    await form.evaluate("(form) => form.setAttribute('data-tried', '')")
    form = page.locator("main form[data-tried]")  # another may go away while this one is filled in
    await fill_in(form)
    there = await form.element_handle()
    before = await there.evaluate(VALUES)
    await found.context.set_offline(True)
    await there.evaluate("(form) => form.requestSubmit()")
    await expect(page.locator(".away"), what).to_be_visible()
    assert await there.evaluate(VALUES) == before, what
    await found.context.set_offline(False)
    await page.locator(".away button").dispatch_event("click")  # a dialog may be above it
    await expect(page.locator(".away")).to_have_count(0)
    await settled(page)
    assert await there.evaluate(KEPT), what
    assert await there.evaluate(VALUES) == before, what


async def fill_in(form: Locator) -> None:
    """Fills in the empty fields, and chooses something in each group; also among what a search has found."""
    await fill_in_fields(form)
    if await form.locator("[type=search]").count():
        await settled(form.page)
        await fill_in_fields(form)


async def fill_in_fields(form: Locator) -> None:
    for field in await form.locator("input, textarea").all():
        if not await field.is_visible() or not await field.is_enabled():
            continue
        kind = await field.evaluate("(each) => each.inputMode || each.type")
        if kind == "radio":
            name = await field.get_attribute("name")
            if not await form.locator(f"[name='{name}']:checked").count():
                await field.check(force=True)
        elif kind == "checkbox":
            await field.check(force=True)
        elif not await field.input_value():
            await field.fill(TYPED.get(kind, WORDS))
    for choice in await form.locator("select:required").all():
        if not await choice.input_value():
            await expect(choice.locator("option").nth(1)).to_be_attached()
            await choice.select_option(index=1)


async def settled(page: Page) -> None:
    """Waits until the page has shown what it has read again: streams stay open, so the network is never idle."""
    await page.wait_for_timeout(300)
    await expect(page.locator("[aria-busy=true], .loading")).to_have_count(0)


async def test_forms_of_visitors(visit: Visiting) -> None:
    found, forms = await visit("/", locale="fr-FR"), Forms()
    for address in ("/sign-in", "/register", "/verify", "/reset", "/revert", "/join"):
        await forms.look(found, address)
    assert len(forms.tried) >= 6
    found.secrets.clear()


async def test_forms_of_members(visit: Visiting) -> None:
    found, forms = await visit(None, locale="fr-FR"), Forms()
    await sign_in(found, "relative@demo.example")
    community = "/communities/:slug"
    # One that they have joined, and one that they have not.
    await walk(
        found, [*routes()["PATIENT"], community], {community: "/communities/multiple-sclerosis"}, look=forms.look
    )
    await forms.look(found, "/communities/migraine")
    other = await visit(None, locale="fr-FR")
    await sign_in(other, "patient@demo.example")
    await walk(other, ["/me/treatments", "/me/treatments/:id", "/me/treatments/new", "/me/check-in"], look=forms.look)
    assert len(forms.tried) >= 12
    found.secrets.clear()


async def test_forms_of_laboratories(visit: Visiting, network: Network) -> None:
    found, forms = await signed_in(visit, network, "fr"), Forms()
    await walk(found, [each for each in routes()["BUYER"] if "/beside/" not in each], look=forms.look)
    assert len(forms.tried) >= 5
    found.secrets.clear()


async def test_forms_of_staff(visit: Visiting, network: Network) -> None:
    await flagged(network, "A post that somebody has flagged")
    found, forms = await visit("/sign-in", locale="fr-FR"), Forms()
    await staff(found, network, "fr")
    await walk(found, routes()["MANAGER"], look=forms.look)
    assert len(forms.tried) >= 15
    found.secrets.clear()


async def test_a_page_that_cannot_be_loaded_comes_once_the_server_is_back(visit: Visiting) -> None:
    found = await visit("/")
    page = found.page
    await page.locator(".cards li").first.wait_for()
    await found.context.set_offline(True)
    await page.locator("footer a[href='/terms']").click()
    await expect(page.locator(".away")).to_be_visible()
    await found.context.set_offline(False)
    await expect(heading(page, "Terms of use")).to_be_visible()
    await expect(page.locator(".away")).to_have_count(0)
    found.errors.clear()  # of the browser, about what it could not load
