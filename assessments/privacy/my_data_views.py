"""'Mijn gegevens': students request and download their own data (AVG, article 15)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from accounts.language import translated
from accounts.models import Membership, Role, User
from assessments.models import KEPT_DAYS, DataRequest

from . import data_requests


def get_own_student(user: User, pk: int) -> Membership:
    """Return the user's own membership as a student; else raise `Http404`."""
    return get_object_or_404(user.memberships.filter(role=Role.STUDENT), pk=pk)


@translated
@require_GET
def own_data(request: UserRequest) -> HttpResponse:
    """List the user's schools as a student with the requests; 404 without such a school."""
    students = request.user.memberships.filter(role=Role.STUDENT).select_related("school").order_by("school__name")
    memberships = list(students.prefetch_related("data_requests"))
    if not memberships:
        raise Http404
    return render(request, "assessments/privacy/own_data.html", {"students": memberships, "kept_days": KEPT_DAYS})


@translated
@require_POST
def request_own_data(request: UserRequest, membership_id: int) -> HttpResponse:
    """'Gegevens opvragen'."""
    data_request, is_new = data_requests.request_file(
        student=get_own_student(request.user, membership_id), by=request.user
    )
    if is_new:
        messages.success(request, _("Uw gegevens worden verzameld. U krijgt een mail zodra het bestand klaarstaat."))
    elif data_request.is_available:
        messages.info(request, _("Er staat al een recent bestand klaar."))
    else:
        messages.info(request, _("Uw gegevens worden al verzameld. U krijgt een mail zodra het bestand klaarstaat."))
    return redirect("assessments:own_data")


@require_GET
def download_own_data(request: UserRequest, public_id: UUID) -> FileResponse:
    """Return the file to the student whose data it is; 404 for anyone else, and once it is released."""
    data_request = get_object_or_404(
        DataRequest.objects.of_student(request.user).available().select_related("file"), public_id=public_id
    )
    if data_request.file is None:
        raise Http404
    content = data_request.file.open_proven()
    DataRequest.objects.filter(pk=data_request.pk, downloaded_at__isnull=True).update(downloaded_at=timezone.now())
    return FileResponse(
        content,
        as_attachment=True,
        filename=f"mijn-gegevens-{timezone.localdate(data_request.made_at):%Y-%m-%d}.zip",
        content_type="application/zip",
    )
