"""Notify of a mail about an assessment that a mail server accepted and returned later."""

from __future__ import annotations

from itertools import groupby

from assessments import mails
from assessments.models import Invitation, MailAbout
from digibeoordelen.outbox.models import OutgoingMail

from .reminders import unfinished, with_names


def notify(*, mail: OutgoingMail) -> None:
    """Mail the initiator of each invitation that still waits for an answer to `mail`; show the committee a result's.

    A mail that was followed by another one to the examiner is passed over: the later one may arrive. The mail to an
    initiator may come back too, of which no one is mailed.
    """
    MailAbout.objects.filter(mail=mail, mail__kind__in=mails.WATCHED).update(is_watched=True)
    waiting = with_names(unfinished(among=Invitation.objects.filter(mail=mail)))
    invitations = waiting.select_related("assessment__initiator").order_by("assessment__initiator_id", "pk")
    for _, of_one in groupby(invitations, key=lambda invitation: invitation.assessment.initiator_id):
        mails.queue_not_arrived(invitations=list(of_one))
