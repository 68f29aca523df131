"""What a student number looks like at a school, as the school writes it: '999999', or 's999999 999999'.

A 9 stands for a digit and an A for a letter; all else stands for itself. Not a regular expression: nobody at a school
writes those, and one that takes a minute to refuse a number can't be written this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from string import ascii_letters, digits

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DIGIT, LETTER = "9", "A"
LONGEST = 20  # characters, as long as a student number may be
MOST = 6  # forms
_OTHER = "-./_"


def read_forms(written: str) -> list[str]:
    """['s999999', '999999']."""
    return written.replace(",", " ").split()


def check_forms(written: str) -> None:
    """For a field: raises `ValidationError` for what no number could fit, or what was meant as an example."""
    forms = read_forms(written)
    if len(forms) > MOST:
        raise ValidationError(f"Dit zijn {len(forms)} vormen; het mogen er hooguit {MOST} zijn.")
    for form in forms:
        if wrong := [char for char in form if char not in ascii_letters + DIGIT + _OTHER]:
            meant = "Schrijf een 9 voor elk cijfer." if wrong[0] in digits else "Gebruik letters, 9 en - . / _."
            raise ValidationError(f"In ‘{form}’ staat ‘{wrong[0]}’. {meant}")
        if DIGIT not in form and LETTER not in form:
            raise ValidationError(f"In ‘{form}’ staat geen 9 of A: dan zou iedereen hetzelfde nummer hebben.")
        if len(form) > LONGEST:
            raise ValidationError(f"‘{form}’ is langer dan {LONGEST} tekens.")


def read_number(typed: str, *, forms: str, school: str) -> str:
    """The number without spaces, as the school writes it; empty stays empty.

    Raises `ValidationError`, which says in words what a number of `school` looks like, for one that fits no form.
    """
    number = "".join(typed.split())
    accepted = read_forms(forms)
    if not number or not accepted:
        return number
    fitting = (fitted for form in accepted if (fitted := _fit(number, form)))
    if fitted := next(fitting, ""):
        return fitted
    said = {"school": school, "parts": _described(accepted), "examples": _(" of ").join(map(example, accepted))}
    raise ValidationError(_("Een studentnummer van %(school)s bestaat uit %(parts)s, zoals %(examples)s.") % said)


def example(form: str) -> str:
    """'s123456' for 's999999'."""
    next_digit, next_letter = iter("12345678901234567890"), iter("ABCDEFGHJKLMNPQRSTUV")
    return "".join(
        next(next_digit) if char == DIGIT else next(next_letter) if char == LETTER else char for char in form
    )


def _fit(number: str, form: str) -> str:
    """`number` with its letters as `form` has them, small or capital; '' if it does not fit."""
    if len(number) != len(form):
        return ""
    fitted = [_fit_character(char, place) for char, place in zip(number, form, strict=True)]
    return "".join(fitted) if all(fitted) else ""


def _fit_character(char: str, place: str) -> str:
    if place == DIGIT:
        return char if char in digits else ""
    if place == LETTER:
        return char.upper() if char in ascii_letters else ""
    return place if char.lower() == place.lower() else ""


def _described(forms: Sequence[str]) -> str:
    """'‘s’ en 6 cijfers, of uit 7 cijfers'."""
    return _(", of uit ").join(_(" en ").join(_parts(form)) for form in forms)


def _parts(form: str) -> list[str]:
    runs = groupby(form, key=lambda char: char if char in (DIGIT, LETTER) else "")
    return [_run(kind, "".join(chars)) for kind, chars in runs]


def _run(kind: str, chars: str) -> str:
    count = len(chars)
    if kind == DIGIT:
        return _("1 cijfer") if count == 1 else _("%(count)s cijfers") % {"count": count}
    if kind == LETTER:
        return _("1 letter") if count == 1 else _("%(count)s letters") % {"count": count}
    return f"‘{chars}’"
