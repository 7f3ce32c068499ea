"""Members follow themselves in a browser: curves, the check-in of a day, and a treatment's whole life."""

from datetime import date, timedelta

from playwright.async_api import expect

from tests import factories
from tests.browser.browse_taking_part import member_with_password
from tests.browser.conftest import Visit, Visiting
from tests.browser.pages import LOCALES, fill, heading, languages, look, press, sign_in
from tests.support.network import Network

PATIENT = "patient@demo.example"
WORDS = {
    "en": {
        "home": "My space", "check in": "Check in", "how": "How are you?", "save": "Save", "saved": "Saved.",
        "number": "Enter a number", "make": "Make an indicator of my own", "add": "Add", "treatments": "My treatments",
        "start": "Start a treatment", "evaluation": "Your evaluation of", "ended": "stopped",
        "unchanged": "Nothing has changed.", "note": "A note needs a value",
    },
    "fr": {
        "home": "Mon espace", "check in": "Faire le point", "how": "Comment allez-vous ?", "save": "Enregistrer",
        "saved": "Enregistré.", "number": "Saisissez un nombre", "make": "Créer mon propre indicateur",
        "add": "Ajouter", "treatments": "Mes traitements", "start": "Commencer un traitement",
        "evaluation": "Votre évaluation du", "ended": "arrêté", "unchanged": "Rien n’a changé.",
        "note": "Une note accompagne une valeur",
    },
}  # fmt: skip
STARTED = {"en": "2026-09-01", "fr": "2026-09-02"}
DAYS = {"en": "2019-03-03", "fr": "2019-10-03"}  # nothing is recorded around them


async def patient(
    visit: Visiting, network: Network, language: str, *, narrow: bool = False, dark: bool = False
) -> Visit:
    """A browser in which the demonstration's patient has signed in, who reads `language` meanwhile."""
    change = "UPDATE identity.account SET locale = $2 WHERE email = $1"
    await network.database.execute(change, PATIENT, LOCALES[language])
    found = await visit(None, locale=LOCALES[language], narrow=narrow, dark=dark)
    await sign_in(found, PATIENT)
    await expect(heading(found.page, WORDS[language]["home"])).to_be_visible()
    return found


@languages
async def test_the_dashboard_has_curves_treatments_and_a_table_for_each(
    visit: Visiting, network: Network, language: str
) -> None:
    found = await patient(visit, network, language)
    page = found.page
    await page.locator(".curve svg").first.wait_for()
    await look(found, f"dashboard-{language}")
    for period in ("MONTH", "YEAR", "FIVE"):
        await page.locator("#period").select_option(period)
        await page.locator(".curve svg .dot").first.wait_for()
    await page.locator("#interval").select_option("QUARTER")
    first, second = page.locator(".curve").nth(0), page.locator(".curve").nth(1)
    await first.locator(".numbers summary").click()
    await expect(first.locator(".dot")).to_have_count(await first.locator("tbody tr").count())
    # The treatments are below the first curve, on its axis, and unfold below any other.
    await expect(first.locator(".bar").first).to_be_visible()
    await expect(second.locator(".bar").first).to_be_hidden()
    await second.locator("summary").first.click()
    await expect(second.locator(".bar")).to_have_count(await first.locator(".bar").count())
    await expect(second.locator(".bar").first).to_be_visible()
    edges = [
        await each.locator("svg").evaluate_all(
            "(all) => all.map((each) => each.getBoundingClientRect()).map(({x, width}) => [x, width])"
        )
        for each in (first, second)
    ]
    assert all(curve == bars for curve, bars in edges)
    await look(found, f"dashboard-years-{language}", narrow=False)


