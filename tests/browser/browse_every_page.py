"""Every page of the application in a browser, at 390 pixels, in French and in the dark, and with the keyboard alone.

The pages are those of the routes in web/src; a page with an id is found by following links, as people do.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from playwright.async_api import expect

from commands.node import ROOT
from commands.web import BUILT
from tests.browser.browse_laboratory import signed_in
from tests.browser.browse_staff import staff
from tests.browser.conftest import Visit, Visiting
from tests.browser.keyboard import Keyboard
from tests.browser.pages import sign_in
from tests.support.network import Network

SOURCES = ROOT / "web" / "src"
TABLE = re.compile(r"^const (FOR_\w+): Pages = \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
LOADED = re.compile(r'^  "([^"]+)": ', re.MULTILINE)
EAGER = re.compile(r'\{ path: "([^"]+)"')  # the pages that are loaded with the application
AUDIENCES = {"FOR_EVERYBODY": "PUBLIC", "FOR_MEMBERS": "PATIENT", "FOR_ORGANIZATIONS": "BUYER", "FOR_STAFF": "MANAGER"}
LINKS = "(all) => all.map((each) => each.getAttribute('href').split('?')[0])"
# How the rules of axe-core are named for what a change of colors or of the width can break.
RULES = ["color-contrast", "target-size"]
# Charts without a table of the same numbers in their section.
UNTABLED = """() => [...document.querySelectorAll("main [role=img]:not(.qr-code)")]
    .filter((each) => !(each.closest("figure:has(table), section") ?? each.closest("main")).querySelector("table"))
    .map((each) => each.getAttribute("aria-label"))"""
# Links between pages of a topic that take more than a line, or of which the current one is out of sight.
PLACES = """() => [...document.querySelectorAll(".places")].filter((nav) => {
    const current = nav.querySelector("[aria-current]") ?? nav;
    const [place, shown] = [current, nav].map((each) => each.getBoundingClientRect());
    return nav.offsetHeight > 60 || place.left < shown.left - 1 || place.right > shown.right + 1;
}).map((nav) => nav.innerText)"""
# Elements that a pointer can press and a keyboard cannot: React keeps their handlers in a property.
PRESSED = """() => [...document.querySelectorAll("#root *")].filter((each) => {
    const name = Object.keys(each).find((key) => key.startsWith("__reactProps$"));
    return name && each[name].onClick && !each.matches("a[href], button, input, summary");
}).map((each) => each.outerHTML.slice(0, 100))"""
# Fields for words that do not take the direction of what is typed.
UNDIRECTED = """() => [...document.querySelectorAll("main :is(textarea, input[type=text], input[type=search])")]
    .filter((each) => each.dir !== "auto").map((each) => each.outerHTML.slice(0, 100))"""
# What the server or a page says, without what people have written and what programs read.
SAID = """() => {
    const texts = [];
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const {parentElement, data} = walker.currentNode;
        if (!parentElement.closest("code, .post, .prose, a[href^='http']")) texts.push(data);
    }
    return texts;
}"""
# A day, a decimal and a name as programs write them, and what a program writes that has made a mistake.
RAW = re.compile(r"\b\d{4}-\d\d-\d\d\b|\d\.\d|\w_\w|\b(undefined|null|NaN|Invalid Date)\b|\[object")


def routes() -> dict[str, list[str]]:
    """The routes by who may open them, in the order of the application."""
    source = (SOURCES / "app" / "routes.ts").read_text(encoding="utf-8")
    found = {AUDIENCES[name]: LOADED.findall(table) for name, table in TABLE.findall(source)}
    found["PUBLIC"] = EAGER.findall(source) + found["PUBLIC"]
    assert sum(map(len, found.values())) + 1 == source.count("import(") + 2  # one has no path, and two are eager
    return found


def test_the_build_knows_the_address_of_each_route() -> None:
    known = json.loads((BUILT / "addresses.json").read_bytes())
    assert sorted(known) == sorted(path for paths in routes().values() for path in paths)


def route_of(address: str, patterns: list[str]) -> str | None:
    """The route of an address, as the application finds it: the first that matches."""
    found = (each for each in patterns if re.fullmatch(re.sub(r":\w+", "[^/]+", each), address))
    return next(found, None)


Look = Callable[[Visit, str], Awaitable[None]]


async def walk(
    found: Visit, patterns: list[str], given: Mapping[str, str] | None = None, *, look: Look | None = None
) -> set[str]:
    """Looks at a page of each of the routes; those of which no page has a link are left, unless `given` has one."""
    look = look or look_narrow
    links: dict[str, None] = {}
    addresses = dict(given or {}) | {each: each for each in patterns if ":" not in each}
    left = list(patterns)
    while ready := [each for each in left if each in addresses]:
        for pattern in ready:
            await look(found, addresses[pattern])
            links |= dict.fromkeys(await found.page.eval_on_selector_all("a[href^='/']", LINKS))
            left.remove(pattern)
        for pattern in left:
            address = next((each for each in links if route_of(each, patterns) == pattern), None)
            if address is not None:
                addresses.setdefault(pattern, address)
    return set(left)


async def opened(found: Visit, address: str) -> None:
    """Opens a page, and waits for what it reads."""
    await found.open(address)
    await found.page.locator("main h1").first.wait_for()
    await expect(found.page.locator(".loading")).to_have_count(0)


async def look_narrow(found: Visit, address: str) -> None:
    page = found.page
    await opened(found, address)
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, f"{address} scrolls sideways"
    assert await found.violations("body", rules=RULES) == [], address
    await found.screenshot(f"every{address.replace('/', '-')}", whole=True)
    assert await page.evaluate(UNTABLED) == [], address
    assert await page.evaluate(PLACES) == [], address
    assert await page.evaluate(PRESSED) == [], address
    assert await page.evaluate(UNDIRECTED) == [], address
    assert [text for text in await page.evaluate(SAID) if RAW.search(text)] == [], address
    assert await Keyboard(page).unreached() == [], address


async def test_pages_for_everybody(visit: Visiting) -> None:
    found = await visit("/", narrow=True, dark=True, locale="fr-FR")
    assert await walk(found, routes()["PUBLIC"]) == {"/associations/:id"}  # which members' pages have links to


async def test_pages_of_members(visit: Visiting) -> None:
    found = await visit(None, narrow=True, dark=True, locale="fr-FR")
    await sign_in(found, "relative@demo.example")
    community = "/communities/:slug"
    patterns = [*routes()["PATIENT"], community, "/associations/:id"]
    # One that they have joined, and not the first of the list.
    course = "/me/treatments/:id"
    assert await walk(found, patterns, {community: "/communities/multiple-sclerosis"}) == {course}
    other = await visit(None, narrow=True, dark=True, locale="fr-FR")
    await sign_in(other, "patient@demo.example")
    assert await walk(other, ["/me", "/me/treatments", course]) == set()  # with curves


async def test_pages_of_laboratories(visit: Visiting, network: Network) -> None:
    found = await signed_in(visit, network, "fr", narrow=True, dark=True)
    laboratory = await network.ask.sign_in("laboratory")
    read: Any = await network.ask(
        laboratory, "{ datasets(first: 1) { nodes { insights(first: 2) { nodes { id } } } } }"
    )
    one, other = (each["id"] for each in read["data"]["datasets"]["nodes"][0]["insights"]["nodes"])
    beside = "/lab/insights/:id/beside/:other"  # which a form leads to
    assert await walk(found, routes()["BUYER"], {beside: f"/lab/insights/{one}/beside/{other}"}) == set()


async def test_pages_of_staff(visit: Visiting, network: Network) -> None:
    found = await visit(None, narrow=True, dark=True, locale="fr-FR")
    await staff(found, network, "fr")
    assert await walk(found, routes()["MANAGER"]) == set()
