"""The pages on which attendance and irregularities are recorded, and the sitting with its report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from accounts.models import User
from assessments.access import detail_url, get_assessment
from assessments.documents import pdf
from assessments.models import Assessment, Participation, Sitting
from assessments.privacy import access_log
from assessments.sittings import participation
from assessments.sittings.forms import SchoolParticipationForm, SittingForm
from assessments.sittings.saving import is_saved


@require_http_methods(["GET", "POST"])
def record(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Verloop van de afname', for the docent."""
    assessment = get_assessment(request.user, public_id)
    return school_page(request, assessment, template="assessments/progress/record.html", after=detail_url(assessment))


def school_page(request: UserRequest, assessment: Assessment, *, template: str, after: str) -> HttpResponse:
    """Show the form for someone of the school and save it; `after` is the URL of the page to return to."""
    form = SchoolParticipationForm(request.POST or None, instance=participation.read(assessment))
    if is_saved(request, form, assessment, by=request.user):
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
            form.save()
        messages.success(request, "De bijzonderheden zijn bewaard.")
        return redirect("assessments:sitting", public_id)
    context = {"assessment": assessment, "form": form, **_content(own, request.user)}
    return render(request, "assessments/progress/sitting.html", context, status=422 if form.errors else 200)


@require_GET
def report(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The report of the sitting (proces-verbaal) as a PDF."""
    own = _sitting(get_assessment(request.user, public_id))
    content = _content(own, request.user)
    for row in content["rows"]:
        access_log.note(row.assessment, by=request.user)
    school = own.school
    look = pdf.look_context(colour=school.colour, logo=school.logo.sha256 if school.logo else "")
    html = render_to_string("assessments/pdf/sitting_report.html", {**content, **look})
    response = HttpResponse(pdf.write_pdf(html), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="proces-verbaal-{slugify(own.name)[:80] or "zitting"}.pdf"'
    return response


def _sitting(assessment: Assessment) -> Sitting:
    found = participation.read(assessment).sitting
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Row:
    """A student of a sitting; `lines` are what was recorded, but for the irregularities."""

    participation: Participation
    lines: list[str]

    @property
    def assessment(self) -> Assessment:
        return self.participation.assessment


def _content(own: Sitting, user: User) -> dict[str, Any]:
    """Return a row for each student that `user` may see, by last name, and the sitting's staff."""
    visible = Assessment.objects.for_docent(user).order_by()
    found = Participation.objects.filter(sitting=own, assessment__in=visible)
    found = found.select_related("assessment__student__user").order_by("assessment__student__sort_key", "pk")
    rows = [Row(one, participation.describe(one)) for one in found]
    return {"sitting": own, "rows": rows, "staff": own.staff.filter(is_cancelled=False)}
