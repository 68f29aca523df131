"""The initiator hears that the last examiner is done."""

from __future__ import annotations

from . import leavers, mails
from .models import Assessment


def tell_initiator(assessment: Assessment) -> None:
    """Mails whoever started it, unless they or the student left.

    Call it in the transaction in which a completion made it ASSESSED.
    """
    if not leavers.why_paused(assessment):
        mails.queue_all_done(assessment=assessment)
