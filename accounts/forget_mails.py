"""Mails of the accounts that name a person, or went to an address of theirs, and are about no assessment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from digibeoordelen.outbox import cancel
from digibeoordelen.outbox.models import OutgoingMail

from .addresses import Address, answered_to
from .models import EmailChange, Membership, NumberReport, SchoolInvitation, User

# A change of address and its mails are written in one transaction.
AT_ONCE = timedelta(minutes=1)


def forget_reports(membership: Membership, addresses: Iterable[Address]) -> None:
    """What Schoolbeheer was told of a number that this student wanted, or had: the mails, and who told it."""
    page = reverse("school:student_numbers", args=[membership.school_id])
    told = OutgoingMail.objects.filter(kind="number_taken")
    cancel.delete(told.filter(answered_to(addresses), text__contains=f"{page}?"))
    if number := membership.student_number:
        cancel.delete(told.filter(text__contains=f"{page}?{urlencode({'q': number})}\n"))
        NumberReport.objects.filter(student__school=membership.school_id, number=number).delete()


def forget_invitations(invitations: Iterable[SchoolInvitation]) -> None:
    """The mails of these, each of which went to the address that was asked."""
    for invitation in invitations:
        over = invitation.accepted_at or invitation.withdrawn_at or timezone.now()
        sent = Q(to__iexact=invitation.email, created_at__range=(invitation.created_at, over))
        cancel.delete(OutgoingMail.objects.filter(Q(pk=invitation.mail_id) | sent, kind="join_school"))


def forget_changes_of_address(user: User) -> None:
    """The mails to addresses that weren't this person's yet, or any more; they may have been mistyped."""
    for change in EmailChange.objects.filter(user=user):
        sent = _at_once(change.asked_at, ["confirm_email", "has_account"])
        if change.stopped_at:
            sent |= _at_once(change.stopped_at, ["email_given_back"])
        cancel.delete(OutgoingMail.objects.filter(sent, to__iexact=change.new_email))


def _at_once(at: datetime, kinds: list[str]) -> Q:
    return Q(created_at__range=(at, at + AT_ONCE), kind__in=kinds)
