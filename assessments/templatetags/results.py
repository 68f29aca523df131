"""How results read in Dutch: on the screens, in the mail and in the PDF."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone

from exams.grading import Score

register = template.Library()


@register.filter
def grade(value: Decimal | str | None) -> str:
    """A grade with a decimal comma and at least one decimal: '7,0', '10,0', '6,75'; '–' without one."""
    if value in (None, ""):
        return "–"
    number = Decimal(str(value))
    if number == number.quantize(Decimal("0.1")):
        number = number.quantize(Decimal("0.1"))
    return str(number).replace(".", ",")


@register.filter
def score_word(value: str) -> str:
    """'Voldoende' for V, and so on; nothing for anything else."""
    return Score(value).label if value in set(Score) else ""


@register.filter
def moment(value: str | None) -> datetime | None:
    """The local time of an ISO moment, as a result's JSON holds it, for the `date` filter."""
    return timezone.localtime(datetime.fromisoformat(value)) if value else None


@register.filter
def day(value: str | None) -> date | None:
    """The day of an ISO date, as a result's JSON holds it, for the `date` filter."""
    return date.fromisoformat(value) if value else None
