"""Checks for every page: it fits the window, axe reports nothing, and the keyboard focus is visible."""

from __future__ import annotations

from collections.abc import Iterator

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]  # wcag22aa includes targets of 24 px

PHONE = 375
WIDTHS = (1280, 768, PHONE, 320)  # 320 is a desktop page at 400% zoom (1.4.10)

# State that a change of width may alter: the focus and the scroll position of each box.
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

# The reason that the focus is not visible, or '': it needs an element, a ring and no overlap (2.4.7, 2.4.11).
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
    """Yield each width in turn; restore window, focus and scroll positions afterwards."""
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
    """Fail if the page is wider than a window of any of the widths.

    After a click, first expect something on the new page.
    """
    page.wait_for_load_state()  # a page without its stylesheets has any width
    for width in at_each_width(page):
        _check_fits(page, width)


def check_page(page: Page) -> None:
    """Fail if the page is wider than a window of any of the widths, or axe reports a violation of WCAG 2.2 AA.

    Axe checks the page at its own width and at a phone's.
    """
    page.wait_for_load_state()
    page.evaluate(Axe().axe_script)  # once, since it takes most of a run's time
    _check_axe(page)
    own = page.viewport_size
    for width in at_each_width(page):
        _check_fits(page, width)
        if width == PHONE and own and own["width"] != PHONE:
            _check_axe(page)


def _check_fits(page: Page, width: int) -> None:
    needed, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert needed <= room <= width, f"{page.url} is {needed} px wide in a window of {width}"


# What a sticky bar covers scrolls into view, but axe measures one moment: a target that is half under it looks small.
_SET_BARS = "place => { for (const bar of document.querySelectorAll('.bottom-bar')) bar.style.position = place; }"


def _check_axe(page: Page) -> None:
    violations = axe_violations(page)
    assert not violations, f"{page.url}, {page.viewport_size}: {' '.join(violations)}"


def axe_violations(page: Page) -> list[str]:
    """Return a report of what axe finds; its script was added to the page."""
    page.evaluate(_SET_BARS, "static")
    # Without resultTypes it describes each element that passes.
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    results = AxeResults(page.evaluate("options => axe.run(document, options)", options))
    page.evaluate(_SET_BARS, "")
    return [str(results.generate_report())] if results.violations_count else []


def check_focus(page: Page) -> None:
    """Fail if the keyboard focus is not visible."""
    assert not (lost := page.evaluate(_FOCUS_IS_LOST)), lost


def press_until(page: Page, key: str, reached: str, *, at_most: int = 60) -> int:
    """Press `key` until `reached` has the focus, checking its visibility each time; return the number of presses."""
    for times in range(1, at_most + 1):
        page.keyboard.press(key)
        check_focus(page)
        if page.evaluate("selector => document.activeElement.matches(selector)", reached):
            return times
    raise AssertionError(f"{at_most} times {key} did not lead to {reached}.")
