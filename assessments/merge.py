"""Saving one part of the form from several tabs and devices: whose value stands, field by field.

A form says what it was opened with (its base). A field that nobody else changed since is written; one that only
someone else changed stays as it is; one that both changed is a conflict, and both values are shown. The part of
this that decides is pure; `assessments.examiner.saving` reads and writes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from accounts.text import clean_text

MAX_PAGES = 8  # open pages whose last save is remembered for a part
_BASE_SCORE = re.compile("([0-9]{1,18})([OVG])")
_PAGE = re.compile("[0-9a-f]{16}")
Heard = list[list[Any]]  # [page id, number of its last save that was taken], the newest last


class Verdict(Enum):
    SAME = "there is nothing to do"
    WRITE = "the typed value takes the place of the kept one"
    KEEP = "only someone else changed it"
    CONFLICT = "both changed it"


def decide(*, kept: str, typed: str, base: str | None, own: bool = False, nothing: str = "") -> Verdict:
    """What becomes of one field: `kept` stands there now, `typed` was posted; `nothing` is the empty value.

    `base` is what the form was opened with, None when it did not say; `own` tells that the kept value came from
    this very page, by a save whose answer it may never have seen.
    """
    if typed == kept:
        return Verdict.SAME
    if own or kept == base or (base is None and kept == nothing):
        return Verdict.WRITE
    return Verdict.KEEP if typed == base else Verdict.CONFLICT


def fingerprint(text: str) -> str:
    """Return what stands for a text in a base: 16 hexadecimal digits, '-' for the empty text.

    Of the text as it is stored, so that one stored before it was cleaned is no other than the same one posted.
    """
    text = clean_text(text)
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else "-"


@dataclass(frozen=True)
class Base:
    """What a part of the form was opened with: the fingerprint of its justification, and its scores by criterion id."""

    text: str
    scores: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, scores: Mapping[int, str]) -> Base:
        return cls(fingerprint(text), dict(scores))

    @classmethod
    def read(cls, written: str) -> Base | None:
        """The base of a hidden field; None for anything that is none."""
        text, *scores = written.split(" ")
        found = [_BASE_SCORE.fullmatch(score) for score in scores]
        if not re.fullmatch("-|[0-9a-f]{16}", text) or not all(found):
            return None
        return cls(text, {int(match[1]): match[2] for match in found if match})

    def __str__(self) -> str:
        return " ".join([self.text, *(f"{criterion}{value}" for criterion, value in sorted(self.scores.items()))])


@dataclass(frozen=True)
class Sender:
    """The open page that posts: its id, that of the page it took over from after a reload, and which save this is.

    Without JavaScript there is none of it (`page` is empty), and the base alone decides.
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
        """Whether a value that `page` wrote came from here."""
        return bool(page) and page in (self.page, self.earlier)

    def is_late(self, heard: Heard) -> bool:
        """Whether a later save of this page came first: this one is repeated, or was overtaken on the way."""
        return bool(self.page) and any(page == self.page and self.number <= number for page, number in heard)

    def heard_after(self, heard: Heard) -> Heard:
        """`heard` with this save in it."""
        if not self.page:
            return heard
        return [*([page, number] for page, number in heard if page != self.page), [self.page, self.number]][-MAX_PAGES:]


def _page(text: str) -> str:
    return text if _PAGE.fullmatch(text) else ""
