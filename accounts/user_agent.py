"""What a browser calls itself, in two words: enough for a person to know the own device by."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

# The first that fits: nearly all of them name Safari and Chrome as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_and_system(user_agent: str) -> tuple[str, str]:
    """('Firefox', 'Windows'); '' for what is unknown."""
    return _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)


def in_words(names: Sequence[str]) -> str:
    """'Firefox op Windows', of what `browser_and_system` gave."""
    browser, system = names
    if browser and system:
        return _("%(browser)s op %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Onbekend apparaat")


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in table if mark in user_agent), "")
