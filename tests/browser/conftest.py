"""Debian's Chromium, driven by Playwright, and a server with the built pages.

Each visit fails if the page asks another origin for anything, writes an error to its console, breaks its content
security policy, or leaves a secret where scripts can read it.
"""

import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from commands.node import ROOT
from resolvers.jobs import PUBLISHING
from tests.support.client import PASSWORD
from tests.support.clusters import clone
from tests.support.network import Network, network_on

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREENSHOTS = ROOT / "web" / "screenshots"
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
OPTIONS = ["--headless", "--no-sandbox", "--disable-background-networking"]
ANSWERED = (
    "Failed to load resource: the server responded",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
)
# A page that is left ends its requests, of which graphql-core has called fields that it has not awaited yet.
BROWSER = ROOT / "tests" / "browser"
LEFT = pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited:RuntimeWarning")
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# Only what is wrong leaves the page: Playwright needs seconds for all that axe-core has found to be right.
ANALYSE = """async ([include, options]) => {
    const {passes, violations} = await axe.run({include}, options);
    return [passes.length, violations.flatMap(({id, nodes}) =>
        nodes.map(({html, failureSummary}) => [id, html.slice(0, 200), failureSummary ?? null]))];
}"""
# Everything that a script of the page, or the next person at the machine, can read.
READABLE = """async () => JSON.stringify([
    {...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state, document.referrer,
    (await indexedDB.databases()).map((each) => each.name), await caches.keys(),
    performance.getEntries().map((each) => each.name),
])"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(BROWSER):
            item.add_marker(LEFT)


def pytest_configure(config: pytest.Config) -> None:
    if CHROMIUM is None:
        raise pytest.UsageError("These tests need Debian's Chromium: apt-get install chromium")


@dataclass
class Visit:
    """A page of a context of its own, and what it did that it must not do."""

    page: Page
    context: BrowserContext
    origin: str
    errors: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=lambda: {PASSWORD})

    def watch(self) -> None:
        self.page.on("console", lambda message: self.note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.note_request(request.url))

    def note(self, kind: str, text: str) -> None:
        # What the server refuses is an answer; the browser writes a line about its status, or about its own absence
        # from the network, where a test has ordered that.
        if kind in ("error", "warning") and not text.startswith(ANSWERED):
            self.errors.append(text)

    def note_request(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/", "data:", f"blob:{self.origin}/")):
            self.errors.append(f"request to {url.partition('?')[0]}")

    async def open(self, path: str) -> None:
        await self.page.goto(self.origin + path)

    async def screenshot(self, name: str, *, whole: bool = False) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)

    async def accessible(self, *selectors: str) -> None:
        """Asserts that axe-core finds no violation in these parts of the page."""
        assert await self.violations(*selectors) == []

    async def violations(
        self, *selectors: str, rules: Sequence[str] | None = None
    ) -> list[tuple[str, str, str | None]]:
        """What axe-core finds in these parts of the page: the rule, the element, and what is wrong with it.

        By all of its rules, or these alone.
        """
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        options = {"resultTypes": ["violations"]} | ({} if rules is None else {"runOnly": list(rules)})
        passed, found = await self.page.evaluate(ANALYSE, [selectors, options])
        assert passed
        return [(rule, html, summary) for rule, html, summary in found]

    async def readable(self) -> Any:
        """What is stored in the browser where scripts can read it."""
        return json.loads(await self.page.evaluate(READABLE))

    async def check(self) -> None:
        """Asserts that nothing forbidden has happened since the visit began."""
        assert self.errors == []
        assert await self.page.evaluate("window.violations") == []
        tokens = {str(cookie.get("value")) for cookie in await self.context.cookies()}
        text = json.dumps(await self.readable(), ensure_ascii=False)
        assert [secret for secret in self.secrets | tokens if secret and secret in text] == []


Visiting = Callable[..., Awaitable[Visit]]


@pytest_asyncio.fixture(scope="module")
async def network(template: str) -> AsyncIterator[Network]:
    """Yields a server with the demonstration and the built pages."""
    async with clone(template) as dsn, network_on(dsn, pool_size=4, web=True, publishing=PUBLISHING) as built:
        assert (await built.ask.http.get("/graphiql")).status_code == 200, "run `make pages`"
        yield built


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Yields a browser that all tests share; each visit has a context of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def visit(browser: Browser, network: Network) -> AsyncIterator[Visiting]:
    """Yields a function that opens a page in a new context, which is checked when the test ends; None opens none."""
    async with contextlib.AsyncExitStack() as stack:
        made: list[Visit] = []

        async def opened(
            path: str | None = "/graphiql", *, narrow: bool = False, dark: bool = False, locale: str = "en-GB"
        ) -> Visit:
            context = await browser.new_context(
                viewport=NARROW if narrow else WIDE,
                color_scheme="dark" if dark else "light",
                locale=locale,
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(20_000)
            await context.add_init_script(WATCH)
            visited = Visit(await context.new_page(), context, str(network.ask.http.base_url).rstrip("/"))
            visited.watch()
            made.append(visited)
            if path is not None:
                await visited.open(path)
            return visited

        yield opened
        for each in made:
            await each.check()
