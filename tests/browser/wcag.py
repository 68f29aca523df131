"""What holds for every page: it fits the window, axe finds nothing, and the keyboard's focus is always in sight."""

from __future__ import annotations

from collections.abc import Iterator

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]  # wcag22aa: targets of 24 px, too

PHONE = 375
WIDTHS = (1280, 768, PHONE, 320)  # at 320 a desk's page is enlarged four times (1.4.10)

# What a window of another width may move: the focus, and how far each box is scrolled.
_PLACE = """() => ({
    focused: document.activeElement,
    scrolled: [...document.querySelectorAll("*")]
        .filter((box) => box === document.scrollingElement || box.scrollLeft || box.scrollTop)
        .map((box) => [box, box.scrollLeft, box.scrollTop]),
})"""
_PUT_BACK = """({ focused, scrolled }) => {
    if (focused !== document.activeElement) focused?.focus({ preventScroll: true });
    for (const [box, left, top] of scrolled) box.scrollTo({ left, top, behavior: "instant" });
}"""

# Why the focus can't be seen; '' when it can: it is somewhere, it has a ring, and nothing lies over it (2.4.7, 2.4.11).
_FOCUS_IS_LOST = """() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return "nothing has the focus";
    const drawn = focused.closest(".ovg-segment")?.querySelector(".ovg-face") ?? focused;
    const { top, bottom } = drawn.getBoundingClientRect();
    // A browser scrolls to where one types, not to the end of a field of several lines.
    const end = focused.matches("textarea") ? Math.min(bottom, top + 48) : bottom;
    const name = `${focused.tagName} ${focused.id || focused.textContent.trim().slice(0, 40)}`;
    const style = getComputedStyle(drawn);
    if (!style.boxShadow.includes("6px")) return `${name} has no ring: ${style.boxShadow} ${style.outline}`;
    if (top < 0 || end > innerHeight) return `${name} is out of the window: ${top} to ${end}`;
    const bar = document.querySelector(".form-bar");
    const barTop = bar?.getBoundingClientRect().top ?? Infinity;
    if (bar && !bar.contains(focused) && end > barTop) return `${name} is under the bar: ${end}, ${barTop}`;
    return "";
}"""


def at_each_width(page: Page) -> Iterator[int]:
    """The page at one width after another; then window, focus and scrolling are again as they were."""
    own = page.viewport_size
    assert own is not None
    place = page.evaluate_handle(_PLACE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": own["height"]})
        yield width
    page.set_viewport_size(own)
    page.evaluate(_PUT_BACK, place)
    place.dispose()


def check_width(page: Page) -> None:
    """Fails when the page is wider than a window of any of the widths.

    After a click, first expect something of the page it leads to.
    """
    page.wait_for_load_state()  # without its stylesheets a page is as wide as it likes
    for width in at_each_width(page):
        _check_fits(page, width)


def check_page(page: Page, *, preload: bool = True) -> None:
    """Fails when the page is wider than a window of any of the widths, or axe finds a violation of WCAG 2.2 AA.

    Axe looks at the page as it is, and as a phone shows it. Without `preload` it makes no copies of what stylesheets
    import (the admin's do): the site's content security policy refuses those, and the console says so.
    """
    page.wait_for_load_state()
    page.evaluate(Axe().axe_script)  # once: most of the time of a run goes to it
    _check_axe(page, preload=preload)
    own = page.viewport_size
    for width in at_each_width(page):
        _check_fits(page, width)
        if width == PHONE and own and own["width"] != PHONE:
            _check_axe(page, preload=preload)


def _check_fits(page: Page, width: int) -> None:
    needed, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert needed <= room <= width, f"{page.url} is {needed} px wide in a window of {width}"


def _check_axe(page: Page, *, preload: bool) -> None:
    options = {"runOnly": {"type": "tag", "values": TAGS}, "preload": preload}
    results = AxeResults(page.evaluate("options => axe.run(document, options)", options))
    assert results.violations_count == 0, f"{page.url}, {page.viewport_size}: {results.generate_report()}"


def check_focus(page: Page) -> None:
    """Fails when whoever uses the keyboard can't see where they are."""
    assert not (lost := page.evaluate(_FOCUS_IS_LOST)), lost


def press_until(page: Page, key: str, reached: str, *, at_most: int = 60) -> int:
    """Presses `key` until what `reached` selects has the focus, which is in sight all the way; how often."""
    for times in range(1, at_most + 1):
        page.keyboard.press(key)
        check_focus(page)
        if page.evaluate("selector => document.activeElement.matches(selector)", reached):
            return times
    raise AssertionError(f"{at_most} times {key} did not lead to {reached}.")
