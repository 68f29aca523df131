"""A school's logo and colour: whether a colour can be read, the shades that come of it, and where both are found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.urls import reverse

OURS = "#5b2a86"
READABLE = 4.5  # : 1, what WCAG 2.2 asks of text (1.4.3)
DARKEST_TINT = 0.86  # relative luminance; on a darker one what is green or grey can't be read any more
_HEX = re.compile("#[0-9a-f]{6}")
_WHITE = (255, 255, 255)
Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """What the pages of a school's people show; a school without logo or colour shows ours."""

    school_id: int
    school_name: str
    logo_id: int | None
    colour: str

    @property
    def logo_url(self) -> str:
        """Changes with the logo, so that browsers may keep it."""
        return reverse("school:logo", args=[self.school_id, self.logo_id]) if self.logo_id else ""

    @property
    def style_url(self) -> str:
        """Changes with the colour, so that browsers may keep it."""
        return reverse("school:colour", args=[self.colour.removeprefix("#")]) if self.colour else ""


@dataclass(frozen=True)
class Brand:
    """A colour with the shades that pages need: each holds against white, the colour itself against the tint, too."""

    colour: str
    dark: str
    tint: str

    @classmethod
    def of(cls, colour: str) -> Brand:
        """Of a colour as a school has it; of what is none, ours."""
        rgb = _read(colour if _HEX.fullmatch(colour) else OURS)
        return cls(_write(rgb), _write(_mix(rgb, (0, 0, 0), 0.26)), _write(next(_tints(rgb))))

    @property
    def css(self) -> str:
        """The stylesheet that lays this brand over base.css."""
        return (
            ":root{"
            f"--brand:{self.colour};--brand-dark:{self.dark};--brand-tint:{self.tint};"
            f"--bs-link-color-rgb:{_listed(self.colour)};--bs-link-hover-color-rgb:{_listed(self.dark)};"
            f"--bs-primary-rgb:{_listed(self.colour)}"
            "}\n"
        )


def tidy_colour(typed: str) -> str:
    """'#1d5fa8' for '1D5FA8', and for '#ABC' what that is short for."""
    colour = typed.strip().lower()
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits}" if digits else ""


def check_colour(colour: str) -> None:
    """For a field: raises `ValidationError` for what is no colour, or one that can't be read on white."""
    if not _HEX.fullmatch(tidy_colour(colour)):
        raise ValidationError("Dit is geen kleurcode. Een kleurcode is een # met zes tekens, zoals #1d5fa8.")
    if (ratio := contrast(_read(tidy_colour(colour)), _WHITE)) < READABLE:
        measured = f"{int(ratio * 10) / 10:.1f}".replace(".", ",")  # never rounded up to what is asked
        raise ValidationError(
            f"Deze kleur is te licht: het contrast met wit is {measured} op 1, en 4,5 op 1 is nodig om tekst te kunnen "
            "lezen. Kies een donkerder tint van uw huiskleur."
        )


def contrast(one: Rgb, other: Rgb) -> float:
    """Between two colours, from 1 to 21 (WCAG 2.2, 'contrast ratio')."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: Rgb) -> float:
    parts = (value / 255 for value in rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _tints(rgb: Rgb) -> Iterator[Rgb]:
    """From as much of the colour as base.css has of ours to none: those on which it can still be read."""
    for hundredths in range(8, 0, -1):
        tint = _mix(_WHITE, rgb, hundredths / 100)
        if contrast(rgb, tint) >= READABLE and _luminance(tint) >= DARKEST_TINT:
            yield tint
    yield _WHITE


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _read(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _write(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _listed(colour: str) -> str:
    return ", ".join(map(str, _read(colour)))
