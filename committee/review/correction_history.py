"""'Bekijk de bewerkhistorie': the corrections, with texts compared word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from assessments.models import Assessment, Correction
from assessments.rubric import PartSheet, read_rubric

MOST_WORDS = 6000  # of both texts; the time is quadratic
SAME, GONE, NEW, LEFT_OUT = "same", "gone", "new", "left out"
CONTEXT = 120  # characters of unchanged text before and after a change
WORTH = 3 * CONTEXT  # the least length of unchanged text to shorten


@dataclass(frozen=True)
class Entry:
    """One correction; `where` is the part, `what` the criterion, or '' for the text of `examiner` (`pieces`).

    `is_active` is False once a newer correction or an examiner's new answer replaced it.
    """

    correction: Correction
    where: str
    what: str
    examiner: str
    pieces: list[tuple[str, str]]
    is_active: bool

    @cached_property
    def shortened(self) -> list[tuple[str, str]]:
        return list(shorten(self.pieces))

    @property
    def is_shortened(self) -> bool:
        return any(kind == LEFT_OUT for kind, _ in self.shortened)


def read_history(assessment: Assessment) -> list[Entry]:
    """All corrections of an assessment, newest first."""
    rubric = read_rubric(assessment)
    active = {decision.pk for part in rubric.parts for decision in part.decisions.values()}
    active |= {column.correction.pk for column in rubric.columns if column.correction}
    by_criterion = {criterion.pk: part for part in rubric.parts for criterion in part.criteria}
    assignments = {assignment.pk: assignment for assignment in assessment.assignments.select_related("contact")}
    by_part = {part.part.pk: part for part in rubric.parts}
    entries = []
    for correction in reversed(rubric.corrections):
        if correction.criterion:
            where, examiner = _where(by_criterion[correction.criterion.pk]), ""
        else:
            assignment = assignments[correction.assignment_id or 0]
            where, examiner = _where(by_part[assignment.part_id]), assignment.contact.full_name
        entries.append(
            Entry(
                correction=correction,
                where=where,
                what=correction.criterion.text if correction.criterion else "",
                examiner=examiner,
                pieces=[] if correction.criterion else list(compare(correction.before, correction.after)),
                is_active=correction.pk in active,
            )
        )
    return entries


def _where(part: PartSheet) -> str:
    return f"{part.part.work_process} – {part.part}"


def compare(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield (`SAME`, `GONE` or `NEW`, text): same and gone make up `before`, same and new `after`.

    Compares words, spaces and signs. Texts of more than `MOST_WORDS` are gone and new as a whole.

    >>> list(compare("een fout woord", "een goed woord"))
    [('same', 'een '), ('gone', 'fout'), ('new', 'goed'), ('same', ' woord')]
    """
    old, new = _words(before), _words(after)
    if len(old) + len(new) > MOST_WORDS:
        yield from ((kind, text) for kind, text in ((GONE, before), (NEW, after)) if text)
        return
    gone, fresh = "", ""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = "".join(old[i1:i2]) if tag == "equal" else ""
        if same.strip() or (same and i2 == len(old) and j2 == len(new)):
            yield from ((kind, text) for kind, text in ((GONE, gone), (NEW, fresh), (SAME, same)) if text)
            gone, fresh = "", ""
        else:  # joins two changes with only a space between them
            gone += "".join(old[i1:i2])
            fresh += "".join(new[j1:j2])
    yield from ((kind, text) for kind, text in ((GONE, gone), (NEW, fresh)) if text)


def shorten(pieces: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the pieces of `compare`, with unchanged text far from any change as `LEFT_OUT`.

    >>> [kind for kind, _ in shorten([(SAME, "woord " * 100), (NEW, "erbij")])]
    ['left out', 'same', 'new']
    """
    for place, (kind, text) in enumerate(pieces):
        if kind != SAME or len(text) <= WORTH:
            yield kind, text
            continue
        begins = text.rfind(" ", 0, CONTEXT) + 1 if place else 0
        ends = text.find(" ", len(text) - CONTEXT) if place < len(pieces) - 1 else len(text)
        ends = ends if ends >= 0 else len(text) - CONTEXT  # a long word
        parts = (SAME, text[:begins]), (LEFT_OUT, text[begins:ends]), (SAME, text[ends:])
        yield from ((kind, part) for kind, part in parts if part)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)
