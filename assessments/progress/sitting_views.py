"""The pages on which attendance and irregularities are recorded, and the sitting with its report."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from accounts.models import User
from assessments.access import detail_url, get_assessment
from assessments.documents import sitting_report
from assessments.models import Assessment, Sitting
from assessments.privacy import access_log
from assessments.sittings import participation
from assessments.sittings.forms import SchoolParticipationForm, SittingForm
from assessments.sittings.saving import save_posted


@require_http_methods(["GET", "POST"])
def record(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Verloop van de afname', for the docent."""
    assessment = get_assessment(request.user, public_id)
    return school_page(request, assessment, template="assessments/progress/record.html", after=detail_url(assessment))


def school_page(request: UserRequest, assessment: Assessment, *, template: str, after: str) -> HttpResponse:
    """Show the form for someone of the school and save it; `after` is the URL of the page to return to."""
    form = SchoolParticipationForm(request.POST or None, instance=participation.read(assessment))
    if save_posted(request, form, assessment, by=request.user):
        messages.success(request, "Het verloop van de afname is bewaard.")
        return redirect(after)
    context = {"assessment": assessment, "form": form, "after": after}
    return render(request, template, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def sitting(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The sitting of an assessment: who takes part, who works there, and what happened."""
    assessment = get_assessment(request.user, public_id)
    own = _sitting(assessment)
    form = SittingForm(request.POST or None, instance=own)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():  # what listens to a sitting is saved with it
            own.save(update_fields=["irregularities"])
        messages.success(request, "De bijzonderheden zijn bewaard.")
        return redirect("assessments:sitting", public_id)
    context = {"assessment": assessment, "form": form, "sitting": own, "rows": _rows(own, request.user)}
    context["staff"] = own.staff.filter(is_cancelled=False)
    return render(request, "assessments/progress/sitting.html", context, status=422 if form.errors else 200)


@require_GET
def report(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The report of the sitting (proces-verbaal) as a PDF."""
    own = _sitting(get_assessment(request.user, public_id))
    rows = _rows(own, request.user)
    access_log.note_all((row.assessment for row in rows), by=request.user, what=access_log.What.RESULT)
    response = HttpResponse(sitting_report.render(own, rows), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{sitting_report.filename(own)}"'
    return response


def _sitting(assessment: Assessment) -> Sitting:
    found = participation.read(assessment).sitting
    if found is None:
        raise Http404
    return found


def _rows(own: Sitting, user: User) -> list[sitting_report.Row]:
    """Return a row for each student that `user` may see."""
    return sitting_report.read_rows(own, assessments=Assessment.objects.for_docent(user).order_by())
