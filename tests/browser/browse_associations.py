"""The pages of associations, in a browser: what they write about themselves, and who reads it where."""

from playwright.async_api import expect

from tests.browser.conftest import Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in
from tests.support.network import Network

ASSOCIATION = "association@demo.example"
WORDS = {
    "en": {
        "page": "Our page", "save": "Save", "saved": "Your page is saved", "see": "See the page as others do",
        "other": "Read this in French",
        "text": "We answer the telephone.", "other text": "Nous répondons au téléphone.",
        "post": "verified association", "unknown": "There is no association at this address",
    },
    "fr": {
        "page": "Notre page", "save": "Enregistrer", "saved": "Votre page est enregistrée",
        "see": "Voir la page telle que les autres la voient", "other": "Lire en anglais",
        "text": "Nous répondons au téléphone.", "other text": "We answer the telephone.",
        "post": "association vérifiée", "unknown": "Il n’y a pas d’association à cette adresse",
    },
}  # fmt: skip


@languages
async def test_an_association_writes_its_page_and_everybody_reads_it(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    await network.database.execute(
        "UPDATE identity.account SET locale = $1 WHERE email = $2", LOCALES[language], ASSOCIATION
    )
    found = await visit(None, locale=LOCALES[language])
    page = found.page
    await sign_in(found, ASSOCIATION)
    await found.open("/me/account")
    await page.locator(".places").get_by_role("link", name=words["page"]).click()
    await expect(heading(page, words["page"])).to_be_visible()
    await page.locator("[name=fullName]").wait_for()
    await fill(page, website="http://insecure.example", phone="12")
    await press(page, words["save"])
    for field in ("website", "phone"):
        await expect(page.locator(f".field:has([name={field}]) .fault")).not_to_be_empty()
    await look(found, f"association-edit-{language}", dark=True)
    await fill(page, website="https://www.example.org", phone="+33 1 99 00 00 01")
    await fill(page, postalAddress="1 rue de la Paix\n75002 Paris")
    await page.locator("[name='description.EN']").fill(WORDS["en"]["text"])
    await page.locator("[name='description.FR']").fill(WORDS["fr"]["text"])
    await press(page, words["save"])
    await expect(page.locator(".notice.good").last).to_contain_text(words["saved"])
    await page.get_by_role("link", name=words["see"]).click()
    await expect(page.locator(".prose")).to_have_text(words["text"])
    address = page.url

    # A visitor comes from the community's page, and reads the other language, too.
    other = await visit("/communities/multiple-sclerosis", locale=LOCALES[language])
    section = other.page.locator("section:has(#associations)")
    await look(other, f"community-associations-{language}", dark=language == "en")
    await section.locator(f"a[href$='{address.rpartition('/')[2]}']").click()
    await expect(other.page.locator(".prose")).to_have_text(words["text"])
    await expect(other.page.locator("a[href='https://www.example.org']")).to_be_visible()
    await expect(other.page.locator("a[href='tel:+33199000001']")).to_be_visible()
    await look(other, f"association-{language}", dark=True)
    await press(other.page, words["other"])
    await expect(other.page.locator(".prose")).to_have_text(words["other text"])
    await other.open("/associations/asn_nothing")
    await expect(other.page.locator("main .notice")).to_contain_text(words["unknown"])
    await look(other, f"association-unknown-{language}", narrow=False)


async def test_a_post_of_an_association_leads_to_its_page(visit: Visiting, network: Network) -> None:
    post = await network.row(
        """
        SELECT p.discussion_id, c.slug FROM care.post p JOIN care.member m ON m.id = p.author_id
        JOIN care.discussion d ON d.id = p.discussion_id JOIN catalog.community c ON c.id = d.community_id
        WHERE m.verified AND NOT p.removed ORDER BY p.id DESC LIMIT 1
        """
    )
    found = await visit(None)
    await sign_in(found, "patient@demo.example")
    await found.open(f"/communities/{post['slug']}/discussions/dis_{post['discussion_id']}")
    link = found.page.locator(".post a[href^='/associations/']").first
    await link.wait_for()
    await look(found, "discussion-association", narrow=False)
    await link.click()
    await expect(found.page.locator("main h1")).to_be_visible()
    await expect(found.page.locator("dl.facts")).to_be_visible()


async def test_an_association_keeps_a_discussion_at_the_top(visit: Visiting, network: Network) -> None:
    await network.database.execute("UPDATE identity.account SET locale = 'en' WHERE email = $1", ASSOCIATION)
    found = await visit(None)
    page = found.page
    await sign_in(found, ASSOCIATION)
    await found.open("/communities/multiple-sclerosis/discussions/new")
    await fill(page, title="Our next meeting", body="On Monday, by telephone.")
    await press(page, "Post")
    await expect(heading(page, "Our next meeting")).to_be_visible()
    await press(page, "Keep it at the top of the community")
    await expect(page.locator("main")).to_contain_text("Your association keeps this discussion at the top")
    await look(found, "discussion-pinned", dark=True)
    await found.open("/communities/multiple-sclerosis")
    await expect(page.locator(".discussions li").first).to_contain_text("Our next meeting")
    await page.locator(".discussions li a").first.click()
    await press(page, "No longer keep it at the top")
    await expect(page.get_by_role("button", name="Keep it at the top of the community")).to_be_visible()
