"""The initiator hears that the last examiner is done."""

from __future__ import annotations

from accounts.models import Role

from . import mails
from .models import Assessment


def tell_initiator(assessment: Assessment) -> None:
    """Mails whoever started it, unless that is no Docent of the school any more.

    Call it in the transaction in which a completion made it ASSESSED.
    """
    initiator = assessment.initiator
    # Not `schools_as`, which is for who asks: it hides what the person may see only after logging in with a code.
    is_docent = initiator.memberships.filter(role=Role.DOCENT, school=assessment.school_id).exists()
    if initiator.is_active and is_docent:
        mails.queue_all_done(assessment=assessment)
