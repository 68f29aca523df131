"""Detection of overflowing and truncated content at a phone's width."""

from __future__ import annotations

from playwright.sync_api import Page

# One line per fault: the element that is too wide and its position. Visually hidden text is skipped.
_FAULTS = """() => {
    const faults = [];
    const name = (element) => {
        const says = element.textContent.trim().slice(0, 60);
        return `<${element.tagName.toLowerCase()} class="${element.className}"> ${says}`;
    };
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width)
        faults.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${width}`);
    // Out of sight on purpose: for screen readers alone, or to be reached by scrolling, with the keyboard too.
    const unseen = (element) => getComputedStyle(element).position === "absolute" && element.clientWidth <= 1;
    const scrolls = (element) => element.matches("[tabindex='0']") && getComputedStyle(element).overflowX === "auto";
    const hidden = (element) => {
        if (!element.checkVisibility({ visibilityProperty: true })) return true;
        for (let one = element; one !== document.body; one = one.parentElement)
            if (unseen(one) || scrolls(one)) return true;
        return false;
    };
    const block = (element) => {
        while (/^(inline|contents)$/.test(getComputedStyle(element).display)) element = element.parentElement;
        return element;
    };
    const texts = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const element = text.parentElement;
        if (!text.data.trim() || element.matches("option, textarea, script, style") || hidden(element)) continue;
        range.selectNodeContents(text);
        const right = Math.max(...[...range.getClientRects()].map((rect) => rect.right));
        const box = block(element).getBoundingClientRect();
        if (right > width + 1) faults.push(`runs out of the window: ${name(element)}`);
        else if (right > box.right + 1) faults.push(`runs out of its box: ${name(element)}`);
    }
    for (const element of document.querySelectorAll("main *")) {
        if (hidden(element) || element.matches("textarea, input")) continue;
        const over = element.scrollWidth - element.clientWidth;
        if (element.clientWidth && over > 1 && getComputedStyle(element).overflowX !== "visible")
            faults.push(`${over} px are out of sight in ${name(element)}`);
    }
    const pen = document.createElement("canvas").getContext("2d");
    for (const select of document.querySelectorAll("select:not([multiple])")) {
        if (hidden(select) || !select.selectedOptions.length) continue;
        const style = getComputedStyle(select);
        pen.font = style.font;
        const text = select.selectedOptions[0].textContent.trim();
        const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        if (pen.measureText(text).width > room + 1) faults.push(`a choice is cut off: ${text}`);
    }
    return [...new Set(faults)];
}"""


def faults(page: Page) -> list[str]:
    """Return a line for each element that is wider than the window or its box, or is truncated."""
    page.wait_for_load_state()
    problems: list[str] = page.evaluate(_FAULTS)
    return problems
