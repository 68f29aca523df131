"""Merge saves of one part of the form from several tabs and devices, field by field.

A form posts the values that it was opened with (its base). A field that only this form changed is written, one that
only another changed stays, one that both changed is a conflict. The decision is pure; `assessments.examiner.saving`
reads and writes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from accounts.text import clean_text

MAX_PAGES = 8  # open pages per part whose last save is remembered
_BASE_SCORE = re.compile("([0-9]{1,18})([OVG])")
_PAGE = re.compile("[0-9a-f]{16}")
Heard = list[list[Any]]  # [page id, number of its last accepted save], the newest last


class Verdict(Enum):
    SAME = "there is nothing to do"
    WRITE = "the typed value takes the place of the kept one"
    KEEP = "only someone else changed it"
    CONFLICT = "both changed it"


def decide(*, kept: str, typed: str, base: str | None, own: bool = False, nothing: str = "") -> Verdict:
    """Decide on one field: `kept` is stored, `typed` was posted; `nothing` is the empty value.

    `base` is the value when the form was opened, None when it was not posted. `own`: this page wrote the stored value,
    possibly by a save whose response it never received.
    """
    if typed == kept:
        return Verdict.SAME
    if own or kept == base or (base is None and kept == nothing):
        return Verdict.WRITE
    return Verdict.KEEP if typed == base else Verdict.CONFLICT


def fingerprint(text: str) -> str:
    """Return the fingerprint of a stored text: 16 hexadecimal digits, '-' for the empty text.

    It is taken of the cleaned text, so that a text stored before cleaning equals the same one posted.
    """
    text = clean_text(text)
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else "-"


@dataclass(frozen=True)
class Base:
    """The state in which a part was opened: the `fingerprint` of its justification, and its scores by criterion id."""

    text: str
    scores: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, scores: Mapping[int, str]) -> Base:
        return cls(fingerprint(text), dict(scores))

    @classmethod
    def read(cls, written: str) -> Base | None:
        """Parse the hidden field; return None when it is malformed."""
        text, *scores = written.split(" ")
        matches = [_BASE_SCORE.fullmatch(score) for score in scores]
        if not re.fullmatch("-|[0-9a-f]{16}", text) or not all(matches):
            return None
        return cls(text, {int(match[1]): match[2] for match in matches if match})

    def __str__(self) -> str:
        return " ".join([self.text, *(f"{criterion}{value}" for criterion, value in sorted(self.scores.items()))])


@dataclass(frozen=True)
class Sender:
    """The page that posts: its id, the id of the page it replaced on a reload, and the number of this save.

    Without JavaScript `page` is empty, and the base alone decides.
    """

    page: str = ""
    earlier: str = ""
    number: int = 0

    @classmethod
    def read(cls, post: Mapping[str, str]) -> Sender:
        page, earlier = (_page(post.get(name, "")) for name in ("page", "earlier-page"))
        number = post.get("save-number", "")
        return cls(page, earlier, int(number) if re.fullmatch("[0-9]{1,9}", number) else 0)

    def wrote(self, page: str) -> bool:
        """Return whether this page or the one it replaced wrote a value of `page`."""
        return bool(page) and page in (self.page, self.earlier)

    def is_late(self, heard: Heard) -> bool:
        """Return whether this save is repeated, or a later one of the same page arrived first."""
        return bool(self.page) and any(page == self.page and self.number <= number for page, number in heard)

    def heard_after(self, heard: Heard) -> Heard:
        """Return `heard` with this save added."""
        if not self.page:
            return heard
        return [*([page, number] for page, number in heard if page != self.page), [self.page, self.number]][-MAX_PAGES:]


def _page(text: str) -> str:
    return text if _PAGE.fullmatch(text) else ""
