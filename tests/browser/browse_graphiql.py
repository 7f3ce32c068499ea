"""GraphiQL in a browser: one graph in four views, and nothing of anybody's left behind."""

import json
import re
from typing import Any

import pyotp
import pytest
from playwright.async_api import Page, expect

from commands.node import ROOT
from server.demonstration_accounts import NAMES, addresses
from tests import factories
from tests.browser.conftest import Visit, Visiting
from tests.support.client import PASSWORD
from tests.support.network import Network

LABELS = {"public": "Visitor", "patient": "Patient", "buyer": "Laboratory", "manager": "Staff"}
OWN_PARTS = (".bar", ".examples", ".measured")
# What axe-core finds in GraphiQL itself, and we do not mend.
ITS_OWN = {
    "color-contrast": "names of types and fields in documentation and explorer, and line numbers of the editor",
    "label": "values of arguments in the explorer",
    "label-content-name-mismatch": "operations in the history",
    "link-in-text-block": "root types in the documentation",
    "nested-interactive": "tabs, which contain the button that closes them",
    "select-name": "values of enums in the explorer",
}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of the factories' authenticator app
SIGN_IN = 'mutation SignIn { signIn(input: {email: "a@people.example", password: "hunter-seven"}) { token } }'
HARMLESS = "{ communities(first: 1) { nodes { slug } } }"


async def ready(visit: Visit) -> Page:
    """The page, once its editor is there."""
    await visit.page.locator(".graphiql-query-editor .view-line").first.wait_for()
    return visit.page


async def enter(visit: Visit, view: str) -> None:
    await visit.page.get_by_role("button", name=LABELS[view], exact=True).click()
    await in_view(visit, view)


async def in_view(visit: Visit, view: str) -> None:
    await visit.page.locator(f".page[data-view={view}]").wait_for()
    await expect(visit.page.get_by_role("button", name=LABELS[view], exact=True)).to_be_enabled()


async def write(page: Page, text: str) -> None:
    """Puts a text into the editor of operations in place of what it has."""
    await page.locator(".graphiql-query-editor .view-lines").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text(text)


async def run(page: Page) -> None:
    await page.locator(".graphiql-execute-button").click()


def answers(page: Page) -> Any:
    return page.locator(".result-window .view-lines")


@pytest.mark.parametrize("view", LABELS)
async def test_a_click_opens_each_view_with_its_schema_and_an_example(visit: Visiting, view: str) -> None:
    found = await visit()
    page = await ready(found)
    await enter(found, view)
    await page.get_by_role("button", name="Examples").click()
    await page.locator(".examples li button").first.click()
    await run(page)
    await expect(answers(page)).to_contain_text('"data"')
    await expect(page.locator(".measured")).to_contain_text("Cost")
    await expect(page.locator(".measured")).to_contain_text(" ms · ")
    await expect(answers(page)).not_to_contain_text("extensions")
    await expect(page.locator(".squiggly-error")).to_have_count(0)
    await found.screenshot(f"view-{view}")
    await found.accessible(*OWN_PARTS)


async def test_an_example_opens_the_view_and_the_account_that_it_is_for(visit: Visiting) -> None:
    found = await visit()
    page = await ready(found)
    await page.get_by_role("button", name="Examples").click()
    panel = page.locator(".examples")
    await expect(panel.get_by_role("button", name=re.compile("^In French"))).to_have_count(1)
    for view, example, account in (
        ("buyer", "Trial", "laboratory@demo.example"),
        ("manager", "Requested licences", "steward@demo.example"),
        ("manager", "Flags", "moderator@demo.example"),
    ):
        example_button = panel.get_by_role("button", name=example, exact=False).first
        if not await example_button.is_visible():
            await panel.locator("summary").filter(has_text=LABELS[view]).click()
            await found.accessible(*OWN_PARTS)
            await found.screenshot(f"examples-{view}")
        await example_button.dblclick()
        await in_view(found, view)
        await expect(page.get_by_label("Account of the demonstration")).to_have_value(account)
        await run(page)
        await expect(answers(page)).to_contain_text('"data"')
        await expect(answers(page)).not_to_contain_text('"errors"')
        await expect(page.locator(".squiggly-error")).to_have_count(0)


