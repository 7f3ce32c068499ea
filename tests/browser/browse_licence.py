"""A licence in a browser, from a laboratory's request through a steward's grant to the laboratory's chart."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from models.identity.accounts import StaffRole
from tests.browser import browse_laboratory, browse_staff
from tests.browser.browse_laboratory import LABORATORY, open_trial, signed_in
from tests.browser.browse_staff import case, staff
from tests.browser.conftest import Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press
from tests.support.network import Network

# The demonstration's requests, of which there are pages, and the licences of its laboratory, which would open the
# dataset before anybody grants anything.
END = """
UPDATE insight.licence SET status = 'ENDED' WHERE status = 'REQUESTED'
OR status = 'GRANTED' AND organization_id = (SELECT organization_id FROM identity.account WHERE email = $1)
"""
CONDITION = {"en": "Rheumatoid", "fr": "rhumatoïde"}


@languages
async def test_a_licence_is_requested_granted_and_opens_the_way_to_a_chart(
    visit: Visiting, network: Network, language: str
) -> None:
    words, theirs = browse_laboratory.WORDS[language], browse_staff.WORDS[language]
    await network.database.execute(END, LABORATORY)
    purpose = f"To walk from a request to a chart, {language}"

    # Without a licence, the dataset can be looked at, and nothing published.
    laboratory = await signed_in(visit, network, language)
    page = laboratory.page
    await open_trial(page)
    dataset = page.url
    await expect(page.locator(".panel .notice")).to_contain_text(words["unlicensed"])
    await page.get_by_role("navigation").get_by_role("link", name=words["licences"]).click()
    await page.get_by_role("link", name=words["request"]).click()
    await page.locator("main [type=search]").fill(CONDITION[language])
    await expect(page.locator("[name=community] option")).to_have_count(2)
    await page.locator("[name=community]").select_option(index=1)
    today = datetime.now(UTC).date()
    await fill(page, purpose=purpose, startsOn=today.isoformat(), endsOn=(today + timedelta(days=200)).isoformat())
    await fill(page, undertakings=True)
    await press(page, words["send"])
    await expect(page.locator(".notice.good")).to_contain_text(words["sent"])

    # A steward grants it beside what is left of the budget.
    steward = await visit("/", locale=LOCALES[language])
    await staff(steward, network, language, StaffRole.DATA_STEWARD)
    await steward.open("/staff/licences")
    request = case(steward.page, purpose)
    await request.get_by_role("button", name=theirs["grant"]).click()
    await request.locator("[name=quota]").fill("20000")
    await request.locator("[name=amount]").fill("4000")
    await look(steward, f"licence-to-grant-{language}")
    await request.get_by_role("button", name=theirs["grant now"]).click()
    await expect(steward.page.locator(".notice.good")).to_contain_text(theirs["granted"])

    # The laboratory asks its question, and sees the answer.
    await page.goto(dataset)
    await page.locator(".variables li").first.wait_for()
    await page.locator("#variables").fill(words["search"])
    await page.get_by_role("button", name=words["count"], exact=True).press("Enter")
    await expect(page.locator(".panel .meter", has_text=words["quota"])).to_be_visible()
    await page.locator(".panel").get_by_role("button", name=words["publish"]).click()
    await page.locator("dialog").get_by_role("button", name=words["yes"]).click()
    await expect(heading(page, words["counted"])).to_be_visible()
    await expect(page.locator(".chart .chart-row").first).to_be_visible()
    await look(laboratory, f"licence-to-chart-{language}")
    spent = """
    SELECT sum(r.micro_rho) FROM insight.release r JOIN insight.licence l ON l.id = r.licence_id WHERE l.purpose = $1
    """
    assert 0 < await network.value(spent, purpose) <= 20_000
