"""What people type: numbers in the manner of their language, and values of a day that they leave.

The words that they see are those of the page's own texts, so the tests say what is typed and what becomes of it.
"""

from playwright.async_api import Page, expect

from tests.browser.browse_taking_part import WORDS, grant, member_with_password, open_survey, question
from tests.browser.conftest import Visiting
from tests.browser.pages import LOCALES, languages, sign_in
from tests.support.network import Network

DECIMAL = {"en": ".", "fr": ","}


async def type_into(page: Page, selector: str, text: str) -> None:
    """Types a text key by key, as people do: a browser may leave out what a field does not take."""
    await page.locator(selector).focus()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type(text)


@languages
async def test_a_number_of_a_survey_has_the_decimals_that_were_typed(
    visit: Visiting, network: Network, language: str
) -> None:
    survey, community = await open_survey(network)
    email = await member_with_password(network, language, community)
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, email)
    await found.open("/me/consents")
    await grant(found, language)
    await found.open(f"/me/surveys/{survey}")
    year = question(page, "year_of_diagnosis")
    await year.wait_for()
    for text in ("2011,5", "2011.5"):
        await type_into(page, "[data-question=year_of_diagnosis] input", text)
        await expect(year.locator("input")).to_have_value(text)
        await expect(year.locator(".fault")).to_be_empty()
    await type_into(page, "[data-question=year_of_diagnosis] input", "2011 or so")
    await expect(year.locator(".fault")).not_to_be_empty()
    await type_into(page, "[data-question=year_of_diagnosis] input", "2011,5")
    await expect(page.locator(".survey-bar [role=status]")).to_contain_text(WORDS[language]["saved"])
    await page.reload()
    await expect(year.locator("input")).to_have_value(f"2011{DECIMAL[language]}5")


async def test_a_value_of_a_relatives_diary_has_the_decimals_that_were_typed(visit: Visiting) -> None:
    found = await visit(None, locale="fr-FR")
    page = found.page
    await sign_in(found, "relative@demo.example")
    await found.open("/me/relatives")
    await page.locator("main a[href^='/me/relatives/']").first.click()
    sleep = page.locator("main [name=indicator] option", has_text="Durée du sommeil")
    await page.locator("main [name=indicator]").select_option(await sleep.get_attribute("value"))
    for text in ("sept", "7,5 h"):
        await type_into(page, "main [name=value]", text)
        await page.keyboard.press("Enter")
        await expect(page.locator(".field:has([name=value]) .fault")).to_contain_text("70,5")
        await expect(page.locator("main [name=value]")).to_be_focused()
    await type_into(page, "main [name=value]", "7,5")
    await page.keyboard.press("Enter")
    await expect(page.locator("main .notice.good")).to_be_visible()
    await expect(page.locator("main .table").first).to_contain_text("7,5 h")


async def test_values_that_are_not_saved_are_not_lost_with_the_day(visit: Visiting) -> None:
    found = await visit(None, locale="fr-FR")
    page = found.page
    await sign_in(found, "patient@demo.example")
    await found.open("/me/check-in")
    day, dialog = page.locator("#day"), page.locator("dialog")
    rated = page.locator(".entry:has(.steps.many)").first
    today = await day.input_value()
    await rated.locator("[value='6']").check(force=True)
    await rated.locator("summary").click()
    await rated.locator("textarea").fill("Depuis midi.")
    await day.fill("2026-03-02")
    await expect(dialog).to_contain_text("n’est pas encore enregistré")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(day).to_have_value(today)
    await expect(day).to_be_focused()
    await expect(rated.locator("textarea")).to_have_value("Depuis midi.")
    await day.fill("2026-03-02")
    await dialog.locator(".button.danger").click()
    await expect(day).to_have_value("2026-03-02")
    await expect(rated.locator("textarea")).to_have_value("")
    # Nothing is asked where nothing was filled in, or all is saved.
    await day.fill("2026-03-03")
    await expect(page.locator(".loading")).to_have_count(0)
    await rated.locator("[value='6']").check(force=True)
    await page.locator(".check-in .button.primary").click()
    await expect(page.locator(".check-in .notice.good")).to_be_visible()
    await day.fill("2026-03-02")
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".check-in .notice.good")).to_have_count(0)
    found.secrets |= {"Depuis midi."}
