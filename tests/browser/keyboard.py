"""A person who has a keyboard alone: what they reach with Tab, and whether the focus is ever lost."""

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

LOST = "lost"  # the focus is on nothing: behind the last control, or because what had it is gone
MOST_CONTROLS = 600  # of a whole page
MOST_STOPS = 150  # a page that needs more presses of Tab than that is unreachable in practice
# The focus is on something that is shown, inside the window, and that nothing lies above.
SEEN = """() => {
    const found = document.activeElement;
    if (!found || found === document.body) return "lost";
    const shown = found.matches("input") && getComputedStyle(found).opacity === "0" ? found.closest("label") : found;
    const {left, top, bottom, width, height} = shown.getBoundingClientRect();
    if (!width || !height) return "hidden";
    const [x, y] = [left + width / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
    const above = document.elementFromPoint(x, y);
    if (!above) return "outside";
    return shown.contains(above) || above.contains(shown) ? "seen" : `below ${above.outerHTML.slice(0, 120)}`;
}"""
# Every control that is shown and can be used: of radio buttons with one name, the one that Tab reaches.
CONTROLS = """() => {
    const names = new Set();
    const first = (each) => {
        if (each.checked) return true;
        if (document.querySelector(`[name="${each.name}"]:checked`) || names.has(each.name)) return false;
        return names.add(each.name);
    };
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary");
    window.controls = [...all].filter((each) => each.checkVisibility({visibilityProperty: true}) && !each.disabled
        && (each.type !== "radio" || first(each)));
    return window.controls.length;
}"""
# What has the focus: its place among them, or -1, whether it can be seen, and what it is.
STOP = f"""() => [
    window.controls?.indexOf(document.activeElement) ?? -1, ({SEEN})(), document.activeElement.outerHTML.slice(0, 100),
]"""


@dataclass
class Keyboard:
    """The keys of a page. Its pointer is never used."""

    page: Page

    async def reach(self, wanted: Locator, key: str = "Tab") -> None:
        """Presses Tab until the element has the focus, which each press must leave on something that can be seen."""
        await expect(wanted).to_be_attached()
        passed: list[str] = []
        for _ in range(MOST_STOPS):
            if await self.is_at(wanted):
                return
            _, seen, element = await self.press_and_stop(key)
            # Behind the last element is the browser itself; one more press begins at the top.
            if seen == LOST:
                _, seen, element = await self.press_and_stop(key)
            passed.append(element)
            assert seen == "seen", (seen, element)
        raise AssertionError(f"Not reached: {wanted}, but {passed}")

    async def unreached(self) -> list[str]:
        """The controls of the page that Tab does not reach, from the first to the last. What it reaches is seen."""
        left = set(range(await self.page.evaluate(CONTROLS)))
        await self.page.evaluate("document.activeElement.blur()")
        for _ in range(MOST_CONTROLS):
            place, seen, _ = await self.press_and_stop("Tab")
            if seen == LOST:
                break
            left.discard(place)
            assert seen == "seen", seen
        return [await self.page.evaluate("(at) => window.controls[at].outerHTML.slice(0, 150)", each) for each in left]

    async def press_and_stop(self, key: str) -> tuple[int, str, str]:
        """Presses a key. Returns what has the focus then, as STOP has it."""
        await self.page.keyboard.press(key)
        place, seen, element = await self.page.evaluate(STOP)
        return place, seen, element

    async def is_at(self, wanted: Locator) -> bool:
        return bool(await wanted.evaluate("(each) => each === document.activeElement"))

    async def press(self, wanted: Locator, key: str = "Enter") -> None:
        """Reaches a control, and presses a key there."""
        await self.reach(wanted)
        await self.page.keyboard.press(key)

    async def type(self, wanted: Locator, text: str) -> None:
        await self.reach(wanted)
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.type(text)

    async def choose(self, group: Locator, value: str) -> None:
        """Chooses one of several radio buttons, with the arrows."""
        wanted = group.locator(f'[value="{value}"]')
        checked = group.locator("input:checked")
        await self.reach(checked if await checked.count() else group.locator("input").first)
        # The first arrow chooses the second of them, so that of an untouched group is checked with Space.
        if not await checked.count():
            await self.page.keyboard.press("Space")
        for _ in range(await group.locator("input").count()):
            if await wanted.is_checked():
                break
            await self.page.keyboard.press("ArrowDown")
            await self.kept()
        await expect(wanted).to_be_checked()
        await expect(wanted).to_be_focused()

    async def kept(self) -> None:
        """What was done has not lost the focus, once the page has shown what it does."""
        await expect(self.page.locator("[aria-busy=true], .loading")).to_have_count(0)
        await expect(self.page.locator(":focus")).to_have_count(1)
        assert await self.page.evaluate("document.activeElement !== document.body")

    async def sign_in(self, email: str, password: str) -> None:
        """From the page for signing in."""
        await self.type(self.page.locator("main [name=email]"), email)
        await self.type(self.page.locator("main [name=password]"), password)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url(re.compile("/(?!sign-in)"))
        await self.arrived()

    async def arrived(self) -> None:
        """A new page has the focus on its title."""
        await expect(self.page.locator("h1")).to_be_focused()
