"""Means that a laboratory asks for by pointing: their quotes, their publication, and their pages and plans."""

import re

from playwright.async_api import Locator, Page, expect

from privacy.precision import PRICES, Precision
from tests.browser.browse_laboratory import SPACES, decimal, open_trial, signed_in
from tests.browser.conftest import Visiting
from tests.browser.pages import languages, look, press
from tests.support.network import Network

PLACES = {"en": (43, 44), "fr": (46, 55)}  # scales among the variables, whose means nobody has published
OF_ALL = {"en": True, "fr": False}  # whether nearly all members have recorded these
SEX, TREATMENT = 1, 5
MEANS = "query($id: ID!) { insight(id: $id) { statistics { measure value reliability by { label } } } }"
WORDS = {
    "en": {
        "mean": "(mean)",
        "publish": "Publish …",
        "yes": "Publish it",
        "separate": "Show separately by",
        "slice": "Slices and sums",
        "verify": "Verify now",
        "compare": "Compare",
        "add to plan": "Add to the plan",
        "both": "Put both into the plan",
        "counts": "Ask for the counts of the groups",
        "second": "question 2 of this plan",
    },
    "fr": {
        "mean": "(moyenne)",
        "publish": "Publier…",
        "yes": "Le publier",
        "separate": "Séparer selon",
        "slice": "Découpes et sommes",
        "verify": "Vérifier maintenant",
        "compare": "Comparer",
        "add to plan": "Ajouter au plan",
        "both": "Mettre les deux dans le plan",
        "counts": "Demander les effectifs des groupes",
        "second": "question 2 de ce plan",
    },
}
KINDS = {
    "en": ["Distribution (counts)", "Mean", "Mean, with published group sizes"],
    "fr": ["Répartition (effectifs)", "Moyenne", "Moyenne, avec des tailles de groupes publiées"],
}


async def point(page: Page, variable: int, *by: int) -> None:
    """Puts a question together, by the places of its variables in the list."""
    entries = page.locator(".variables li")
    await entries.nth(variable).locator(".toggle").first.click()
    for each in by:
        await entries.nth(each).locator(".toggle").last.click()


async def choose(page: Page, kind: str) -> None:
    await page.locator(f"[name=kind][value={kind}]").check()
    await page.wait_for_url(f"**kind={kind}*")


async def price_in(place: Locator) -> int:
    """The micro-rho that a part of the page names."""
    await expect(place).to_contain_text("micro-rho")
    return int(re.findall(r"(\d+) ?micro-rho", SPACES.sub("", await place.inner_text()))[0])


async def publish(page: Page, language: str) -> None:
    await page.locator(".panel").get_by_role("button", name=WORDS[language]["publish"]).click()
    await page.locator("dialog").get_by_role("button", name=WORDS[language]["yes"]).click()
    await page.locator(".chart").wait_for()


async def expect_means(page: Page, network: Network, language: str) -> None:
    """Each group has its mean with an error bar, and the same in the table; nothing else is offered."""
    laboratory = await network.ask.sign_in("laboratory")
    answer = await network.ask(laboratory, MEANS, {"id": page.url.rpartition("/")[2]})
    found = answer["data"]["insight"]["statistics"]
    assert {each["measure"] for each in found} == {"MEAN"}
    means = {each["by"][0]["label"]: each["value"] for each in found if each["reliability"] != "NONE"}
    rows = page.locator(".chart .chart-row:not(.chart-axis)")
    await rows.nth(1).wait_for()
    labels = await rows.locator("span:first-child").all_inner_texts()
    texts = await rows.locator("span:last-child").all_inner_texts()
    drawn = {label: SPACES.sub("", text) for label, text in zip(labels, texts, strict=True) if "(" in text}
    assert drawn.keys() == means.keys()
    assert drawn or not OF_ALL[language]
    for label, text in drawn.items():
        expected = f"{means[label]:.1f}".replace(".", decimal(language)).replace(",", "")
        assert text.startswith(expected)
    await expect(page.locator(".chart .chart-row .interval")).to_have_count(len(drawn))
    await expect(page.locator("#figures ~ * tbody tr, section:has(#figures) tbody tr")).to_have_count(len(labels))
    await expect(page.locator("[name=measure]")).to_have_count(0)
    await expect(page.locator("main h1")).to_contain_text(WORDS[language]["mean"])


