"""The delivery status of the mails that a docent just sent; the page polls until they are delivered.

The URL lists the mails' ids (`mail=`, repeated), so that the page can be reloaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from accounts.models import User
from assessments import request_data
from assessments.access import get_assessment, get_unit, of_unit, require_docent
from assessments.coupling.batch import MAX_NAMED, names_of
from assessments.models import Assessment, AssessmentQuerySet, MailAbout
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit

from .reminders import UNREAD_MAIL

MAX_MAILS = 200  # in one URL
MAX_LISTED = 3  # failures shown one by one; more are counted
SOON, LATER = 2, 20  # seconds between polls
NEW = timedelta(minutes=5)  # most mails leave within this time
INVITATION, REMINDER = ("De uitnodiging", "uitnodigingen"), ("De herinnering", "herinneringen")
# Singular and plural by kind of mail; other kinds are not shown to the docent.
WHAT = {
    "invitation": INVITATION,
    "invitation_together": INVITATION,
    "reminder": REMINDER,
    "reminder_together": REMINDER,
    "sent_back": ("De mail", "mails"),
    "proposal_declined": ("De mail", "mails"),
}
ON_THE_WAY = (MailState.QUEUED, MailState.IN_FLIGHT)
ABOUT_SEVERAL = (  # states, message level, text for one mail per examiner, text for more
    ([MailState.SENT], "success", "is verzonden", "zijn verzonden"),
    (ON_THE_WAY, "info", "wordt verzonden", "worden verzonden"),
)
ABOUT_ONE = (
    (MailState.WAITING, "warning", "is nog niet verzonden en wordt vanzelf nog eens geprobeerd"),
    (MailState.FAILED, "error", "is niet verzonden"),
)
About = Mapping[OutgoingMail, Sequence[Assessment]]


@dataclass(frozen=True)
class StatusMessage:
    """One message; `level` is one of Django's message levels."""

    level: str
    text: str


@dataclass(frozen=True)
class Sending:
    """The messages about the mails `ids`, polled at `address` every `poll_seconds` seconds; 0 when nothing can change.

    `fingerprint` is a fingerprint of the mails' states.
    """

    address: str
    lines: list[StatusMessage]
    ids: list[int]
    poll_seconds: int
    fingerprint: str

    @property
    def next_address(self) -> str:
        return f"{self.address}?{urlencode([('nu', self.fingerprint), *(('mail', pk) for pk in self.ids)])}"


def asked_mails(data: QueryDict) -> list[int]:
    return request_data.numbers(data, "mail")


def page_with(address: str, mails: Iterable[OutgoingMail | None]) -> str:
    """Return a page's URL with the ids of `mails`, to show their status."""
    ids = dict.fromkeys(mail.pk for mail in mails if mail)
    separator = "&" if "?" in address else "?"
    return f"{address}{separator}{urlencode([('mail', pk) for pk in ids])}" if ids else address


def sending_in_assessment(assessment: Assessment, ids: Sequence[int], *, watched: Collection[OutgoingMail]) -> Sending:
    """Return the status for the assessment's page, which also shows the mails `watched`."""
    assessments = Assessment.objects.filter(pk=assessment.pk)
    return _read(reverse("assessments:sending", args=[assessment.public_id]), ids, among=assessments, watched=watched)


def sending_in_unit(unit: ExamUnit, ids: Sequence[int], *, by: User) -> Sending:
    """Return the status for the pages about several students, with their names."""
    address = reverse("assessments:sending_together", args=[unit.pk])
    return _read(address, ids, among=of_unit(user=by, unit=unit), with_students=True)


def sending_in_list(ids: Sequence[int], *, by: User) -> Sending:
    """Return the status for the docent's lists, with the names of the students."""
    among = Assessment.objects.for_docent(by) if ids else Assessment.objects.none()
    return _read(reverse("assessments:sending_in_list"), ids, among=among, with_students=True)