async def test_the_editor_arrives_with_the_page(visit: Visiting) -> None:
    found = await visit(None)
    await found.open("/graphiql")
    page = await ready(found)
    named = await page.evaluate(
        "[...document.querySelectorAll('head :is(script, link)')].map((each) => each.src || each.href)"
    )
    # Without workers, which check what is written and start once there is a text.
    loaded: list[tuple[str, int]] = await page.evaluate("""
        performance.getEntriesByType("resource").filter((each) => !each.name.includes("worker"))
            .map((each) => [each.name, each.encodedBodySize])
    """)
    assert sum(size for _, size in loaded) < 1_450_000
    later = [size for url, size in loaded if url not in named and "/assets/" in url and url.endswith(".js")]
    assert sum(later) < 50_000, "a part of the editor is requested once others run"


@pytest.mark.parametrize("dark", [False, True])
async def test_of_the_whole_page_nothing_but_what_graphiql_does_is_inaccessible(visit: Visiting, dark: bool) -> None:
    found = await visit(dark=dark)
    page = await ready(found)
    await enter(found, "patient")
    await run(page)
    await expect(answers(page)).to_contain_text('"data"')
    parts = page.locator(".graphiql-sidebar button:not([data-value])")
    seen = set(await found.violations("html"))
    for number in range(await parts.count()):
        await parts.nth(number).click()
        seen |= set(await found.violations("html"))
        await page.keyboard.press("Escape")
    assert {rule for rule, _, _ in seen} == set(ITS_OWN)


async def test_documentation_and_linting_are_those_of_the_view_at_once(visit: Visiting) -> None:
    found = await visit()
    page = await ready(found)
    await write(page, '{ member(pseudonym: "Camille") { pseudonym } }')
    await expect(page.locator(".squiggly-error")).not_to_have_count(0)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = page.locator(".graphiql-doc-explorer")
    await expect(docs).not_to_contain_text("Subscription")
    await enter(found, "patient")
    await expect(docs).to_contain_text("Subscription")
    await expect(page.locator(".squiggly-error")).to_have_count(0)
    await enter(found, "buyer")
    await expect(page.locator(".squiggly-error")).not_to_have_count(0)
    await found.screenshot("linting")


async def test_another_account_of_a_view_is_one_choice_away(visit: Visiting) -> None:
    found = await visit()
    page = await ready(found)
    await enter(found, "buyer")
    await page.get_by_label("Account of the demonstration").select_option("hospital@demo.example")
    await expect(page.get_by_role("button", name="Staff", exact=True)).to_be_enabled()
    await write(page, "{ organization { kind } }")
    await run(page)
    await expect(answers(page)).to_contain_text("HOSPITAL")


async def test_the_fields_of_two_views_stand_side_by_side(visit: Visiting) -> None:
    found = await visit()
    page = await ready(found)
    await enter(found, "patient")
    await page.get_by_role("button", name="Compare views").click()
    await expect(page.get_by_label("Left view")).to_have_value("PATIENT")
    await expect(page.get_by_label("Right view")).to_have_value("BUYER")
    await page.get_by_label("Search types").fill("community")
    await page.get_by_role("navigation").get_by_role("button", name=re.compile(r"^Community\W+differs$")).click()
    row = page.locator("tr.left").filter(has_text="discussions").first
    await expect(row.locator("td").nth(1)).to_contain_text("not in this view")
    await expect(page.locator("tr.same").first).to_be_visible()
    await found.screenshot("compare")
    await found.accessible(".compare", ".bar")
    await page.get_by_label("Differences only").check()
    await expect(page.locator("tr.same")).to_have_count(0)
    # A name in a signature leads to its type.
    await page.locator("tr.left .link").first.click()
    await expect(page.locator(".compare-type h2")).not_to_contain_text("Community", use_inner_text=True)
    await page.get_by_label("Right view").select_option("PATIENT")
    await expect(page.locator(".count")).to_have_text("Choose two different views.")
    assert page.url.endswith("/graphiql#compare")
    await page.reload()
    await page.locator(".compare").wait_for()


async def test_a_subscription_shows_events_as_they_arrive(visit: Visiting, network: Network) -> None:
    found = await visit()
    page = await ready(found)
    patient = await network.ask.sign_in("patient")
    query = '{ community(slug: "multiple-sclerosis") { discussions(first: 1) { nodes { id } } } }'
    answer = await network.ask(patient, query)
    discussion = answer["data"]["community"]["discussions"]["nodes"][0]["id"]
    await enter(found, "patient")
    await write(page, f'subscription {{ postAdded(discussion: "{discussion}") {{ body }} }}')
    await run(page)
    await expect(page.locator(".measured")).to_have_text("0 events so far")
    for number in (1, 2):
        # The first may be written before the server has subscribed: it is written until it is seen.
        for attempt in range(20):
            body = f"Event {number}.{attempt}"
            await network.do(patient, "postAdd", "post { id }", discussion=discussion, body=body)
            try:
                await expect(answers(page)).to_contain_text(f"Event {number}.", timeout=2_000)
                break
            except AssertionError:
                continue
    await expect(answers(page)).to_contain_text("Event 2.")
    await found.screenshot("subscription")
    await run(page)  # stops it
    await expect(page.locator(".graphiql-execute-button")).to_have_attribute("aria-label", "Execute query (Ctrl-Enter)")


