"""Members exchange in a browser: from the landing page to a community, and to discussions that others see arrive."""

import re
from itertools import count

from playwright.async_api import Page, expect

from models.identity.accounts import StaffRole
from tests.browser.browse_taking_part import grant
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in
from tests.support.network import Network
from tests.support.newcomers import code_in

PASSWORD = "seven green lamps"
PATIENT = "patient@demo.example"
NUMBERS = count(1)
WORDS = {
    "en": {
        "register": "Register", "open": "Enter the code", "verify": "Open my account", "home": "My space",
        "communities": "Communities", "search": "ms", "found": "Multiple sclerosis", "join": "Join", "leave": "Leave",
        "start": "Start a discussion", "post": "Post", "same": "Same here", "edit": "Edit",
        "save": "Save", "remove": "Remove", "gone": "This post was removed.", "report": "Report",
        "thanks": "Thank you. The moderators have been notified.", "notifications": "Notifications",
        "reply": "An answer in a discussion that you started", "read": "Mark all as read", "check in": "Check in",
        "data": "My data", "consents": "Consents",
    },
    "fr": {
        "register": "S’inscrire", "open": "Saisir le code", "verify": "Ouvrir mon compte", "home": "Mon espace",
        "communities": "Communautés", "search": "sclerose", "found": "Sclérose en plaques", "join": "Rejoindre",
        "leave": "Quitter", "start": "Lancer une discussion", "post": "Publier", "same": "Moi aussi",
        "edit": "Modifier", "save": "Enregistrer", "remove": "Retirer", "gone": "Ce message a été retiré.",
        "report": "Signaler",
        "thanks": "Merci. La modération est avertie.", "notifications": "Notifications",
        "reply": "Une réponse dans une discussion que vous avez lancée", "read": "Tout marquer comme lu",
        "check in": "Faire le point", "data": "Mes données", "consents": "Consentements",
    },
}  # fmt: skip

COMMONMARK = """# A title

I **slept** *well*
after `5 mg`. See [a page](https://other.example/page), [mail](mailto:somebody@other.example)
and ![an image](https://other.example/seen.png).

3. one
4. two

- a point

> quoted

<script>document.title = "script"</script>

<img src="https://other.example/loaded.png" onerror="document.title = 'image'">

[run](javascript:document.title='link'), [data](data:text/html,x), [plain](http://plain.example/)
"""


async def newcomer(visit: Visiting, network: Network, language: str, *, narrow: bool = False) -> Visit:
    """A browser in which somebody has just registered, from the landing page on."""
    words, name = WORDS[language], f"Arrival{next(NUMBERS)}"
    email = f"{name.lower()}@people.example"
    found = await visit("/", locale=LOCALES[language], narrow=narrow)
    page = found.page
    await page.locator("main").get_by_role("link", name=words["register"], exact=True).click()
    await page.locator("[name=pseudonym]").wait_for()
    await fill(page, pseudonym=name, email=email, password=PASSWORD, ofAge=True, noticeVersion=True, termsVersion=True)
    await press(page, words["register"])
    await expect(heading(page, words["open"])).to_be_visible()
    code = code_in(await network.mailbox.next(email))
    found.secrets |= {PASSWORD, email, name, code}
    await fill(page, code=code)
    await press(page, words["verify"])
    await expect(heading(page, words["home"])).to_be_visible()
    await expect(page.locator(".due a[href='/communities']")).to_be_visible()  # where to begin
    return found


async def join(page: Page, language: str) -> None:
    """Finds a community in lay words, from the header on, and joins it."""
    words = WORDS[language]
    await page.locator(".header").get_by_role("link", name=words["communities"]).click()
    await expect(heading(page, words["communities"])).to_be_visible()
    await page.locator("main [type=search]").fill(words["search"])
    await page.locator(".cards a", has_text=words["found"]).first.click()
    await expect(heading(page, words["found"])).to_be_visible()
    await press(page, words["join"])
    await expect(page.locator("main").get_by_role("button", name=words["leave"])).to_be_visible()


