"""The pages of organizations in a browser: from a question and its quote to the chart, licences, and API keys."""

import math
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.async_api import Page, expect

from privacy.measures import LEAST_COUNT, PRECISE_COUNT
from privacy.precision import PRICES, Precision
from privacy.reading import least_shown
from tests.browser.conftest import SCREENSHOTS, Visit, Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in
from tests.support.network import Network
from tests.support.receiver import receiving

LABORATORY = "laboratory@demo.example"
INSURER = "insurer@demo.example"  # whose account reads French
WORDS = {
    "en": {
        "datasets": "Datasets",
        "counted": "Active drug (trial arm): time on treatment",
        "count": "Count Active drug (trial arm): time on treatment",
        "publish": "Publish …",
        "yes": "Publish it",
        "uses": "Our insights",
        "result": "Arthritis self-assessment: change, by First treatment",
        "means": "Means",
        "active": "Active drug (trial arm)",
        "placebo": "Placebo (trial arm)",
        "again": "Whole table again",
        "reconciled": "Also draw the reconciled figures",
        "from": "Reconciled from",
        "slice": "Slices and sums",
        "separate": "Show separately by First treatment",
        "verify": "Verify now",
        "vouches": "vouches for these figures",
        "compare": "Compare",
        "two": "Two insights beside one another",
        "search": "active drug",
        "news": "have just been published",
        "keys": "Keys and webhooks",
        "create": "Create the key",
        "stored": "I have stored it",
        "revoke": "Revoke Walk",
        "leave": "Revoke it",
        "revoked": "The key is revoked",
        "create webhook": "Create the webhook",
        "test": "Test",
        "delivered": "delivered, 204",
        "delete": "Delete",
        "deleted": "The webhook is deleted",
        "save mails": "Save this choice",
        "saved": "Your choice is saved",
        "licences": "Licences",
        "request": "Request a licence",
        "send": "Send the request",
        "sent": "The request has been sent",
        "to licences": "To the licences",
        "requested": "Requested",
        "add": "Add an address",
        "link": "Publish the address",
        "linked": "is in the public ledger",
        "condition": "migraine",
        "unlicensed": "No licence of yours covers this dataset",
        "short": "are left. The precision",
        "coarser": "is still affordable",
        "quota": "of the licence’s quota are left",
        "prices": "Prices of other margins",
        "count in order": "Count Time since diagnosis",
        "merge of": "Merge categories of",
        "merge": "Merge them",
        "apart": "Separate",
        "add to plan": "Add to the plan",
        "publish plan": "Publish all …",
        "yes all": "Publish them",
        "same as": "The same table as question",
        "of plan": "from the plan",
    },
    "fr": {
        "datasets": "Jeux de données",
        "counted": "Temps écoulé depuis le diagnostic",
        "count": "Compter Temps écoulé depuis le diagnostic",
        "publish": "Publier…",
        "yes": "Le publier",
        "uses": "Nos résultats",
        "result": "selon : Premier traitement",
        "means": "Moyennes",
        "active": "Traitement actif (bras de l’essai)",
        "placebo": "Placebo (bras de l’essai)",
        "again": "Revenir au tableau entier",
        "reconciled": "Tracer aussi les chiffres conciliés",
        "from": "Concilié à partir de",
        "slice": "Découpes et sommes",
        "separate": "Séparer selon : Premier traitement",
        "verify": "Vérifier maintenant",
        "vouches": "se porte garante",
        "compare": "Comparer",
        "two": "Deux résultats côte à côte",
        "search": "ecoule",
        "news": "viennent d’être publiés",
        "keys": "Clés et webhooks",
        "create": "Créer la clé",
        "stored": "C’est conservé",
        "revoke": "Révoquer Walk",
        "leave": "La révoquer",
        "revoked": "La clé est révoquée",
        "create webhook": "Créer le webhook",
        "test": "Tester",
        "delivered": "remis, 204",
        "delete": "Supprimer",
        "deleted": "Le webhook est supprimé",
        "save mails": "Enregistrer ce choix",
        "saved": "Votre choix est enregistré",
        "licences": "Licences",
        "request": "Demander une licence",
        "send": "Envoyer la demande",
        "sent": "La demande est envoyée",
        "to licences": "Vers les licences",
        "requested": "Demandée",
        "add": "Ajouter une adresse",
        "link": "Publier l’adresse",
        "linked": "figure au registre",
        "condition": "psoriasis",
        "unlicensed": "Aucune de vos licences ne couvre",
        "short": "La précision",
        "coarser": "reste possible",
        "quota": "du quota de la licence",
        "prices": "Prix des autres marges",
        "count in order": "Compter Temps écoulé depuis le diagnostic",
        "merge of": "Regrouper des catégories de",
        "merge": "Les regrouper",
        "apart": "Séparer",
        "add to plan": "Ajouter au plan",
        "publish plan": "Tout publier…",
        "yes all": "Les publier",
        "same as": "Le même tableau que la question",
        "of plan": "du plan",
    },
}
SPACES = re.compile("[\u00a0\u202f,]")