def _read(
    address: str,
    ids: Sequence[int],
    *,
    among: AssessmentQuerySet,
    watched: Collection[OutgoingMail] = (),
    with_students: bool = False,
) -> Sending:
    """Read the mails `ids` that are about assessments of `among`; one query."""
    about: dict[OutgoingMail, list[Assessment]] = {}
    if ids := ids[:MAX_MAILS]:
        rows = MailAbout.objects.filter(mail__in=ids, mail__kind__in=WHAT, assessment__in=among)
        rows = rows.select_related("mail", "assessment__student__user").order_by("mail_id", "assessment_id")
        for row in rows.defer("mail__text", "mail__html", "mail__links", "mail__headers"):
            about.setdefault(row.mail, []).append(row.assessment)
    mails = {mail.pk: mail for mail in (*watched, *about)}.values()
    lines = list(_messages(about, with_students=with_students))
    return Sending(address, lines, [mail.pk for mail in about], _pause(mails), _fingerprint(mails))


def _messages(about: About, *, with_students: bool) -> Iterator[StatusMessage]:
    """Yield messages by kind of mail: one for all successes, one for each failure with its reason."""
    for names_of_kind in dict.fromkeys(WHAT.values()):
        mails = [mail for mail in about if WHAT[mail.kind] == names_of_kind]
        for states, level, is_so, are_so in ABOUT_SEVERAL:
            if selected := [mail for mail in mails if mail.state in states]:
                names = list(dict.fromkeys(mail.to_name for mail in selected))
                several = len(selected) > len(names)
                subject, verb = (
                    (f"{len(selected)} {names_of_kind[1]}", are_so) if several else (names_of_kind[0], is_so)
                )
                students = f", voor {_students(about, selected)}" if with_students else ""
                yield StatusMessage(level, f"{subject} {verb} aan {_named(names)}{students}.")
        for state, level, is_so in ABOUT_ONE:
            selected = [mail for mail in mails if mail.state == state]
            for mail in selected[:MAX_LISTED]:
                is_so_or_not = "is niet aangekomen" if mail.is_returned else is_so
                yield StatusMessage(level, f"{names_of_kind[0]} aan {mail.to_name} {is_so_or_not}. {mail.last_error}")
            if len(selected) > MAX_LISTED:
                yield StatusMessage(level, f"Dat geldt ook voor {len(selected) - MAX_LISTED} andere.")


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MAX_NAMED else f"{len(names)} examinatoren"


def _students(about: About, mails: Iterable[OutgoingMail]) -> str:
    assessments = {assessment.pk: assessment for mail in mails for assessment in about[mail]}
    return names_of(sorted(assessments.values(), key=lambda assessment: assessment.student.sort_key))


def _pause(mails: Iterable[OutgoingMail]) -> int:
    pending = [mail for mail in mails if mail.state in (*ON_THE_WAY, MailState.WAITING)]
    recent = timezone.now() - NEW
    return min((SOON if m.state in ON_THE_WAY and m.created_at > recent else LATER for m in pending), default=0)


def _fingerprint(mails: Iterable[OutgoingMail]) -> str:
    states = sorted(f"{mail.pk} {mail.state} {mail.next_attempt_at}" for mail in mails)
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]


@require_GET
def assessment_delivery_status(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Refresh the messages and the state of the mail at each invitation."""
    assessment = get_assessment(request.user, public_id)
    invitations = list(assessment.invitations.select_related("contact", "mail").defer(*UNREAD_MAIL))
    watched = [invitation.mail for invitation in invitations if invitation.mail]
    sending = sending_in_assessment(assessment, asked_mails(request.GET), watched=watched)
    unfinished = assessment.live_assignments.filter(completed_at__isnull=True)
    context = {
        "assessment": assessment,
        "invitations": invitations,
        "asked": set() if assessment.is_closed else set(unfinished.values_list("contact", flat=True)),
    }
    return _answer(request, sending, "_sending_rows", context)


@require_GET
def unit_delivery_status(request: UserRequest, unit_id: int) -> HttpResponse:
    """Refresh the messages above the list, when several were invited or reminded."""
    unit = get_unit(request.user, unit_id)
    return _answer(request, sending_in_unit(unit, asked_mails(request.GET), by=request.user), "_sending", {})


@require_GET
def list_delivery_status(request: UserRequest) -> HttpResponse:
    """Refresh the messages above a docent's list."""
    require_docent(request.user)
    return _answer(request, sending_in_list(asked_mails(request.GET), by=request.user), "_sending", {})


def _answer(request: UserRequest, sending: Sending, template: str, context: dict[str, object]) -> HttpResponse:
    if request.GET.get("nu") == sending.fingerprint:
        return HttpResponse(status=204)
    return render(request, f"assessments/invitations/{template}.html", {**context, "sending": sending})
