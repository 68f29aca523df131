"""The score that counts for one criterion of several examiners, or that they are in dispute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .scores import Score


class Basis(StrEnum):
    """Why a criterion has its effective score, or lacks one."""

    DECISION = "DECISION"  # the committee decided
    AGREED = "AGREED"  # all examiners gave this score
    DISPUTE = "DISPUTE"  # examiners gave different scores and the committee did not decide
    MISSING = "MISSING"  # an examiner has not scored it yet


@dataclass(frozen=True)
class Effective:
    """The score that counts for a criterion; None if it is missing or in dispute."""

    score: Score | None
    basis: Basis

    @property
    def in_dispute(self) -> bool:
        return self.basis is Basis.DISPUTE


def effective_score(*, scores: Sequence[Score | None], decision: Score | None = None) -> Effective:
    """Return the committee's `decision` if there is one, else the score that all examiners agree on.

    `scores` holds one entry per examiner, None for one who has not scored the criterion yet: it is then
    missing, not in dispute. Their order makes no difference.
    """
    if decision is not None:
        return Effective(decision, Basis.DECISION)
    different = set(scores)
    if not different or None in different:
        return Effective(None, Basis.MISSING)
    if len(different) > 1:
        return Effective(None, Basis.DISPUTE)
    return Effective(different.pop(), Basis.AGREED)
