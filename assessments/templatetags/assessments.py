"""Filters to format results on pages, in mails and in the PDF."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.formats import get_format

from assessments.documents.verification import grouped
from assessments.progress import detail
from assessments.rubric import score_words
from exams.grading.scores import Score
from exams.models import Criterion

register = template.Library()
MAX_LINES = 150  # of one justification; WeasyPrint's time grows with the square of the breaks in a block
_LONG_WORD = re.compile(r"\S{40}(?=\S)")


@register.filter
def grade(value: Decimal | str | None) -> str:
    """Format a grade with at least one decimal: '7,0', '10,0', '6,75', in English '7.0'; '–' if missing."""
    if value in (None, ""):
        return "–"
    number = Decimal(str(value))
    if number == number.quantize(Decimal("0.1")):
        number = number.quantize(Decimal("0.1"))
    return str(number).replace(".", get_format("DECIMAL_SEPARATOR"))


@register.filter
def weight(value: Decimal | str) -> str:
    """Format the weight of a core task: '2', '1,5'."""
    return f"{Decimal(str(value)).normalize():f}".replace(".", get_format("DECIMAL_SEPARATOR"))


@register.filter
def score_word(value: str) -> str:
    """Return 'Voldoende' for V, and so on; '' for another value."""
    return Score(value).label if value in set(Score) else ""


@register.filter
def moment(value: str | None) -> datetime | None:
    """Return the local time of an ISO moment in a result's JSON, for the `date` filter."""
    return timezone.localtime(datetime.fromisoformat(value)) if value else None


@register.filter
def day(value: str | None) -> date | None:
    """Return the day of an ISO date in a result's JSON, for the `date` filter."""
    return date.fromisoformat(value) if value else None


@register.filter
def grouped_code(code: str) -> str:
    """Format a verification code as printed: '34CD-79FG-…'."""
    return grouped(code)


register.filter(detail.by_whom)
register.filter(detail.about_whom)
register.filter(detail.removed_lines)


@register.filter
def printable(text: str) -> str:
    """Limit the layout time of a text in a PDF that is rendered during a request.

    A word as long as a line may be broken; line breaks from the 150th on become '¶'.
    """
    lines = _LONG_WORD.sub("\\g<0>\u200b", text).split("\n")
    remainder = " ¶ ".join(filter(None, lines[MAX_LINES:]))
    return "\n".join([*lines[:MAX_LINES], remainder] if remainder else lines[:MAX_LINES])


@register.filter
def segments(score: str) -> list[tuple[str, str, bool]]:
    """Return (letter, word, whether it is `score`) of each score, in the language of the page."""
    return [(letter, word, letter == score) for letter, word in score_words()]


@register.filter
def meaning(criterion: Criterion, letter: str) -> str:
    """Return what the score `letter` means for this criterion."""
    return {"O": criterion.meaning_o, "V": criterion.meaning_v, "G": criterion.meaning_g}[letter]


@register.filter
def words_at(wrong: Mapping[str, str], name: str) -> str:
    """Return what the field of that name misses, or ''."""
    return wrong[name] if wrong and name in wrong else ""