async def test_the_box_signs_in_and_leaves_nothing_of_it(visit: Visiting) -> None:
    found = await visit()
    page = await ready(found)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    box = page.get_by_role("dialog")
    await found.screenshot("sign-in")
    await found.accessible(".sign-in")
    await box.get_by_label("E-mail address").fill("patient@demo.example")
    await box.get_by_label("Password").fill("wrong-password")
    await box.get_by_role("button", name="Sign in").click()
    await expect(box.get_by_role("alert")).not_to_be_empty()
    await found.accessible(".sign-in")
    await box.get_by_label("Password").fill(PASSWORD)
    await box.get_by_role("button", name="Sign in").click()
    await in_view(found, "patient")
    await expect(box).to_have_count(0)
    found.secrets |= {"wrong-password", "patient@demo.example"}
    await page.reload()
    await ready(found)
    await in_view(found, "patient")
    (cookie,) = await found.context.cookies()
    assert cookie.get("httpOnly")
    await page.get_by_role("button", name="Sign out").click()
    await in_view(found, "public")
    assert await found.context.cookies() == []


async def test_staff_sign_in_with_a_second_factor(visit: Visiting, network: Network) -> None:
    hashed = await network.value(
        "SELECT c.password_hash FROM identity.credential c JOIN identity.account a ON a.id = c.account_id "
        "WHERE a.email = 'patient@demo.example'"
    )
    staff = await factories.staff(network.database)
    email = "staff@people.example"
    account = await factories.account(network.database, staff_id=staff["id"], email=email, email_verified=True)
    await factories.credential(network.database, account_id=account["id"], password_hash=hashed)
    await factories.second_factor(network.database, account_id=account["id"])
    found = await visit()
    page = await ready(found)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    box = page.get_by_role("dialog")
    await box.get_by_label("E-mail address").fill(email)
    await box.get_by_label("Password").fill(PASSWORD)
    await box.get_by_role("button", name="Sign in").click()
    await box.get_by_label("Six digits of your authenticator app").fill("000 00")
    await found.screenshot("second-factor")
    await found.accessible(".sign-in")
    await box.get_by_role("button", name="Continue").click()
    await expect(box.get_by_role("alert")).not_to_be_empty()
    code = pyotp.TOTP(SECRET).now()
    await box.get_by_label("Six digits of your authenticator app").fill(f"{code[:3]} {code[3:]}")
    await box.get_by_role("button", name="Continue").click()
    await in_view(found, "manager")
    found.secrets |= {code, email}


WRITTEN = {
    "a mutation": SIGN_IN,
    "an unfinished text": SIGN_IN[:70] + 'hunter-seven"',
    "a mutation beside a query": f"query Q {HARMLESS} {SIGN_IN}",
    "a comment": f"# {SIGN_IN}\n{HARMLESS}",
    "a comment behind a query": f"{HARMLESS} # hunter-seven",
    "a mutation as a query": SIGN_IN.removeprefix("mutation SignIn "),
    "an unknown argument": '{ communities(password: "hunter-seven") { nodes { slug } } }',
    "a fragment": f"fragment F on Mutation {SIGN_IN.removeprefix('mutation SignIn ')}",
    "a name": "query hunter_seven { nothing }",
    "an alias": HARMLESS.replace("communities", "hunter7: nothing(x: \"hunter-seven\")"),
}  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
async def test_no_mutation_and_nothing_unfinished_is_stored(visit: Visiting, written: str) -> None:
    found = await visit()
    page = await ready(found)
    await write(page, WRITTEN[written])
    await page.wait_for_timeout(1_000)  # GraphiQL stores half a second after the last key
    await page.keyboard.press("Control+Enter")
    await expect(answers(page)).not_to_be_empty()
    found.secrets |= {"hunter-seven", "hunter_seven", "people.example"}
    await found.check()
    await page.get_by_role("button", name="Show History").click()
    if not written.startswith("a comment"):
        await expect(page.locator(".graphiql-history-item")).to_have_count(0)


