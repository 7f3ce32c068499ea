"""What people type: numbers in the manner of their language, values of a day that they leave, and words
of scripts that run from the right to the left.

The words that they see are those of the page's own texts, so the tests say what is typed and what becomes of it.
"""

from playwright.async_api import Dialog, Page, expect

from tests import factories
from tests.browser.browse_taking_part import WORDS, member_with_password, question, taking_part
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import fill, languages, look, press, sign_in
from tests.support.client import PASSWORD
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
    found, survey = await taking_part(visit, network, language)
    page = found.page
    await found.open(survey)
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


# Words from the right to the left without a direction of their own, and how many have one.
DIRECTIONS = """() => {
    const [wrong, right] = [[], []];
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const {data, parentElement} = walker.currentNode;
        const at = data.search(/[\\u0590-\\u05ff]/);
        if (at < 0 || !parentElement.checkVisibility()) continue;
        const isolated = data.lastIndexOf("\\u2068", at) > data.lastIndexOf("\\u2069", at);
        const own = getComputedStyle(parentElement).direction === "rtl";
        (own || isolated ? right : wrong).push(parentElement.outerHTML.slice(0, 150));
    }
    return [wrong, right.length];
}"""
HEBREW = "כאב ראש"


async def has_directions(found: Visit, path: str, *, least: int) -> None:
    await found.open(path)
    await expect(found.page.locator("main")).to_contain_text(HEBREW)
    await expect(found.page.locator(".loading")).to_have_count(0)
    wrong, right = await found.page.evaluate(DIRECTIONS)
    assert wrong == [], path
    assert right >= least, path


async def test_what_members_write_has_the_direction_of_its_script(visit: Visiting, network: Network) -> None:
    community = await network.value("SELECT id FROM catalog.community WHERE slug = 'multiple-sclerosis'")
    email = await member_with_password(network, "fr", community)
    await network.database.execute(
        "UPDATE care.member m SET pseudonym = $2 FROM identity.account a WHERE a.member_id = m.id AND a.email = $1",
        email,
        "נועה",
    )
    found = await visit(None, locale="fr-FR")
    page = found.page
    await sign_in(found, email)
    await found.open("/communities/multiple-sclerosis/discussions/new")
    await fill(page, title=f"{HEBREW} 5 mg?", body=f"{HEBREW}, 12 mg!\n\nEt en français.\n\n- {HEBREW}")
    for name in ("title", "body"):
        field = page.locator(f"main [name={name}]")
        assert await field.evaluate("(each) => getComputedStyle(each).direction") == "rtl"
    await page.locator("main form .button.primary").click()
    await expect(page.locator("main .post")).to_have_count(1)
    await has_directions(found, page.url.removeprefix(found.origin), least=5)
    french = page.locator(".post p", has_text="Et en français.")
    assert await french.evaluate("(each) => getComputedStyle(each).direction") == "ltr"
    await look(found, "from-the-right")
    await has_directions(found, "/communities/multiple-sclerosis", least=2)
    await found.open("/me/check-in")
    await page.locator("#more").wait_for()
    await page.get_by_role("button", name="Créer mon propre indicateur").click()
    await page.locator("[name=name]").fill(HEBREW)
    await page.locator("section:has(#create) form .button.primary").click()
    entry = page.locator(".entry", has_text=HEBREW)
    await entry.locator("[value='6']").check(force=True)
    await entry.locator("summary").click()
    await entry.locator("textarea").fill(f"{HEBREW}: 12 h")
    await page.locator(".check-in .button.primary").click()
    await expect(page.locator(".check-in .notice.good")).to_be_visible()
    for path, least in (("/me/check-in", 2), ("/me", 3), ("/me/own", 1)):
        await has_directions(found, path, least=least)
    await found.open("/me/treatments/new")
    await page.get_by_role("button", name="Il n’est pas dans la liste").click()
    await page.locator("section:has(#make) [name=name]").fill(HEBREW)
    await page.locator("section:has(#make) form .button.primary").click()
    await page.locator("main [name=dose]").fill(f"{HEBREW} 2,5")
    await page.locator("main form .button.primary").click()
    await page.wait_for_url("**/me/treatments")
    await has_directions(found, "/me/treatments", least=2)
    found.secrets |= {f"{HEBREW}: 12 h"}


async def test_a_post_that_was_begun_is_there_again(visit: Visiting, network: Network) -> None:
    community = await network.value("SELECT id FROM catalog.community WHERE slug = 'multiple-sclerosis'")
    long = await factories.discussion(network.database, community_id=community)
    for _ in range(51):  # one more than a page has
        await factories.post(network.database, discussion_id=long["id"], community_id=community)
    email = await member_with_password(network, "en", community)
    found = await visit(None)
    page = found.page
    await sign_in(found, email)
    path = f"/communities/multiple-sclerosis/discussions/dis_{long['id']}"
    await found.open("/communities")
    await page.locator("main h1").wait_for()
    await page.evaluate("(path) => history.pushState(null, '', path)", path)  # as a link does: the window stays
    body = page.locator("main [name=body]")
    await body.fill("I have begun this.")
    # Earlier posts are read before it is sent, and another page.
    await page.get_by_role("button", name="Earlier posts").click()
    await expect(page.get_by_role("log")).to_be_focused()
    await expect(page.get_by_role("button", name="Later posts")).to_be_visible()
    await expect(body).to_have_value("I have begun this.")
    await page.go_back()
    await expect(page).to_have_url(f"{found.origin}/communities")
    await page.go_forward()
    await expect(body).to_have_value("I have begun this.")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.evaluate("location.reload()")
    await page.wait_for_timeout(500)
    await expect(body).to_have_value("I have begun this.")
    assert asked == ["beforeunload"]
    # Once it was sent, or for anybody else, there is nothing.
    await page.locator("main form .button.primary").last.click()
    await expect(body).to_have_value("")
    await page.go_back()
    await page.go_forward()
    await expect(body).to_have_value("")
    await body.fill("A second one.")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(f"{found.origin}/")
    await page.locator(".header").get_by_role("link", name="Sign in").click()
    await fill(page, email=email, password=PASSWORD)
    await press(page, "Sign in")
    await expect(page).to_have_url(f"{found.origin}/me")
    await page.evaluate("(path) => history.pushState(null, '', path)", path)
    await expect(body).to_have_value("")
    found.secrets |= {"I have begun this.", "A second one."}