@languages
async def test_a_newcomer_joins_and_a_second_browser_sees_their_post_arrive(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await newcomer(visit, network, language, narrow=language == "fr")
    page = found.page

    # They read the notice on research, and consent to it.
    await page.locator(".header").get_by_role("link", name=words["data"]).click()
    await page.locator("main nav").get_by_role("link", name=words["consents"]).click()
    await expect(heading(page, words["consents"])).to_be_visible()
    consent = page.locator("section:has(#SURVEY_RESEARCH)")
    await consent.locator("summary").click()
    await expect(consent.locator(".prose")).to_be_visible()
    await look(found, f"newcomer-consents-{language}", narrow=language == "en")
    await grant(found, language)
    await page.reload()
    await expect(consent.locator(".button.danger")).to_be_visible()  # it can be withdrawn

    await page.locator(".header").get_by_role("link", name=words["communities"]).click()
    await page.locator("main [type=search]").fill(words["search"])
    await expect(page.locator(".cards a").first).to_contain_text(words["found"])
    await look(found, f"communities-{language}", narrow=language == "en")
    await page.locator(".cards a", has_text=words["found"]).first.click()
    await page.locator(".panel .form").wait_for()
    await look(found, f"community-to-join-{language}", narrow=language == "en")
    await fill(page, diagnosedIn="1066")
    await press(page, words["join"])
    await expect(page.locator(".field:has([name=diagnosedIn]) .fault")).not_to_be_empty()
    await expect(page.locator("[name=diagnosedIn]")).to_have_value("1066")
    await fill(page, diagnosedIn="2019")
    await press(page, words["join"])
    await expect(page.locator("main").get_by_role("button", name=words["leave"])).to_be_visible()
    await look(found, f"community-joined-{language}", narrow=language == "en")

    # The first check-in has what is typical of the community, and starts a curve.
    community = page.url
    await page.locator(".header").get_by_role("link", name=words["home"]).click()
    await page.locator("main").get_by_role("link", name=words["check in"], exact=True).click()
    await page.locator(".entry:has(.steps.many)").first.locator("[value='4']").check(force=True)
    await press(page, words["save"])
    await expect(page.locator(".notice.good")).to_be_visible()
    await page.locator(".header").get_by_role("link", name=words["home"]).click()
    await expect(page.locator(".curve svg .dot")).to_have_count(1)
    await look(found, f"first-curve-{language}", narrow=False)
    await page.goto(community)

    await page.get_by_role("link", name=words["start"]).click()
    await expect(heading(page, words["start"])).to_be_visible()
    await fill(page, title="x", body="")
    await press(page, words["post"])
    await expect(page.locator(".field:has([name=title]) .fault")).not_to_be_empty()
    await expect(page.locator(".field:has([name=body]) .fault")).not_to_be_empty()
    await look(found, f"discussion-start-{language}", narrow=language == "en")
    title, first, second = f"Bonjour {next(NUMBERS)}", "Who else sleeps badly?", "I forgot to say: since spring."
    await fill(page, title=title, body=first)
    await press(page, words["post"])
    await expect(heading(page, title)).to_be_visible()
    await expect(page.locator(".post")).to_have_count(1)
    found.secrets |= {first, second, title}

    other = await visit(None, locale=LOCALES["fr"])
    await sign_in(other, PATIENT)
    await other.page.goto(page.url)
    await expect(other.page.locator(".post")).to_have_count(1)
    await fill(page, body=second)
    await press(page, words["post"])
    await expect(other.page.locator(".post")).to_have_count(2)
    await expect(other.page.locator(".post").nth(1)).to_contain_text(second)
    await expect(page.locator("[name=body]")).to_have_value("")  # what was sent is not sent again

    # The second browser reacts; the author edits and removes.
    await other.page.locator(".post").first.get_by_role("button", name="Moi aussi").click()
    await expect(other.page.locator(".post").first.get_by_role("button", name="Moi aussi, 1")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.locator(".post").first.get_by_role("button", name=words["edit"]).click()
    await page.locator(".post").first.locator("[name=body]").fill(first + " And who sleeps well?")
    await page.locator(".post").first.get_by_role("button", name=words["save"]).click()
    await expect(page.locator(".post").first).to_contain_text("And who sleeps well?")
    await expect(page.locator(".post").first.get_by_role("button", name=f"{words['same']}, 1")).to_be_visible()
    await look(found, f"discussion-{language}", narrow=language == "en")
    await page.locator(".post").nth(1).get_by_role("button", name=words["remove"]).click()
    await found.accessible("dialog")
    await page.locator("dialog").get_by_role("button", name=words["remove"]).click()
    await expect(page.locator(".post").nth(1)).to_contain_text(words["gone"])
    await expect(page.locator("dialog")).to_have_count(0)


@languages
async def test_an_answer_is_notified_and_counted_in_the_header(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await newcomer(visit, network, language)
    page = found.page
    await expect(page.locator(".unread-count")).to_be_empty()
    await page.locator(".header").get_by_role("link", name=words["notifications"]).click()
    await expect(heading(page, words["notifications"])).to_be_visible()
    await look(found, f"notifications-none-{language}", narrow=False)
    await join(page, language)
    await page.get_by_role("link", name=words["start"]).click()
    title = f"Bonsoir {next(NUMBERS)}"
    await fill(page, title=title, body="Anybody here?")
    await press(page, words["post"])
    await expect(heading(page, title)).to_be_visible()
    address = page.url
    await page.locator(".brand").click()
    await page.locator("main h1").wait_for()

    other = await visit(None, locale=LOCALES["fr"])
    await sign_in(other, PATIENT)
    await other.page.goto(address)
    await fill(other.page, body="Me.")
    await press(other.page, "Publier")
    await expect(other.page.locator(".post")).to_have_count(2)
    await expect(page.locator(".unread-count")).to_contain_text("1")  # without a reload
    await page.locator(".header").get_by_role("link", name=words["notifications"]).click()
    await expect(page.locator(".notifications li")).to_contain_text(words["reply"])
    await look(found, f"notifications-{language}")
    await press(page, words["read"])
    await expect(page.locator(".unread-count")).to_be_empty()
    await expect(page.locator(".notifications .unread")).to_have_count(0)
    await page.locator(".notifications a").click()
    await expect(heading(page, title)).to_be_visible()

    # A post of somebody else can be reported, and its author cannot be found by it.
    await page.locator(".post").nth(1).get_by_role("button", name=words["report"]).click()
    await page.locator("dialog [value=SELF_HARM_RISK]").check()
    await found.screenshot(f"report-{language}")
    await found.accessible("dialog")
    await page.locator("dialog").get_by_role("button", name=words["report"], exact=True).click()
    await expect(page.locator("dialog")).to_contain_text(words["thanks"])
    await expect(page.locator("dialog a[href^='tel:']").first).to_be_visible()


async def test_discussions_are_found_by_language_and_by_words(visit: Visiting) -> None:
    found = await visit(None)
    await sign_in(found, PATIENT)
    await found.open("/communities/multiple-sclerosis")
    page = found.page
    rows = page.locator(".discussions li")
    await rows.first.wait_for()
    await page.locator("#discussion-language").select_option("EN")
    await expect(page.locator(".discussions a:not([lang=en])")).to_have_count(0)
    await page.locator("#discussion-language").select_option("FR")
    await expect(page.locator(".discussions a:not([lang=fr])")).to_have_count(0)
    await page.locator("main [type=search]").fill("qqqqqq")
    await expect(page.locator("section:has(#discussions)")).to_contain_text("Aucune discussion")
    found.secrets |= {"qqqqqq"}


async def test_leaving_is_confirmed_and_joining_again_is_offered(visit: Visiting, network: Network) -> None:
    found = await newcomer(visit, network, "en")
    page = found.page
    await join(page, "en")
    await press(page, "Leave")
    await found.accessible("dialog")
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    await press(page, "Leave")
    await page.locator("dialog").get_by_role("button", name="Leave").click()
    await expect(page.locator("main").get_by_role("button", name="Join")).to_be_visible()


async def test_an_unknown_discussion_and_a_community_of_others_say_so(visit: Visiting, network: Network) -> None:
    found = await newcomer(visit, network, "en")
    await found.open("/communities/multiple-sclerosis/discussions/dsc_nothing")
    await expect(found.page.locator("main .notice")).to_be_visible()
    await look(found, "discussion-unknown", narrow=False)
    await found.open("/communities/multiple-sclerosis/discussions/new")
    await expect(found.page.locator("main .notice")).to_contain_text("Join this community first")


async def test_an_author_appeals_against_the_removal_of_their_post(visit: Visiting, network: Network) -> None:
    found = await newcomer(visit, network, "en")
    page = found.page
    await join(page, "en")
    await page.get_by_role("link", name="Start a discussion").click()
    title = f"Good morning {next(NUMBERS)}"
    await fill(page, title=title, body="Buy my book.")
    await press(page, "Post")
    await expect(heading(page, title)).to_be_visible()
    post = await network.value("SELECT id FROM care.post WHERE body = 'Buy my book.'")
    moderator = await network.staff(StaffRole.MODERATOR)
    await network.do(moderator, "postRemove", "__typename", post=f"pst_{post}", reason="It sells something.")
    await page.reload()
    notice = page.locator(".post .notice").first
    await expect(notice).to_contain_text("It sells something.")
    await expect(notice).to_contain_text("Buy my book.")
    await expect(page.locator(".unread-count")).to_contain_text("1")
    await fill(page, text="I give it away.")
    await page.locator(".post").get_by_role("button", name="Appeal").click()
    await expect(notice).to_contain_text("waits for a moderator")
    await look(found, "discussion-removed", narrow=False)


async def test_a_post_is_shown_as_commonmark_and_can_do_nothing(visit: Visiting, network: Network) -> None:
    found = await newcomer(visit, network, "en")
    page = found.page
    await join(page, "en")
    await page.get_by_role("link", name="Start a discussion").click()
    title = f"Good evening {next(NUMBERS)}"
    await fill(page, title=title, body=COMMONMARK)
    await press(page, "Post")
    await expect(heading(page, title)).to_be_visible()
    post = page.locator(".post .prose")
    await expect(post.locator("strong")).to_have_text("slept")
    await expect(post.locator("em")).to_have_text("well")
    await expect(post.locator("ol > li")).to_have_text(["one", "two"])
    assert await post.locator("ol").get_attribute("start") == "3"
    await expect(post.locator("ul > li")).to_have_count(1)
    await expect(post.locator("blockquote")).to_have_text("quoted")
    await expect(post.locator("code").first).to_have_text("5 mg")
    await expect(post.locator("br")).to_have_count(2)  # lines that their author ended
    await expect(post.locator(".heading")).to_have_text("A title")
    await expect(page.locator("main h1")).to_have_count(1)
    # Links lead to safe addresses, and pass nothing on; an image is one.
    links = {
        await each.inner_text(): (await each.get_attribute("href"), await each.get_attribute("rel"))
        for each in await post.locator("a").all()
    }
    rel = "noopener noreferrer nofollow ugc"
    assert links == {
        "a page": ("https://other.example/page", rel),
        "mail": ("mailto:somebody@other.example", rel),
        "an image": ("https://other.example/seen.png", rel),
    }
    # All else is text: the visit fails if a script runs, or if anything is loaded.
    await expect(post.locator("script, img, iframe, style, [onclick], [onerror]")).to_have_count(0)
    for written in ("<script>", "<img src", "javascript:", "data:text/html", "http://plain.example"):
        await expect(post).to_contain_text(written)
    await look(found, "discussion-commonmark", dark=True)
    # What is edited is what was written.
    await page.locator(".post").get_by_role("button", name="Edit").click()
    await expect(page.locator(".post [name=body]")).to_have_value(COMMONMARK)


async def test_a_word_without_end_stays_within_the_page(visit: Visiting) -> None:
    word = "Donaudampfschifffahrt" * 7
    found = await visit(f"/communities?search={word}", narrow=True)
    page = found.page
    await page.locator("main input[type=search]").fill(word)
    await expect(page.locator("main")).to_contain_text(f"“{word}”")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await sign_in(found, PATIENT)
    await found.open("/communities/multiple-sclerosis/discussions/new")
    await fill(page, title=word, body=f"{word}\r\n\r\nمرحبا 👩🏽‍🦽")
    await page.locator("main form button[type=submit]").dblclick()
    await page.wait_for_url("**/discussions/dis_*")
    await expect(page.locator("main h1")).to_have_text(word)
    await expect(page.locator(".post")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_page_is_printed_in_dark_ink(visit: Visiting) -> None:
    found = await visit("/communities", dark=True)
    await found.page.emulate_media(media="print", color_scheme="dark")
    colors = await found.page.evaluate(
        "['background-color', 'color'].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name))"
    )
    paper, ink = (sum(map(int, re.findall(r"\d+", color)[:3])) for color in colors)
    assert ink < 200 < 700 < paper