async def test_variables_and_headers_are_stored_for_queries_alone(visit: Visiting) -> None:
    found = await visit()
    page = await ready(found)
    await write(page, "query ($first: Int) { communities(first: $first) { nodes { slug } } }")
    await page.get_by_role("button", name="Show editor tools").click()
    await page.locator(".graphiql-editor-tool .view-lines").first.click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text('{"first": 1, "password": "hunter-seven"}')
    await page.wait_for_timeout(1_000)
    found.secrets |= {"hunter-seven"}
    await found.check()
    assert await page.get_by_role("button", name="Headers").count() == 0


async def test_queries_and_their_history_come_back(visit: Visiting) -> None:
    found = await visit()
    page = await ready(found)
    await enter(found, "patient")
    await write(page, "query Mine { me { id } }")
    await page.wait_for_timeout(1_000)
    await run(page)
    await expect(answers(page)).to_contain_text('"me"')
    await page.wait_for_timeout(1_000)
    await enter(found, "public")
    await page.reload()
    await ready(found)
    # Of another view than the present one: it stays, and is underlined.
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("Mine")
    await page.get_by_role("button", name="Show History").click()
    await expect(page.locator(".graphiql-history-item").filter(has_text="Mine")).to_have_count(1)
    stored = (await found.readable())[0]
    assert [tab["query"] for tab in json.loads(stored["graphiql:tabState"])["tabs"]] == ["query Mine { me { id } }"]


async def test_a_session_that_has_ended_elsewhere_makes_a_visitor(visit: Visiting, network: Network) -> None:
    found = await visit()
    page = await ready(found)
    await enter(found, "patient")
    await network.database.execute("DELETE FROM identity.session WHERE account_id = (SELECT id FROM identity.account WHERE email = 'patient@demo.example')")  # fmt: skip # noqa: E501
    await write(page, "{ viewer { audience } }")
    await run(page)
    await in_view(found, "public")
    await run(page)
    await expect(answers(page)).to_contain_text("PUBLIC")


async def test_a_window_follows_the_session_that_another_has_changed(visit: Visiting) -> None:
    found = await visit()
    await ready(found)
    other = await found.context.new_page()
    await other.goto(f"{found.origin}/graphiql")
    await other.get_by_role("button", name="Staff", exact=True).click()
    await other.locator(".page[data-view=manager]").wait_for()
    await found.page.evaluate("dispatchEvent(new Event('focus'))")
    await in_view(found, "manager")
    await other.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_telephone_shows_everything_without_scrolling_sideways(visit: Visiting, dark: bool) -> None:
    found = await visit(narrow=True, dark=dark)
    page = await ready(found)
    await enter(found, "buyer")
    await page.get_by_role("button", name="Examples").click()
    await found.accessible(*OWN_PARTS)
    await page.locator(".examples li button").first.click()
    await expect(page.locator(".examples")).to_have_count(0)  # it would cover the answer
    await run(page)
    await expect(page.locator(".measured")).to_contain_text("Cost")
    await found.screenshot(f"narrow-{'dark' if dark else 'light'}")
    await page.get_by_role("button", name="Compare views").click()
    await page.locator(".compare").wait_for()
    await found.accessible(".compare")
    await found.screenshot(f"narrow-compare-{'dark' if dark else 'light'}")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_the_parts_of_each_view_have_enough_contrast_in_the_dark(visit: Visiting) -> None:
    found = await visit(dark=True)
    page = await ready(found)
    await page.get_by_role("button", name="Examples").click()
    for view in LABELS:
        await enter(found, view)
        await found.accessible(*OWN_PARTS)
        await found.screenshot(f"dark-{view}")


async def test_without_the_demonstration_a_view_asks_whom_to_sign_in(network: Network, visit: Visiting) -> None:
    found = await visit()
    # As the server sends it outside of a demonstration.
    page = found.page
    source = (ROOT / "web/dist/graphiql.html").read_text(encoding="utf-8")
    headers = dict((await network.ask.http.get("/graphiql")).headers) | {"content-encoding": "identity"}
    await page.route("**/graphiql", lambda route: route.fulfill(body=source, headers=headers))
    await page.reload()
    await ready(found)
    await page.get_by_role("button", name="Laboratory", exact=True).click()
    box = page.get_by_role("dialog", name="Sign in as laboratory")
    await box.get_by_label("E-mail address").fill(addresses(next(iter(NAMES)))[0])
    await box.get_by_label("Password").fill(PASSWORD)
    await box.get_by_role("button", name="Sign in").click()
    await in_view(found, "patient")  # which is what the account is
    assert await page.get_by_label("Account of the demonstration").count() == 0
