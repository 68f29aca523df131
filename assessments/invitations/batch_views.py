"""One message to the examiners of several assessments of a unit.

The URL and each form list the assessments' public ids (`beoordeling=`, repeated).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from addressbook.models import Contact
from assessments.access import get_assessments, get_unit
from assessments.coupling import batch
from assessments.coupling.batch_views import batch_page, batch_url, report_refused, seen_versions, selected_contacts
from assessments.mails import batch_context
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit

from .attachments import keep_files
from .delivery_status import page_with, sending_in_unit
from .forms import BatchMessageForm
from .invite import invite_for_all


@require_GET
def message_for_batch(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.GET)
    return _message_page(request, unit, assessments, None, BatchMessageForm())


def _message_page(
    request: UserRequest,
    unit: ExamUnit,
    assessments: list[Assessment],
    ticked: list[Contact] | None,
    form: BatchMessageForm,
    sent: Sequence[OutgoingMail] = (),
) -> HttpResponse:
    """Show the message form, with `ticked` contacts (None: all who can be invited) and the state of mails `sent`."""
    selected = batch.read_batch(assessments)
    invitable = selected.invitable
    if not invitable:
        messages.info(request, "Iedereen die gekozen is, is al uitgenodigd.")
        return redirect(batch_url("together", unit, assessments))
    rows = [
        (contact, students_of_contact, ticked is None or contact in ticked)
        for contact, students_of_contact in invitable
    ]
    # The preview is the mail with the most students, so that it has a button per student where one does.
    reader, students = max(invitable, key=lambda row: len(row[1]))
    preview = batch_context([(assessment, "") for assessment in students], by=request.user)
    context = {
        "rows": rows,
        "covered": len(assessments) - len(selected.skipped),
        "skipped": selected.skipped,
        "form": form,
        "assessment": students[0],
        "reader": reader,
        "sending": sending_in_unit(unit, [mail.pk for mail in sent], by=request.user),
        **preview,
    }
    return batch_page(request, "assessments/invitations/message_for_batch.html", unit, assessments, **context)


@require_POST
def send_batch(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Uitnodiging(en) verzenden' to the ticked examiners: one mail each, or one for each student."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    ticked = selected_contacts(assessments, request.POST)
    form = BatchMessageForm(request.POST, request.FILES)
    if not ticked:
        messages.error(request, "Kies eerst wie u wilt uitnodigen.")
    if not ticked or not form.is_valid():
        return _message_page(request, unit, assessments, ticked, form)
    outcome = invite_for_all(
        assessments=assessments,
        contacts=ticked,
        by=request.user,
        one_mail=form.one_mail,
        versions=seen_versions(assessments, request.POST),
        remark=form.cleaned_data["remark"],
        attachments=keep_files(form.cleaned_data["attachments"]),
    )
    if not outcome.done and not outcome.refused:
        messages.info(request, "Iedereen die u koos, is al uitgenodigd.")
    report_refused(request, outcome)
    if without_examiner := batch.read_batch(assessments).without_examiner:
        messages.info(
            request, f"Nog geen examinator gekozen, en daarom niet uitgenodigd: {batch.names_of(without_examiner)}."
        )
    refused = get_assessments(request.user, unit, _only(request.POST, outcome.left)) if outcome.left else []
    if batch.read_batch(refused).invitable:  # keeps the remark for them
        return _message_page(request, unit, refused, ticked, form, sent=outcome.mails)
    return redirect(page_with(reverse("assessments:unit_list", args=[unit.pk]), outcome.mails))


def _only(data: QueryDict, assessments: list[Assessment]) -> QueryDict:
    data_of_assessments = data.copy()
    data_of_assessments.setlist("beoordeling", [str(assessment.public_id) for assessment in assessments])
    return data_of_assessments
