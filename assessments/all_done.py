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
    if initiator.is_active and initiator.schools_as(Role.DOCENT).filter(pk=assessment.school_id).exists():
        mails.queue_all_done(assessment=assessment)
