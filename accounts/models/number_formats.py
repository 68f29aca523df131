"""Patterns of a school's student numbers, such as '999999' or 's999999 999999'.

9 is a digit, A a letter, any other character itself. Regular expressions would be too hard for schools to write, and
could be slow by design.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from string import ascii_letters, digits

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DIGIT, LETTER = "9", "A"
MAX_LENGTH = 20  # characters, the limit of the column
MAX_PATTERNS = 6  # patterns
_OTHER = "-./_"


def read_patterns(text: str) -> list[str]:
    """Return the patterns in a field's text."""
    return text.replace(",", " ").split()


def check_patterns(text: str) -> None:
    """Validate a field: raise `ValidationError` for a pattern that fits no number, or that looks like an example."""
    patterns = read_patterns(text)
    if len(patterns) > MAX_PATTERNS:
        raise ValidationError(f"Dit zijn {len(patterns)} vormen; het mogen er hooguit {MAX_PATTERNS} zijn.")
    for pattern in patterns:
        if invalid := [char for char in pattern if char not in ascii_letters + DIGIT + _OTHER]:
            hint = "Schrijf een 9 voor elk cijfer." if invalid[0] in digits else "Gebruik letters, 9 en - . / _."
            raise ValidationError(f"In ‘{pattern}’ staat ‘{invalid[0]}’. {hint}")
        if DIGIT not in pattern and LETTER not in pattern:
            raise ValidationError(f"In ‘{pattern}’ staat geen 9 of A: dan zou iedereen hetzelfde nummer hebben.")
        if len(pattern) > MAX_LENGTH:
            raise ValidationError(f"‘{pattern}’ is langer dan {MAX_LENGTH} tekens.")


def read_number(typed: str, *, patterns: str, school: str) -> str:
    """Return the number without spaces, with letters in the case of its pattern; empty stays empty.

    Raise `ValidationError`, with a description of `school`'s numbers, if no pattern fits.
    """
    number = "".join(typed.split())
    accepted = read_patterns(patterns)
    if not number or not accepted:
        return number
    matches = (match for pattern in accepted if (match := _match(number, pattern)))
    if match := next(matches, ""):
        return match
    params = {"school": school, "parts": _described(accepted), "examples": _(" of ").join(map(example, accepted))}
    raise ValidationError(_("Een studentnummer van %(school)s bestaat uit %(parts)s, zoals %(examples)s.") % params)


def example(pattern: str) -> str:
    """Return 's123456' for 's999999'."""
    next_digit, next_letter = iter("12345678901234567890"), iter("ABCDEFGHJKLMNPQRSTUV")
    return "".join(
        next(next_digit) if char == DIGIT else next(next_letter) if char == LETTER else char for char in pattern
    )


def _match(number: str, pattern: str) -> str:
    """Return `number` with its letters in the case of `pattern`; '' if it does not fit."""
    if len(number) != len(pattern):
        return ""
    match = [_match_character(char, place) for char, place in zip(number, pattern, strict=True)]
    return "".join(match) if all(match) else ""


def _match_character(char: str, place: str) -> str:
    if place == DIGIT:
        return char if char in digits else ""
    if place == LETTER:
        return char.upper() if char in ascii_letters else ""
    return place if char.lower() == place.lower() else ""


def _described(patterns: Sequence[str]) -> str:
    """Return '‘s’ en 6 cijfers, of uit 7 cijfers'."""
    return _(", of uit ").join(_(" en ").join(_parts(pattern)) for pattern in patterns)


def _parts(pattern: str) -> list[str]:
    runs = groupby(pattern, key=lambda char: char if char in (DIGIT, LETTER) else "")
    return [_run(kind, "".join(chars)) for kind, chars in runs]


def _run(kind: str, chars: str) -> str:
    count = len(chars)
    if kind == DIGIT:
        return _("1 cijfer") if count == 1 else _("%(count)s cijfers") % {"count": count}
    if kind == LETTER:
        return _("1 letter") if count == 1 else _("%(count)s letters") % {"count": count}
    return f"‘{chars}’"
