"""What holds for every page: it fits the window, axe finds nothing, and the keyboard's focus is always in sight."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]  # wcag22aa: targets of 24 px, too

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


def check_width(page: Page) -> None:
    """Fails when the page is wider than the window. After a click, first expect something of the page it leads to."""
    page.wait_for_load_state()  # without its stylesheets a page is as wide as it likes
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def check_page(page: Page, *, preload: bool = True) -> None:
    """Fails when the page is wider than the window, or axe finds a violation of WCAG 2.2 AA.

    Without `preload` axe makes no copies of what stylesheets import (the admin's do): the site's content security
    policy refuses those, and the console says so.
    """
    check_width(page)
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}, "preload": preload})
    assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"


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
