"""How pages are read without a pointer, without colors of their own, and by what screen readers say."""

import re

from playwright.async_api import Locator, expect

from tests.browser.browse_taking_part import WORDS, question, taking_part
from tests.browser.conftest import Visiting
from tests.browser.keyboard import Keyboard
from tests.browser.pages import press, sign_in
from tests.support.network import Network

BACKGROUND = "(each) => getComputedStyle(each).backgroundColor"


async def test_another_page_of_a_list_is_read_from_its_top(visit: Visiting) -> None:
    found = await visit("/ledger", locale="fr-FR")
    page, keys = found.page, Keyboard(found.page)
    rows = page.locator("main tbody tr")
    first = await rows.first.inner_text()
    for name, shown in (("Page suivante", "Page 2"), ("Page précédente", "Page 1")):
        await keys.press(page.get_by_role("button", name=name))
        await expect(page.locator("main p:focus")).to_have_text(shown)
        await expect(page.locator("main p:focus")).to_be_in_viewport()
        await expect(rows.first).to_be_in_viewport()
        assert (await rows.first.inner_text() == first) == (shown == "Page 1")


async def background(element: Locator) -> str:
    return str(await element.evaluate(BACKGROUND))


async def test_what_is_chosen_is_seen_where_the_system_has_the_colors(visit: Visiting, network: Network) -> None:
    found = await visit(None, narrow=True)
    page = found.page
    await page.emulate_media(forced_colors="active")
    await sign_in(found, "patient@demo.example")
    await found.open("/me/check-in")
    rated = page.locator(".entry:has(.steps.many)").first
    await rated.locator("[value='6']").check(force=True)
    chosen, other = (rated.locator(f"[value='{value}'] + span") for value in (6, 7))
    assert await background(chosen) != await background(other)
    await found.open("/communities/multiple-sclerosis")
    await page.locator("main a[href*='/discussions/']:not([href$='/new'])").first.click()
    reaction = page.locator(".reactions button").first
    if await reaction.get_attribute("aria-pressed") == "false":
        await reaction.click()
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    assert await background(reaction) != await background(page.locator(".reactions [aria-pressed=false]").first)
    await found.open("/me/data")
    keys = [await background(page.locator(f".key{kind}").first) for kind in (".spent", ".reserved", ":last-of-type")]
    assert len(set(keys)) == 3
    lines = "(each) => getComputedStyle(each).borderBottomColor"
    places = page.locator(".places a")
    assert await places.first.evaluate(lines) != await places.last.evaluate(lines)


async def test_a_group_of_radio_buttons_says_that_it_needs_an_answer(visit: Visiting, network: Network) -> None:
    found, survey = await taking_part(visit, network)
    page = found.page
    await found.open(survey)
    await press(page, WORDS["en"]["review"])
    group = page.get_by_role("radiogroup").first
    await expect(group).to_have_attribute("aria-invalid", "true")
    await expect(group).to_have_accessible_description(re.compile("needs an answer"))
    boxes = question(page, "symptoms").locator("input")
    await expect(boxes.first).to_have_attribute("aria-invalid", "true")
    await boxes.first.check()
    await expect(boxes.first).not_to_have_attribute("aria-invalid", "true")


async def test_each_note_of_a_check_in_is_named_by_what_it_is_about(visit: Visiting) -> None:
    found = await visit(None, locale="fr-FR")
    page = found.page
    await sign_in(found, "patient@demo.example")
    await found.open("/me/check-in")
    await page.locator(".entry summary").first.wait_for()
    named = [" ".join(each.split()) for each in await page.locator(".entry summary").all_text_contents()]
    assert len(named) > 3
    assert len(set(named)) == len(named)
