"""With the keyboard alone: a post in a discussion, a survey with branching, and the quote of a question.

A pointer is never used. Each step fails if something is not reached with Tab, or if the focus is lost.
"""

from playwright.async_api import expect

from tests.browser.browse_laboratory import LABORATORY
from tests.browser.browse_taking_part import KINDS, WORDS, member_with_password, open_survey, question
from tests.browser.conftest import Visiting
from tests.browser.keyboard import Keyboard
from tests.support.client import PASSWORD
from tests.support.network import Network


async def test_a_post_in_a_discussion(visit: Visiting, network: Network) -> None:
    community = await network.row("SELECT id, slug FROM catalog.community WHERE slug = 'multiple-sclerosis'")
    email = await member_with_password(network, "en", community["id"])
    found = await visit("/sign-in")
    page, keys = found.page, Keyboard(found.page)
    # The first stop skips what every page has.
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await keys.sign_in(email, PASSWORD)
    await keys.press(page.locator(".header a", has_text="Communities"))
    await keys.arrived()
    await keys.press(page.locator(f"main a[href='/communities/{community['slug']}']").first)
    await keys.arrived()
    await keys.press(page.locator("main a[href*='/discussions/']:not([href$='/new'])").first)
    await keys.arrived()
    posts = page.locator(".post")
    before = await posts.count()
    for text in ("I have that too.", "Since spring."):
        await keys.type(page.locator("main [name=body]"), text)
        await keys.press(page.get_by_role("button", name="Post", exact=True), "Space")
        await expect(posts.last).to_contain_text(text)
        await keys.kept()
        await expect(page.locator("main [name=body]")).to_have_value("")
    assert await posts.count() == before + 2
    own = posts.last
    await keys.reach(own.get_by_role("button", name="Edit"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await keys.kept()
    await keys.type(own.locator("textarea"), "Since summer.")
    await keys.press(own.get_by_role("button", name="Save", exact=True))
    await expect(own).to_contain_text("Since summer.")
    await keys.kept()
    thanks = own.get_by_role("button", name="Thank you")
    await keys.press(thanks, "Space")
    await expect(thanks).to_have_attribute("aria-pressed", "true")
    await keys.kept()
    await keys.press(own.get_by_role("button", name="Remove", exact=True))
    dialog = page.locator("dialog")
    await keys.press(dialog.get_by_role("button", name="Remove", exact=True))
    await expect(dialog).to_have_count(0)
    await expect(posts.last).to_contain_text("This post was removed.")
    await keys.kept()
    found.secrets |= {"I have that too.", "Since spring.", email}


async def test_a_survey_with_branching(visit: Visiting, network: Network) -> None:
    words = WORDS["en"]
    survey, community = await open_survey(network)
    email = await member_with_password(network, "en", community)
    found = await visit("/sign-in")
    page, keys = found.page, Keyboard(found.page)
    await keys.sign_in(email, PASSWORD)
    await keys.press(page.locator(".header a", has_text=words["surveys"]))
    await keys.arrived()
    await keys.press(page.locator(f"main a[href='/me/surveys/{survey}']"))
    await keys.arrived()
    await keys.press(page.get_by_role("link", name=words["to consents"]))
    await keys.arrived()
    consent = page.locator("section:has(#SURVEY_RESEARCH)")
    for kind in KINDS:
        await keys.press(consent.locator(f'[name="recipients.{kind}"]'), "Space")
    await keys.press(consent.locator("[name=noticeVersion]"), "Space")
    await keys.press(consent.get_by_role("button", name=words["grant"]))
    await expect(consent.locator(".notice.good")).to_contain_text(words["granted"])
    await keys.kept()
    await keys.press(page.locator(".header a", has_text=words["surveys"]))
    await keys.press(page.locator(f"main a[href='/me/surveys/{survey}']"))
    await keys.arrived()
    # What an answer shows comes next, and what it hides takes no focus with it.
    await keys.choose(question(page, "burden"), "8")
    await keys.choose(question(page, "helper"), "YES")
    await keys.press(question(page, "help_kinds").locator('[value="HOUSE"]'), "Space")
    await keys.choose(question(page, "burden"), "3")
    await expect(question(page, "helper")).to_have_count(0)
    await keys.kept()
    await keys.press(page.get_by_role("button", name=words["review"]))
    await expect(page.locator("[data-question] :focus")).to_have_count(1)  # the first that needs an answer
    await keys.choose(question(page, "work"), "RETIRED")
    await keys.type(question(page, "year_of_diagnosis").locator("input"), "2011")
    await keys.press(question(page, "symptoms").locator("input").first, "Space")
    await keys.reach(question(page, "last_visit").locator("input"))
    await page.keyboard.type("03032026")  # whichever of day and month the browser has first
    await expect(question(page, "last_visit").locator("input")).to_have_value("2026-03-03")
    await keys.choose(question(page, "visit_kind"), "YES")
    await keys.press(page.get_by_role("button", name=words["review"]))
    await expect(page.locator("#review")).to_be_focused()
    await keys.press(page.get_by_role("button", name=words["submit"]))
    await expect(page.locator(".notice.good")).to_contain_text(words["thanks"])
    await keys.kept()
    await keys.press(page.get_by_role("button", name="Change my answers"))
    await keys.kept()
    found.secrets |= {email}


async def test_a_treatment_that_is_picked_and_picked_again(visit: Visiting) -> None:
    found = await visit("/sign-in")
    page, keys = found.page, Keyboard(found.page)
    await keys.sign_in("patient@demo.example", PASSWORD)
    await found.open("/me/treatments/new")
    for _ in range(2):
        await keys.type(page.locator("main [type=search]"), "ibuprof")
        await keys.press(page.locator(".picker li button").first)
        # What was picked has the focus, and the first field follows.
        await expect(page.locator("main p:focus")).to_contain_text("Ibuprof")
        other = page.get_by_role("button", name="En choisir un autre")
        await keys.press(other)
        await expect(page.locator("main [type=search]")).to_be_visible()
        await keys.kept()


async def test_side_effects_of_an_evaluation(visit: Visiting) -> None:
    found = await visit("/sign-in")
    page, keys = found.page, Keyboard(found.page)
    await keys.sign_in("patient@demo.example", PASSWORD)
    await found.open("/me")
    await page.locator(".due a[href*='/me/treatments/crs_']").first.click()
    search = page.locator("main [type=search]")
    await keys.type(search, "fatigue")
    await keys.press(page.locator(".picker li button").first)
    await expect(page.locator("fieldset.panel select")).to_be_focused()
    await keys.press(page.locator("fieldset.panel .button"))
    await expect(page.locator("fieldset.panel")).to_have_count(0)
    await expect(search).to_be_focused()


async def test_the_quote_of_a_question(visit: Visiting, network: Network) -> None:
    await network.database.execute("UPDATE identity.account SET locale = 'en-GB' WHERE email = $1", LABORATORY)
    found = await visit("/sign-in")
    page, keys = found.page, Keyboard(found.page)
    await keys.sign_in(LABORATORY, PASSWORD)
    await keys.press(page.locator("main a.card", has_text="Rheumatoid").first)
    await keys.arrived()
    panel = page.locator(".panel")
    await keys.type(page.locator("#variables"), "diagnosis")
    count = page.get_by_role("button", name="Count Time since diagnosis", exact=True)
    await keys.press(count, "Space")
    await expect(count).to_have_attribute("aria-pressed", "true")
    await expect(panel.locator(".facts")).to_contain_text("micro-rho")
    await expect(count).to_be_focused()
    price = await panel.locator(".facts dd").first.inner_text()
    await keys.choose(panel.locator("fieldset:has([name=precision])"), "WITHIN_50")
    await expect(panel.locator(".facts dd").first).not_to_have_text(price)
    await keys.kept()
    await keys.type(page.locator("#variables"), "sex")
    await keys.press(page.get_by_role("button", name="Group by Sex", exact=True), "Space")
    await keys.press(panel.get_by_role("button", name="Remove Sex", exact=True))
    await expect(panel.get_by_role("button", name="Remove Sex", exact=True)).to_have_count(0)
    await keys.kept()
    # Categories are merged and separated.
    merging = panel.locator("details", has_text="Merge categories of").first
    await keys.press(merging.locator("summary"))
    for place in (0, 1):
        await keys.press(merging.locator("[type=checkbox]").nth(place), "Space")
    await keys.press(merging.get_by_role("button", name="Merge them"))
    await expect(merging.get_by_role("button", name="Separate")).to_have_count(1)
    await keys.kept()
    await keys.press(merging.get_by_role("button", name="Separate"))
    await keys.kept()
    # A dialog takes the focus, keeps it, and gives it back.
    publish = panel.get_by_role("button", name="Publish …")
    await keys.press(publish)
    dialog = page.locator("dialog")
    await expect(dialog.locator(":focus")).to_have_count(1)
    await keys.reach(dialog.get_by_role("button", name="Publish it"))
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(publish).to_be_focused()