async def test_notes_stand_below_the_curves_however_many_values_are_newer(visit: Visiting, network: Network) -> None:
    email = await member_with_password(network, "en")
    member = await network.value("SELECT member_id FROM identity.account WHERE email = $1", email)
    today: date = await network.value("SELECT catalog.today()")
    mood = await factories.own_indicator(network.database, member_id=member, name="Mood of the day")
    of = {"member_id": member, "observed_on": today - timedelta(days=80)}
    await factories.observation(network.database, note="After the first dose.", **of)
    await factories.own_observation(network.database, own_indicator_id=mood["id"], note="A long walk.", **of)
    values = """
    INSERT INTO care.observation (member_id, indicator_id, observed_on, value)
    SELECT $1, i.id, $2::date - d, 3 FROM (SELECT id FROM catalog.indicator WHERE scale = 'RATING_0_10' LIMIT 3) i,
        generate_series(0, 49) d
    """
    await network.database.execute(values, member, today)
    found = await visit(None)
    await sign_in(found, email)
    notes = found.page.locator(".notes li")
    await expect(notes).to_have_count(2)
    await expect(notes.filter(has_text="Mood of the day")).to_contain_text("A long walk.")
    await look(found, "dashboard-notes")
    await found.page.locator("#period").select_option("MONTH")
    await expect(found.page.locator(".curve svg").first).to_be_visible()
    await expect(notes).to_have_count(0)
    found.secrets |= {email, "After the first dose.", "A long walk.", "Mood of the day"}


async def test_the_dashboard_is_readable_in_the_dark(visit: Visiting, network: Network) -> None:
    found = await patient(visit, network, "en", dark=True)
    await found.page.locator(".curve svg").first.wait_for()
    await look(found, "dark-dashboard", narrow=False)
    await found.open("/me/check-in")
    await found.page.locator(".entry").first.wait_for()
    await look(found, "dark-check-in", narrow=False)


