"""The rows of 'Examen afnames' as HTML: a row of each kind is drawn once by its template, with marks where what differs
stands, and filled in for each assessment. Thirty rows are most of the page. (`assessments.drawn` does the same.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from html import escape

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from assessments.models import Status
from assessments.templatetags.assessments import grade

from .afnames_page import Row

_OPEN, _CLOSE = "\ue000", "\ue001"  # of Unicode's private use
_MARK = re.compile(f"{_OPEN}([a-z]+){_CLOSE}")
_FILLED_IN = (
    "address",
    "student",
    "attempt",
    "number",
    "exam",
    "unit",
    "examiners",
    "initiator",
    "moment",
    "day",
    "age",
    "grade",
    "pdf",
)


def draw_rows(rows: Iterable[Row], *, search: str) -> SafeString:
    """As templates/committee/afname_row.html has each; `search` is the address's, for the way back."""
    return mark_safe("".join(_draw(row, search) for row in rows))  # noqa: S308  all that is filled in is escaped


def _draw(row: Row, search: str) -> str:
    state = (row.status, str(Status(row.status).label), row.ovg)
    pdf = (row.pdf is not None, row.pdf_fails)
    marks = (row.is_proposed, row.attempt > 1, bool(row.age), row.waits_long, row.student_left, row.initiator_left)
    filled_in = {
        "address": row.address + search,
        "student": row.student,
        "attempt": str(row.attempt),
        "number": row.number,
        "exam": row.exam,
        "unit": row.unit,
        "examiners": ", ".join(row.examiners) or "–",
        "initiator": row.initiator,
        "moment": row.since.isoformat(),
        "day": _say(row.since.date(), get_language()),
        "age": row.age,
        "grade": grade(row.grade),
        "pdf": row.pdf_address,
    }
    # Text and marks by turns.
    pieces = _drawn(*state, *pdf, *marks)
    return "".join(escape(filled_in[piece]) if place % 2 else piece for place, piece in enumerate(pieces))


@lru_cache(maxsize=512)
def _say(day: date, language: str | None) -> str:
    return date_format(day, "j b Y")


@lru_cache(maxsize=256)
def _drawn(
    status: str,
    label: str,
    ovg: str,
    has_pdf: bool,
    pdf_fails: bool,
    is_proposed: bool,
    is_resit: bool,
    has_age: bool,
    waits_long: bool,
    student_left: bool,
    initiator_left: bool,
) -> Sequence[str]:
    marks = {name: f"{_OPEN}{name}{_CLOSE}" for name in _FILLED_IN}
    said = {"status": status, "label": label, "ovg": ovg, "has_pdf": has_pdf, "is_proposed": is_proposed}
    said |= {"pdf_fails": pdf_fails, "is_resit": is_resit, "has_age": has_age, "waits_long": waits_long}
    said |= {"student_left": student_left, "initiator_left": initiator_left}
    return _MARK.split(render_to_string("committee/afname_row.html", marks | said))


@lru_cache(maxsize=128)
def draw_options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    """The options of a select, which are dozens; `chosen` is one of them."""
    return render_to_string("committee/search_options.html", {"choices": choices, "chosen": chosen})
