"""Everything the school has about one student, as data for that student (AVG, article 15).

What is written down of colleagues is left out where it tells nothing of the student: who looked is said by date, not by
name. What others are still writing is not in it: until an assessment is final or cancelled it holds how far it is, not
what was given or remarked so far, nor the PDF of a result that was withdrawn, as on the student's own pages; the same
of an appeal that runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, Q, When

from accounts.addresses import Address, addresses_of, mails_to
from accounts.models import Membership
from digibeoordelen.outbox.models import OutgoingMail, OutgoingMailQuerySet

from .models import CLOSED, Appeal, Assessment, Assignment, Correction, Document, Invitation, MailAbout, Viewing
from .own_data_account import collect_account, collect_school

NOTE = (
    "Dit zijn de gegevens die de school in Digitaal beoordelen over u bewaart. Van een beoordeling die nog loopt "
    "staat hier hoe ver die is; wat examinatoren geven en wat daarbij is opgemerkt komt erin als het resultaat "
    "definitief is. Bijlagen bij uitnodigingen worden genoemd maar zitten er niet bij, omdat er gegevens van anderen "
    "in kunnen staan: vraag ernaar bij de school."
)


def collect(student: Membership) -> dict[str, Any]:
    """As JSON can hold it once dates are text."""
    addresses = addresses_of(student.user)
    assessments = Assessment.objects.filter(student=student).for_pages().select_related("final_by")
    return {
        "toelichting": NOTE,
        "school": student.school.name,
        **collect_account(student, addresses),
        **collect_school(student, addresses),
        "examens_op_uw_account": [str(exam.exam) for exam in student.user.account_exams.select_related("exam")],
        "beoordelingen": [_assessment(assessment) for assessment in assessments.order_by("created_at", "pk")],
        "mails": [_mail(mail) for mail in _mails(student, addresses)],
        "verzoeken_om_inzage": [
            {"aangevraagd_op": request.asked_at, "door": request.asked_by_name, "gedownload_op": request.downloaded_at}
            for request in student.data_requests.order_by("asked_at")
        ],
    }


def documents(student: Membership) -> Iterator[tuple[str, Document]]:
    """Every PDF that was made of what is closed, with the name that it gets; those that no longer stand apart.

    One of a result that was withdrawn says what the committee looks at again.
    """
    closed = Document.objects.filter(assessment__student=student, assessment__status__in=CLOSED)
    made = closed.filter(file__isnull=False).select_related("file")
    for document in made.order_by("assessment", "number"):
        folder = "pdf" if document.superseded_at is None else "pdf/vervallen"
        yield f"{folder}/{document.filename}", document


def _assessment(assessment: Assessment) -> dict[str, Any]:
    told: dict[str, Any] = {
        "examen": str(assessment.exam),
        "eenheid": str(assessment.unit),
        "poging": assessment.attempt,
        "telt_als_poging": assessment.counts_as_attempt,
        "status": assessment.get_status_display(),
        "gestart_op": assessment.created_at,
        "gestart_door": assessment.initiator.full_name,
        "datum_van_de_afname": assessment.planned_on,
        "plaats_van_de_afname": assessment.place,
        "reden_van_intrekken": assessment.cancel_reason,
        "resultaat": assessment.ovg,
        "cijfer": assessment.grade,
        "vastgesteld_op": assessment.final_at,
        "vastgesteld_door": assessment.final_by.full_name if assessment.final_by else "",
        "bezwaar_tot_en_met": assessment.appeal_until,
        "uitnodigingen": [
            _invitation(invitation, closed=assessment.is_closed)
            for invitation in assessment.invitations.select_related("contact")
        ],
        "bezwaren": [_appeal(appeal) for appeal in assessment.appeals.all()],
        "gebeurtenissen": [
            {"wanneer": event.at, "wat": event.get_kind_display()} for event in assessment.events.order_by("at", "pk")
        ],
        "ingezien": [_viewing(viewing) for viewing in assessment.viewings.order_by("at", "pk")],
    }
    if assessment.is_closed:
        given = assessment.assignments.select_related("contact", "part__work_process").order_by("pk")
        told["gegeven"] = [_assignment(assignment) for assignment in given.prefetch_related("scores__criterion")]
        corrections = assessment.corrections.select_related("criterion", "assignment__part__work_process")
        told["bewerkingen"] = [_correction(correction) for correction in corrections]
    return told


def _invitation(invitation: Invitation, *, closed: bool) -> dict[str, Any]:
    """The remarks may be about what was given so far."""
    told: dict[str, Any] = {
        "examinator": invitation.contact.full_name,
        "organisatie": invitation.contact.organisation,
        "uitgenodigd_op": invitation.invited_at,
        "bijlagen": [attachment.filename for attachment in invitation.attachments.all()],
        "ondertekend_door": invitation.signed_name,
        "beoordeeld_op": invitation.assessed_on,
        "plaats": invitation.assessed_place,
    }
    if closed:
        told["opmerking"] = invitation.remark
        told["opmerking_van_de_examencommissie"] = invitation.committee_remark
    return told


def _assignment(assignment: Assignment) -> dict[str, Any]:
    return {
        "onderdeel": f"{assignment.part.work_process} – {assignment.part}",
        "examinator": assignment.contact.full_name,
        "onderbouwing": assignment.justification,
        "afgerond_op": assignment.completed_at,
        "weggehaald_op": assignment.removed_at,
        "scores": [{"criterium": score.criterion.text, "score": score.value} for score in assignment.scores.all()],
    }


def _correction(correction: Correction) -> dict[str, Any]:
    of = correction.criterion.text if correction.criterion else ""
    if correction.assignment:
        of = f"{correction.assignment.part.work_process} – {correction.assignment.part}"
    return {
        "waarvan": of,
        "was": correction.before,
        "wordt": correction.after,
        "reden": correction.reason,
        "wanneer": correction.at,
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    told: dict[str, Any] = {"ontvangen_op": appeal.received_on, "afgehandeld_op": appeal.closed_on}
    if appeal.closed_on:
        told |= {"uitkomst": appeal.get_outcome_display(), "notitie": appeal.note}
    return told


def _viewing(viewing: Viewing) -> dict[str, Any]:
    return {"wanneer": viewing.at, "wat": viewing.get_what_display()}


def _mails(student: Membership, addresses: list[Address]) -> OutgoingMailQuerySet:
    """Those about the student's assessments, and those sent to the student, at an earlier address too."""
    about = MailAbout.objects.filter(assessment__student=student).values("mail")
    own = Case(When(mails_to(addresses), then=True), default=False)
    found = OutgoingMail.objects.annotate(is_own=own).filter(Q(pk__in=about) | mails_to(addresses))
    return found.order_by("created_at", "pk")


def _mail(mail: Any) -> dict[str, Any]:
    """A mail to someone else may name others, and what was given so far: of that only that it was sent."""
    told: dict[str, Any] = {"soort": mail.kind, "gemaakt_op": mail.created_at, "verzonden_op": mail.sent_at}
    if mail.is_own:
        told |= {"aan": mail.to, "onderwerp": mail.subject, "tekst": mail.text}
    return told
