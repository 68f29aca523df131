"""What is the same on every examiner's form, drawn once: the criteria of a part, and the words autosave.js shows.

What criteria say never changes once an exam version is published; who scores and what was scored does. So a part's
list is drawn by its template with marks in those places, remembered by its language and its content, and the marks
are filled in.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessments.rubric import Column, score_words

_OPEN, _CLOSE = "\ue000", "\ue001"  # of Unicode's private use: no text that people write holds them
_ASSIGNMENT = _OPEN + _CLOSE
_MARK = re.compile(f"{_OPEN}([0-9]+)([OVGH]){_CLOSE}")  # H: hidden once it is scored
_Line = tuple[int, str, str, str, str]  # criterion's id, its text, what O, V and G mean


def draw_criteria(column: Column, *, wrong: Collection[str] = ()) -> SafeString:
    """The list of criteria to score, as templates/assessments/examiner/_form_criteria.html has it.

    `wrong` holds the names of fields that miss something.
    """
    lines = tuple((c.pk, c.text, c.meaning_o, c.meaning_v, c.meaning_g) for c in column.criteria)
    missing = frozenset(c.pk for c in column.criteria if column.score_field(c) in wrong)
    return _fill_in(_drawn_criteria(get_language(), lines, missing), column)


def draw_open_points(column: Column) -> SafeString:
    """The links to what is open in a part, as form_points.html has them; those to what is scored are hidden."""
    criteria = tuple(criterion.pk for criterion in column.criteria)
    return _fill_in(_drawn_points(get_language(), column.title, criteria), column)


def draw_words() -> SafeString:
    """What autosave.js shows, as form_templates.html has it: nothing in it is of one examiner or one exam."""
    return _drawn_words(get_language())


def _fill_in(drawn: str, column: Column) -> SafeString:
    scores = column.scores

    def fill_in(mark: re.Match[str]) -> str:
        criterion, what = mark.groups()
        score = scores.get(int(criterion))
        if what == "H":
            return "hidden" if score else ""
        return "checked" if score == what else ""

    # Numbers and attributes, in what was escaped. Three marks in four are the assignment's: a plain replace is quicker.
    return mark_safe(_MARK.sub(fill_in, drawn.replace(_ASSIGNMENT, str(column.assignment.pk))))  # noqa: S308


def _without_marks(text: str) -> str:
    return text.replace(_OPEN, "").replace(_CLOSE, "")


@lru_cache(maxsize=256)
def _drawn_criteria(language: str | None, lines: tuple[_Line, ...], missing: frozenset[int]) -> str:
    words = score_words()
    clean = [(pk, *map(_without_marks, texts)) for pk, *texts in lines]
    criteria = [
        {
            "text": text,
            "name": f"score-{_ASSIGNMENT}-{pk}",
            "invalid": pk in missing,
            "segments": [(letter, word, f"{_OPEN}{pk}{letter}{_CLOSE}") for letter, word in words],
            "meanings": zip("OVG", meanings, strict=True),
        }
        for pk, text, *meanings in clean
    ]
    return render_to_string("assessments/examiner/_form_criteria.html", {"criteria": criteria})


@lru_cache(maxsize=256)
def _drawn_points(language: str | None, title: str, criteria: tuple[int, ...]) -> str:
    words, part = _("%(part)s: criterium %(number)d"), _without_marks(title)
    points = [
        (f"score-{_ASSIGNMENT}-{pk}", words % {"part": part, "number": number}, f"{_OPEN}{pk}H{_CLOSE}")
        for number, pk in enumerate(criteria, 1)
    ]
    return render_to_string("assessments/examiner/_form_points.html", {"points": points})


@lru_cache(maxsize=16)
def _drawn_words(language: str | None) -> SafeString:
    return render_to_string("assessments/examiner/form_templates.html")