async def signed_in(visit: Visiting, network: Network, language: str, **given: Any) -> Visit:
    """A visit of the laboratory, whose account reads this language."""
    tag = LOCALES[language]
    await network.database.execute("UPDATE identity.account SET locale = $1 WHERE email = $2", tag, LABORATORY)
    found = await visit(None, locale=tag, **given)
    await sign_in(found, LABORATORY)
    await expect(heading(found.page, WORDS[language]["datasets"])).to_be_visible()
    return found


async def open_trial(page: Page) -> None:
    await page.locator(".card", has_text=re.compile("Rheumatoid|rhumatoïde")).first.click()
    await page.locator(".variables li").first.wait_for()


@languages
async def test_a_laboratory_goes_from_a_question_and_its_quote_to_the_chart(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await page.locator(".card").first.wait_for()
    await look(found, f"lab-datasets-{language}")
    await open_trial(page)
    await page.locator("#variables").fill(words["search"])
    await page.get_by_role("button", name=words["count"], exact=True).press("Enter")
    panel = page.locator(".panel")
    price = PRICES[Precision.WITHIN_20]
    await expect(panel.locator(".facts")).to_contain_text(re.compile(digits(price)))
    cells = int(await panel.locator(".facts dd").nth(1).inner_text())
    shown = [int(number) for number in re.findall(r"\d+", await panel.locator(".readable").inner_text())]
    sigma = 20 / 1.96
    assert LEAST_COUNT < math.ceil(least_shown(sigma, cells)) in {each + step for each in shown for step in (-1, 0, 1)}
    assert PRECISE_COUNT * 20 in shown
    await expect(panel.locator(".meter", has_text=words["quota"])).to_be_visible()
    await panel.locator("summary", has_text=words["prices"]).click()
    await expect(panel.locator("tbody tr")).to_have_count(4)
    await look(found, f"lab-quote-{language}", dark=language == "en")
    # What is not affordable cannot be published, and what is affordable is offered.
    await page.locator("[name=precision][value=WITHIN_5]").check()
    await expect(panel.locator(".notice.fault")).to_contain_text(words["short"])
    await expect(panel.locator(".suggestions")).to_contain_text(words["coarser"])
    await expect(panel.get_by_role("button", name=words["publish"])).to_have_count(0)
    await look(found, f"lab-quote-short-{language}", narrow=False)
    await panel.get_by_role("button", name="±\u00a020").click()
    await expect(page.locator("[name=precision][value=WITHIN_20]")).to_be_checked()
    await panel.get_by_role("button", name=words["publish"]).click()
    await expect(page.locator("dialog")).to_contain_text(re.compile(digits(price)))
    await look(found, f"lab-publish-{language}")
    await page.locator("dialog").get_by_role("button", name=words["yes"]).click()
    await expect(heading(page, words["counted"])).to_be_visible()
    await page.locator(".chart").wait_for()
    await look(found, f"lab-published-{language}")


@languages
async def test_categories_are_merged_by_pointing_and_by_a_stored_grouping(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await open_trial(page)
    await page.get_by_role("button", name=words["count in order"], exact=True).click()
    panel = page.locator(".panel")
    cells = panel.locator(".facts dd").nth(1)
    await expect(cells).to_have_text(re.compile(r"\d"))
    before = int(await cells.inner_text())
    # Neighbours are merged, and others are not: the categories are in order.
    merging = panel.locator("details", has_text=words["merge of"]).first
    await merging.locator("summary").click()
    boxes = merging.locator("[type=checkbox]")
    await boxes.nth(0).check()
    await boxes.nth(2).check()
    await expect(merging.get_by_role("button", name=words["merge"])).to_be_disabled()
    await boxes.nth(1).check()
    await boxes.nth(2).uncheck()
    await merging.get_by_role("button", name=words["merge"]).click()
    await expect(cells).to_have_text(str(before - 1))
    await page.reload()  # the question is in the address
    await expect(cells).to_have_text(str(before - 1))
    merging = panel.locator("details").first
    await merging.locator("summary").click()
    await look(found, f"lab-merged-{language}", dark=language == "en")
    await merging.get_by_role("button", name=words["apart"]).click()
    await expect(cells).to_have_text(str(before))


@languages
async def test_a_plan_is_priced_as_a_whole_and_published_as_one(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await open_trial(page)
    panel, plan = page.locator(".panel"), page.locator("section:has(#plan)")
    # Each language publishes tables of its own, which are not published yet.
    variables = page.locator(".variables li")
    for place in (10, 11) if language == "en" else (12, 13):
        await variables.nth(place).locator(".toggle").first.click()
        await page.locator("[name=precision][value=WITHIN_50]").check()
        await press(page, words["add to plan"])
        await expect(panel.get_by_role("button", name=words["add to plan"])).to_have_count(0)
    # The last table again, with a better precision, which is charged in place of the first.
    first = page.locator(".plan > li").first
    await expect(page.locator(".plan > li")).to_have_count(2)
    await page.locator("[name=precision][value=WITHIN_20]").check()
    await press(page, words["add to plan"])
    await expect(page.locator(".plan > li")).to_have_count(3)
    await expect(plan).to_contain_text(words["same as"])
    prices = [
        int(re.findall(r"\d+", SPACES.sub("", each))[0])
        for each in await page.locator(".plan .notes li:first-child").all_inner_texts()
    ]
    assert prices[1] == 0 < min(prices[0], prices[2])
    await expect(plan.locator(".facts dd").first).to_contain_text(re.compile(digits(sum(prices))))
    await page.reload()  # the plan is in the address
    await expect(page.locator(".plan > li")).to_have_count(3)
    await look(found, f"lab-plan-{language}", dark=True)
    await plan.get_by_role("button", name=re.compile(words["of plan"])).nth(1).click()
    await expect(page.locator(".plan > li")).to_have_count(2)
    before = await network.value("SELECT count(*) FROM insight.ledger_entry")
    await press(page, words["publish plan"])
    await look(found, f"lab-plan-publish-{language}", narrow=False)
    await page.locator("dialog").get_by_role("button", name=words["yes all"]).click()
    await expect(page.locator(":focus .notice.good")).to_be_visible()
    await expect(plan.locator("tbody a")).to_have_count(2)
    await look(found, f"lab-plan-published-{language}")
    assert await network.value("SELECT count(*) FROM insight.ledger_entry") == before + 2
    await page.reload()
    await expect(plan).to_have_count(0)  # it is not offered again
    assert await first.count() == 0


async def test_a_plan_shows_each_refusal_at_its_question(visit: Visiting, network: Network) -> None:
    found = await signed_in(visit, network, "en")
    page = found.page
    await open_trial(page)
    # A colleague's address: a grouping that nobody has stored, in the second of three questions.
    address = page.url
    await page.locator(".variables .toggle").first.click()
    await page.wait_for_url("**variable=*")
    variable = parse_qs(urlsplit(page.url).query)["variable"][0]
    good = f"variable={variable}&precision=WITHIN_50"
    questions = [good, f"{good}&grouping={variable}~Unheard of", f"variable={variable}&precision=WITHIN_20"]
    await page.goto(f"{address}?{urlencode([('plan', each) for each in questions])}")
    entries = page.locator(".plan > li")
    await expect(entries).to_have_count(3)
    await expect(entries.nth(1).locator(".notice.fault")).not_to_be_empty()
    await expect(page.locator(".plan .notice.fault")).to_have_count(1)
    await expect(page.get_by_role("button", name=WORDS["en"]["publish plan"])).to_have_count(0)
    await look(found, "lab-plan-refused")
    await entries.nth(1).get_by_role("button").click()
    await expect(entries).to_have_count(2)
    await expect(page.locator(".plan .notice.fault")).to_have_count(0)
    await expect(page.get_by_role("button", name=WORDS["en"]["publish plan"])).to_be_visible()


async def figures_fold(page: Page, *groups: str) -> None:
    """In a narrow window, the table of a group is open, and those of others are unfolded by the keyboard."""
    tables = page.locator("section:has(#figures) .table:visible")
    await expect(tables).to_have_count(1)
    rows = await tables.locator("tbody tr").count()
    wide = page.viewport_size
    assert wide is not None
    await page.set_viewport_size({"width": 390, "height": 844})
    folds = page.locator("details.fold")
    await expect(folds.locator("summary")).to_have_text(list(groups))
    await expect(tables).to_have_count(1)
    await folds.nth(1).locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(tables).to_have_count(len(groups))
    assert await tables.locator("tbody tr").count() == rows
    # The category stays in sight while the figures beside it are scrolled.
    first = tables.first
    await first.evaluate("(each) => each.scrollLeft = 1000")
    shown, cell = [await each.bounding_box() for each in (first, first.locator("tbody td").first)]
    assert shown is not None
    assert cell is not None
    assert cell["x"] >= shown["x"]
    await page.screenshot(path=SCREENSHOTS / "lab-trial-folds.png", full_page=True)
    await page.set_viewport_size(wide)
    await expect(folds).to_have_count(0)


@languages
async def test_the_result_of_the_trial_is_drawn_with_its_intervals(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await page.get_by_role("navigation").get_by_role("link", name=words["uses"]).click()
    await page.locator("tbody tr").first.wait_for()
    await page.locator("tbody a", has_text=re.compile("change, by|évolution, selon|variation, selon")).first.click()
    await expect(page.locator("main h1")).to_contain_text(words["result"])
    await page.locator(".chart").wait_for()
    await look(found, f"lab-trial-{language}")
    await figures_fold(page, words["active"], words["placebo"])
    await page.get_by_label(words["means"]).check()
    rows = page.locator(".chart .chart-row:not(.chart-axis)")
    await expect(rows.nth(1)).to_contain_text("(")
    labels = await rows.locator("span:first-child").all_inner_texts()
    assert {words["active"], words["placebo"]} <= set(labels)
    means = await statistics(network, page.url.rpartition("/")[2])
    for label, text in zip(labels, await rows.locator("span:last-child").all_inner_texts(), strict=True):
        if "(" in text:
            assert SPACES.sub("", text).startswith(
                f"{means[label]:.1f}".replace("-0.0", "0.0").replace(".", decimal(language)).replace(",", "")
            )
    await look(found, f"lab-trial-means-{language}")
    await page.get_by_text(words["reconciled"]).click()
    await expect(page.locator("main")).to_contain_text(words["from"])
    await look(found, f"lab-trial-reconciled-{language}", narrow=False)
    # Sums cost nothing, and are of the published counts.
    await page.get_by_text(words["slice"]).click()
    await page.get_by_label(words["separate"]).uncheck()
    await expect(rows).to_have_count(1)
    await look(found, f"lab-trial-slices-{language}")
    await press(page, words["again"])
    await press(page, words["verify"])
    await expect(page.locator(".notice.good")).to_contain_text(words["vouches"])
    for ending, beginning in (("csv", "first_treatment_code"), ("json", "{")):
        async with page.expect_download() as started:
            await page.locator(f"a[href$='.{ending}']").click()
        file = await (await started.value).path()
        assert file.read_text(encoding="utf-8-sig").startswith(beginning)
    await press(page, words["compare"])
    await expect(heading(page, words["two"])).to_be_visible()
    await expect(page.locator(".chart")).to_have_count(2)
    await look(found, f"lab-beside-{language}")


@languages
async def test_a_licence_is_requested_and_each_fault_stands_at_its_field(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await page.get_by_role("navigation").get_by_role("link", name=words["licences"]).click()
    await page.locator(".licence").first.wait_for()
    await expect(page.locator(".licence li")).not_to_contain_text(["…"])
    await look(found, f"lab-licences-{language}")
    before = await page.locator(".licence", has_text=words["requested"]).count()
    await page.get_by_role("link", name=words["request"]).click()
    await page.locator("main [type=search]").wait_for()
    await page.locator("main [type=search]").fill(words["condition"])
    await expect(page.locator("[name=community] option").nth(1)).to_contain_text(
        re.compile(words["condition"], re.IGNORECASE)
    )
    await page.locator("[name=community]").select_option(index=1)
    first = await network.value("SELECT catalog.latest_today()")
    await fill(page, purpose="To walk through pages", undertakings=True)
    await fill(page, startsOn=(first + timedelta(days=3)).isoformat(), endsOn=(first + timedelta(days=2)).isoformat())
    await press(page, words["send"])
    await expect(page.locator(".field:has([name=endsOn]) .fault")).not_to_be_empty()
    await expect(page.locator("[name=purpose]")).to_have_value("To walk through pages")
    await look(found, f"lab-request-{language}")
    await fill(page, endsOn=(first + timedelta(days=200)).isoformat())
    await press(page, words["send"])
    await expect(page.locator(".notice.good")).to_contain_text(words["sent"])
    await page.get_by_role("link", name=words["to licences"]).click()
    await expect(page.locator(".licence", has_text=words["requested"])).to_have_count(before + 1)


@languages
async def test_a_key_is_shown_once_and_revoked(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    await page.get_by_role("navigation").get_by_role("link", name=words["keys"]).click()
    await page.locator("tbody tr").first.wait_for()
    first = await network.value("SELECT catalog.latest_today()")
    await fill(page, name="Walk", expiresAt=(first + timedelta(days=4000)).isoformat())
    await press(page, words["create"])
    await expect(page.locator(".field:has([name=expiresAt]) .fault")).not_to_be_empty()
    await fill(page, expiresAt=(first + timedelta(days=30)).isoformat())
    await press(page, words["create"])
    secret = await page.locator(".secret").inner_text()
    found.secrets.add(secret)
    assert secret.startswith("ck_")
    named = f"export COHORTE_URL={found.origin} COHORTE_API_KEY={secret}"
    await expect(page.get_by_role("main")).to_contain_text(named)
    await look(found, f"lab-keys-{language}")
    await press(page, words["stored"])
    assert secret not in await page.content()
    await page.get_by_role("button", name=words["revoke"]).click()
    await look(found, f"lab-revoke-{language}", narrow=False)
    await page.locator("dialog").get_by_role("button", name=words["leave"]).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["revoked"])
    await expect(page.locator("tbody")).not_to_contain_text("Walk")


@languages
async def test_a_webhook_is_created_tested_and_deleted_and_mails_are_chosen(
    visit: Visiting, network: Network, language: str
) -> None:
    words = WORDS[language]
    found = await signed_in(visit, network, language)
    page = found.page
    dialog, row = page.locator("dialog"), page.locator("tbody tr", has_text="Walk")
    await page.get_by_role("navigation").get_by_role("link", name=words["keys"]).click()
    async with receiving() as receiver:
        await fill(page, url="http://hooks.laboratory.example/", description="Walk")
        await press(page, words["create webhook"])
        await expect(page.locator(".field:has([name=url]) .fault")).not_to_be_empty()
        await fill(page, url=receiver.url())
        await press(page, words["create webhook"])
        secret = await page.locator(".secret").inner_text()
        found.secrets.add(secret)
        assert secret.startswith("whsec_")
        await look(found, f"lab-webhooks-{language}")
        await press(page, words["stored"])
        assert secret not in await page.content()
        await row.get_by_role("button", name=words["test"]).click()
        await look(found, f"lab-webhook-test-{language}", narrow=False)
        await dialog.get_by_role("button", name=words["test"]).click()
        [request] = await receiver.ones(1)
        assert request.is_signed_by(secret)
        await expect(row).to_contain_text(words["delivered"])
    await row.get_by_role("button", name=words["delete"]).click()
    await dialog.get_by_role("button", name=words["delete"]).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["deleted"])
    await expect(row).to_have_count(0)
    await page.locator("[name='mailed.INSIGHT_PUBLISHED']").uncheck()
    await press(page, words["save mails"])
    await expect(page.locator(".notice.good", has_text=words["saved"])).to_be_visible()
    mailed = "SELECT mailed_events FROM identity.account WHERE email = $1"
    assert await network.value(mailed, LABORATORY) == ["LICENCE_DECIDED", "DATASET_FROZEN"]


async def test_results_are_linked_and_new_insights_arrive_at_390_pixels_in_the_dark(
    visit: Visiting, network: Network
) -> None:
    words = WORDS["en"]
    found = await signed_in(visit, network, "en", narrow=True, dark=True)
    page = found.page
    await found.open("/lab/insights")
    await page.locator("tbody tr").first.wait_for()
    await page.get_by_role("button", name=words["add"]).last.click()
    await fill(page, url="http://www.inserm.fr/1")
    await page.locator("dialog").get_by_role("button", name=words["link"]).click()
    await expect(page.locator("dialog .fault")).not_to_be_empty()
    await look(found, "lab-results-en", narrow=False)
    await fill(page, url="https://www.inserm.fr/1")
    await page.locator("dialog").get_by_role("button", name=words["link"]).click()
    await expect(page.locator(".notice.good")).to_contain_text(words["linked"])
    await expect(page.locator("tbody")).to_contain_text("www.inserm.fr")
    await found.open("/lab")
    await open_trial(page)
    laboratory = await network.ask.sign_in("laboratory")
    given = {"dataset": page.url.rpartition("/")[2], "variable": "region", "precision": "WITHIN_50"}
    document = (
        "mutation($input: InsightInput!) { insightPublish(input: $input) { insight { id } userErrors { message } } }"
    )
    payload = (await network.ask(laboratory, document, {"input": given}))["data"]["insightPublish"]
    assert payload["userErrors"] == []
    await network.deliver()
    await expect(page.locator(".notice.good")).to_contain_text(words["news"])
    await expect(page.locator(f"a[href$='{payload['insight']['id']}']")).to_be_visible()
    await look(found, "lab-dataset-dark-en", narrow=False)
    await found.open(f"/lab/insights/{payload['insight']['id']}")
    await page.locator(".chart").wait_for()
    await look(found, "lab-region-dark-en", narrow=False)


async def test_without_a_licence_a_price_is_shown_and_nothing_can_be_published(
    visit: Visiting, network: Network
) -> None:
    await network.database.execute(
        """
        UPDATE insight.licence l SET status = 'ENDED' FROM identity.account a
        WHERE a.organization_id = l.organization_id AND a.email = $1 AND l.status = 'GRANTED'
        """,
        INSURER,
    )
    found = await visit(None, locale=LOCALES["fr"])
    page = found.page
    await sign_in(found, INSURER)
    await open_trial(page)
    await expect(page.locator(".panel .notice")).to_contain_text(WORDS["fr"]["unlicensed"])
    await page.get_by_role("button", name=WORDS["fr"]["count"], exact=True).click()
    await page.locator(".panel .facts").wait_for()
    await expect(page.get_by_role("button", name=WORDS["fr"]["publish"])).to_have_count(0)
    await look(found, "lab-unlicensed-fr", narrow=False)
    await found.open("/lab/insights/ins_00000000-0000-0000-0000-000000000000")
    await expect(page.locator(".notice")).to_contain_text("n’existe pas")
    await look(found, "lab-unknown-fr", narrow=False)


async def statistics(network: Network, insight: str) -> dict[str, float]:
    """The mean of each group by its label, as the graph has it in the language of the account."""
    laboratory = await network.ask.sign_in("laboratory")
    document = "query($id: ID!) { insight(id: $id) { statistics { measure value by { label } } } }"
    answer = await network.ask(laboratory, document, {"id": insight})
    found = answer["data"]["insight"]["statistics"]
    return {
        each["by"][0]["label"]: each["value"]
        for each in found
        if each["measure"] == "MEAN" and each["value"] is not None
    }


def decimal(language: str) -> str:
    return "," if language == "fr" else "."


def digits(number: int) -> str:
    """A pattern of a number in thousands, however they are separated."""
    return f"{number:,}".replace(",", "[\u00a0\u202f,]")
