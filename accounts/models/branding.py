"""A school's logo and colour: contrast checks (WCAG 2.2) and the shades derived from the colour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.urls import reverse

OURS = "#5b2a86"
READABLE = 4.5  # : 1, required for text by WCAG 2.2 (1.4.3)
DARKEST_TINT = 0.86  # relative luminance; green and grey are unreadable on darker tints
_HEX = re.compile("#[0-9a-f]{6}")
_WHITE = (255, 255, 255)
Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Branding:
    """Logo and colour on the pages of a school's people; without them the product's own are used."""

    school_id: int
    school_name: str
    logo_id: int | None
    colour: str

    @property
    def logo_url(self) -> str:
        """Contains the logo's id, so that browsers can cache it for ever."""
        return reverse("school:logo", args=[self.school_id, self.logo_id]) if self.logo_id else ""

    @property
    def style_url(self) -> str:
        """Contains the colour, so that browsers can cache it for ever."""
        return reverse("school:colour", args=[self.colour.removeprefix("#")]) if self.colour else ""


@dataclass(frozen=True)
class Palette:
    """A colour with its shades: each readable on white, the colour on the tint as well."""

    colour: str
    dark: str
    tint: str

    @classmethod
    def of(cls, colour: str) -> Palette:
        """Return the palette of a school's colour; of `OURS` if it is invalid."""
        rgb = _read(colour if _HEX.fullmatch(colour) else OURS)
        return cls(_write(rgb), _write(_mix(rgb, (0, 0, 0), 0.26)), _write(next(_tints(rgb))))

    @property
    def css(self) -> str:
        """The stylesheet that overrides base.css, but for dark mode, in which no school's colour was checked."""
        return (
            "@media not (prefers-color-scheme:dark){:root{"
            f"--brand:{self.colour};--brand-dark:{self.dark};--brand-tint:{self.tint};"
            f"--bs-link-color-rgb:{_comma_separated(self.colour)};--bs-link-hover-color-rgb:{_comma_separated(self.dark)};"
            f"--bs-primary-rgb:{_comma_separated(self.colour)}"
            "}}\n"
        )


def tidy_colour(typed: str) -> str:
    """Return '#1d5fa8' for '1D5FA8', and '#aabbcc' for '#ABC'."""
    colour = typed.strip().lower()
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits}" if digits else ""


def check_colour(colour: str) -> None:
    """Validate a field: raise `ValidationError` for an invalid colour, or one unreadable on white."""
    if not _HEX.fullmatch(tidy_colour(colour)):
        raise ValidationError("Dit is geen kleurcode. Een kleurcode is een # met zes tekens, zoals #1d5fa8.")
    if (ratio := contrast(_read(tidy_colour(colour)), _WHITE)) < READABLE:
        measured = f"{int(ratio * 10) / 10:.1f}".replace(".", ",")  # rounding up could show the required ratio
        raise ValidationError(
            f"Deze kleur is te licht: het contrast met wit is {measured} op 1, en 4,5 op 1 is nodig om tekst te kunnen "
            "lezen. Kies een donkerder tint van uw huiskleur."
        )


def contrast(first: Rgb, second: Rgb) -> float:
    """Return the WCAG 2.2 contrast ratio, from 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: Rgb) -> float:
    parts = (value / 255 for value in rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _tints(rgb: Rgb) -> Iterator[Rgb]:
    """Yield tints from the share base.css uses down to white, as far as the colour is readable on them."""
    for hundredths in range(8, 0, -1):
        tint = _mix(_WHITE, rgb, hundredths / 100)
        if contrast(rgb, tint) >= READABLE and _luminance(tint) >= DARKEST_TINT:
            yield tint
    yield _WHITE


def _mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _read(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _write(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _comma_separated(colour: str) -> str:
    return ", ".join(map(str, _read(colour)))
