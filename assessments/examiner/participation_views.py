"""The examiner's page for attendance, identity and irregularities."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.models import Invitation
from assessments.sittings import participation
from assessments.sittings.forms import ParticipationForm
from assessments.sittings.saving import save_posted

from .access import with_invitation


@require_http_methods(["GET", "POST"])
@with_invitation()
def record(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    assessment = invitation.assessment
    form = ParticipationForm(request.POST or None, instance=participation.read(assessment))
    if save_posted(request, form, assessment, by_name=invitation.contact.full_name):
        messages.success(request, _("Het verloop van de afname is bewaard."))
        return redirect("assessments:form", invitation.public_id)
    context = {"invitation": invitation, "assessment": assessment, "form": form}
    page = "assessments/examiner/record.html"
    return render(request, page, context, status=422 if form.errors else 200)