@languages
async def test_a_mean_is_asked_for_by_pointing_and_drawn_with_error_bars(
    visit: Visiting, network: Network, language: str
) -> None:
    words, kinds = WORDS[language], KINDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await open_trial(page)
    panel = page.locator(".panel")
    # What has no mean is only counted.
    await point(page, SEX)
    await panel.locator(".facts").wait_for()
    await expect(page.locator("[name=kind]")).to_have_count(0)
    await point(page, PLACES[language][0], SEX)
    await expect(page.locator("label:has([name=kind])")).to_have_text(kinds[:2])
    await expect(panel.locator(".facts dd").first).to_contain_text("micro-rho")
    counts = await price_in(panel.locator(".facts"))
    await choose(page, "MEANS")
    await expect(panel.locator(".suggestions")).to_be_visible()
    means = await price_in(panel.locator(".facts"))
    sums = await price_in(panel.locator(".suggestions button"))
    assert sums < means < counts == PRICES[Precision.WITHIN_20]
    await expect(panel.locator(".suggestions a")).to_have_attribute("href", re.compile("^/lab/insights/"))
    await expect(panel.locator(".readable")).to_contain_text(re.compile(r"\d.+\d.+±\s\d"))
    await look(found, f"lab-mean-{language}", dark=language == "en")
    await publish(page, language)
    await expect_means(page, network, language)
    await look(found, f"lab-mean-published-{language}", dark=language == "en")
    await press(page, words["verify"])
    await expect(page.locator(".notice.good")).to_be_visible()
    # A mean of all members, from the sums that were published.
    await page.get_by_text(words["slice"]).click()
    await page.get_by_label(words["separate"]).uncheck()
    await expect(page.locator(".chart .chart-row:not(.chart-axis)")).to_have_count(1)
    # Beside a distribution, means are shown of both.
    await page.locator("[name=other] option", has_not_text=words["mean"]).first.wait_for(state="attached")
    await press(page, words["compare"])
    await expect(page.locator(".chart .interval").first).to_be_attached()
    await expect(page.locator(".chart")).to_have_count(2)
    await expect(page.locator("[name=measure]")).to_have_count(0)
    await look(found, f"lab-mean-beside-{language}")


@languages
async def test_counts_become_means_with_published_sizes_by_the_quote_s_suggestion(
    visit: Visiting, network: Network, language: str
) -> None:
    words, kinds = WORDS[language], KINDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await open_trial(page)
    panel = page.locator(".panel")
    dataset = page.url
    await point(page, PLACES[language][1], SEX)
    await choose(page, "MEANS")
    button = panel.locator(".suggestions button")
    price = await price_in(button)
    counts = await panel.locator(".suggestions a").get_attribute("href")
    await button.click()
    await expect(page.locator("[name=kind][value=SUMS]")).to_be_checked()
    await expect(page.locator("label:has([name=kind])")).to_have_text(kinds)
    await expect(panel.locator(".facts a")).to_have_attribute("href", counts or "")
    assert await price_in(panel.locator(".facts")) == price
    await look(found, f"lab-sums-{language}")
    await publish(page, language)
    await expect_means(page, network, language)
    await expect(page.locator(f"main a[href='{counts}']")).to_be_visible()
    await look(found, f"lab-sums-published-{language}")
    await page.goto(dataset)
    await expect(page.locator("tbody tr", has_text=words["mean"]).first).to_contain_text(kinds[2])


@languages
async def test_means_whose_groups_are_not_counted_take_them_from_a_plan(
    visit: Visiting, network: Network, language: str
) -> None:
    words, kinds = WORDS[language], KINDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await open_trial(page)
    await point(page, PLACES[language][1], TREATMENT, SEX)
    await choose(page, "MEANS")
    await expect(page.locator(".panel .readable")).to_be_visible()
    await expect(page.locator(".panel .suggestions")).to_have_count(0)
    await press(page, words["add to plan"])
    await page.goto(page.url.replace("kind=MEANS", "kind=SUMS", 1))  # a colleague's address
    panel, entries = page.locator(".panel"), page.locator(".plan > li")
    await expect(panel.locator(".notice.fault")).to_be_visible()
    await expect(panel.get_by_role("button", name=words["publish"])).to_have_count(0)
    await look(found, f"lab-sums-uncounted-{language}")
    await press(page, words["both"])
    await expect(entries).to_have_count(3)
    # Both kinds of means take the counts, which are second, and the plan offers them for the first.
    await expect(entries.nth(2)).to_contain_text(words["second"])
    await expect(entries.nth(0)).to_contain_text(words["second"])
    await expect(entries.locator(".notice.fault")).to_have_count(0)
    await look(found, f"lab-plan-means-{language}")
    await entries.nth(0).locator(".notes button").click()
    await expect(entries).to_have_count(2)  # it is the third question now
    await expect(entries.nth(0)).to_contain_text(kinds[2])
    # Without its counts, it is refused where it stands.
    await entries.nth(1).locator("> .button").click()
    await expect(entries.nth(0).locator(".notice.fault")).to_be_visible()
    await look(found, f"lab-plan-uncounted-{language}", narrow=False)
    await press(page, words["counts"])
    await expect(panel.locator(".facts")).to_be_visible()
    await expect(page.locator("[name=kind]")).to_have_count(0)
    assert await panel.locator(".chosen").count() == 2