@languages
async def test_a_day_is_checked_in_on_one_screen(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    found = await patient(visit, network, language, narrow=language == "fr")
    page = found.page
    await page.locator("main").get_by_role("link", name=words["check in"], exact=True).click()
    await expect(heading(page, words["how"])).to_be_visible()
    await page.locator(".entry").first.wait_for()
    await look(found, f"check-in-{language}", narrow=language == "en")
    day = DAYS[language]
    await page.locator("#day").fill(day)

    # An indicator of one's own, which is a quantity.
    await press(page, words["make"])
    name = f"Coffee {language}"
    form = page.locator(".panel form")
    await form.locator("[name=name]").fill(name)
    await form.locator("[name=scale]").select_option("QUANTITY")
    await form.locator("[name=unit]").fill("cups")
    await form.locator("[name=minimum]").fill("none")
    await form.locator("[name=maximum]").fill("20")
    await form.get_by_role("button", name=words["add"]).click()
    await expect(form.locator(".field:has([name=minimum]) .fault")).to_contain_text(words["number"])
    await form.locator("[name=minimum]").fill("0")
    await form.get_by_role("button", name=words["add"]).click()
    own = page.locator(".entry", has_text=name)
    await expect(own).to_be_visible()
    found.secrets |= {name}

    # Faults stand at their own places, and what was typed is kept.
    await own.locator("input").fill("many")
    rated = page.locator(".entry:has(.steps.many)").first
    await rated.locator("summary").click()
    await rated.locator("textarea").fill("A note alone.")
    await press(page, words["save"])
    await expect(own.locator(".fault").first).to_contain_text(words["number"])
    await expect(rated.locator(".fault").last).to_contain_text(words["note"])
    await expect(own.locator("input")).to_have_value("many")
    await look(found, f"check-in-refused-{language}", narrow=False)
    await own.locator("input").fill("99")
    await rated.locator("[value='7']").check(force=True)
    await press(page, words["save"])
    await expect(own.locator(".fault").first).not_to_be_empty()  # by the server: more than 20
    await expect(own.locator("input")).to_be_focused()
    await own.locator("input").fill("2,5")
    await press(page, words["save"])
    await expect(page.locator(".notice.good")).to_contain_text(words["saved"])
    await press(page, words["save"])
    await expect(page.locator(".check-in .notice")).to_contain_text(words["unchanged"])
    await page.reload()
    await page.locator("#day").fill(day)
    await expect(rated.locator("[value='7']")).to_be_checked()
    await expect(rated.locator("textarea")).to_have_value("A note alone.")
    await expect(own.locator("input")).to_have_value("2.5" if language == "en" else "2,5")
    await own.locator(".link").click()
    await expect(own.locator(".link")).to_have_count(0)
    await expect(own.locator("input")).to_have_value("")


@languages
async def test_a_treatment_is_started_evaluated_and_ended(visit: Visiting, network: Network, language: str) -> None:
    words = WORDS[language]
    found = await patient(visit, network, language, narrow=language == "fr")
    page = found.page
    await found.open("/me/treatments")
    await expect(heading(page, words["treatments"])).to_be_visible()
    await look(found, f"treatments-{language}", narrow=language == "en")
    await page.get_by_role("link", name=words["start"]).click()
    await page.locator("main [type=search]").fill("paracetamol")
    await page.locator(".picker li button").first.wait_for()
    await look(found, f"treatment-find-{language}", narrow=False)
    await page.locator(".picker li button").first.click()
    dose = f"One in the evening, {language}"
    found.secrets |= {dose}
    await fill(page, startedOn="1800-01-01", dose=dose)
    await press(page, words["save"])
    await expect(page.locator(".field:has([name=startedOn]) .fault")).not_to_be_empty()
    await expect(page.locator("[name=dose]")).to_have_value(dose)
    await look(found, f"treatment-start-{language}", narrow=False)
    await fill(page, startedOn=STARTED[language])
    await press(page, words["save"])
    await expect(heading(page, words["treatments"])).to_be_visible()
    treatment = await page.locator(".card", has_text=dose).locator("strong").inner_text()
    # It has been taken for long enough to be judged, so the home page asks for it today.
    await found.open("/me")
    due = page.locator(".due a", has_text=treatment)
    await due.click()
    await expect(heading(page, treatment)).to_be_visible()

    evaluation = page.locator("section:has(#evaluate)")
    await evaluation.get_by_role("button", name=words["save"]).click()
    await expect(evaluation.locator(".fault p")).to_have_count(3)
    for name, value in (("effectiveness", 6), ("convenience", 8), ("satisfaction", 7)):
        await evaluation.locator(f"[name={name}][value='{value}']").check(force=True)
    await evaluation.locator("[type=search]").fill("fatigue")
    await evaluation.locator(".picker li button").first.click()
    await evaluation.locator("select").select_option("MODERATE")
    await look(found, f"treatment-{language}", narrow=language == "en")
    await evaluation.get_by_role("button", name=words["save"]).click()
    await expect(page.locator("#evaluation")).to_contain_text(words["evaluation"])
    address = page.url
    await found.open("/me")
    await page.locator(".due .primary").wait_for()
    await expect(due).to_have_count(0)
    await page.goto(address)

    end = page.locator("section:has(#end)")
    await end.locator("[value=STOPPED]").check()
    await end.locator("[name=reason]").select_option("SIDE_EFFECTS")
    await end.locator("[name=endedOn]").fill("2026-08-01")
    await end.get_by_role("button", name=words["save"]).click()
    await expect(end.locator(".field:has([name=endedOn]) .fault")).not_to_be_empty()
    await end.locator("[name=endedOn]").fill("2026-10-01")
    await end.get_by_role("button", name=words["save"]).click()
    await expect(page.locator("main")).to_contain_text(words["ended"])
    await expect(end).to_have_count(0)
    await look(found, f"treatment-ended-{language}", narrow=False)


async def test_the_check_in_needs_no_mouse(visit: Visiting, network: Network) -> None:
    found = await patient(visit, network, "en")
    page = found.page
    await found.open("/me/check-in")
    await page.locator("#day").fill("2018-05-05")
    rated = page.locator(".entry:has(.steps.many)").first
    await rated.locator("input").first.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(rated.locator("[value='2']")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice.good")).to_contain_text("Saved.")
    await expect(rated.get_by_role("button", name="Delete this value")).to_be_visible()


async def test_a_treatment_that_the_catalogue_lacks_is_named_by_the_member(visit: Visiting, network: Network) -> None:
    found = await patient(visit, network, "en")
    page = found.page
    await found.open("/me/treatments/new")
    await page.locator("main [type=search]").fill("Willow bark")
    await press(page, "It is not in the list")
    await page.locator("[name=kind]").select_option("SUPPLEMENT")
    await look(found, "treatment-own")
    await press(page, "Continue")
    await fill(page, startedOn="2026-10-01", dose="Two cups")
    await press(page, "Save")
    await page.locator(".card", has_text="Willow bark").click()
    await expect(heading(page, "Willow bark")).to_be_visible()
    await found.open("/me")
    await expect(page.locator(".curve").first.locator(".bar-name", has_text="Willow bark")).to_have_count(1)
    await found.open("/me/treatments")
    await page.locator(".card", has_text="Willow bark").click()
    await page.locator("[name=endedOn]").fill("2026-11-01")
    await press(page, "Save")
    await expect(page.locator("main")).to_contain_text("completed")
    found.secrets |= {"Willow bark", "Two cups"}
