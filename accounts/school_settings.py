"""The page 'Instellingen' of Schoolbeheer, the school's logo, and 'Wijzigingen'."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from . import logo
from .managed_school import get_managed_school
from .models import School
from .settings_form import SchoolSettingsForm, keep_settings, lay_out
from .signed_in import UserRequest

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
def settings(request: UserRequest, school_id: int) -> HttpResponse:
    """All settings, by section. What someone else changed meanwhile is never written over unseen."""
    school = get_managed_school(request.user, school_id)
    form = SchoolSettingsForm(request.POST or None, instance=copy(school))
    clashes: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        clashes = keep_settings(request, school=school, form=form)
        if not clashes:
            return redirect("school:settings", school.pk)
    sections = lay_out(form, school=school, posted=request.POST, clashes=clashes)
    return _page(request, school, form=form, sections=sections, clashes=clashes)


def _page(request: UserRequest, school: School, **context: object) -> HttpResponse:
    offices = school.exam_offices.all()
    limits = {"largest_mb": logo.MAX_BYTES // 1024 // 1024, "logo_shape": logo.SHAPE}
    return render(request, "accounts/school_settings.html", {"school": school, "offices": offices, **limits, **context})


@require_POST
def upload_logo(request: UserRequest, school_id: int) -> HttpResponse:
    """'Logo opslaan'. A file that is refused leaves the logo as it was."""
    school = get_managed_school(request.user, school_id)
    try:
        logo.set_logo(school=school, image=logo.read_logo(request.FILES.get("logo")), by=request.user)
    except ValidationError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, "Het logo is opgeslagen.")
    return redirect("school:settings", school.pk)


@require_POST
def remove_logo(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    logo.set_logo(school=school, image=None, by=request.user)
    messages.success(request, "Het logo is verwijderd; de pagina's tonen weer dat van Digitaal beoordelen.")
    return redirect("school:settings", school.pk)


@require_GET
def changes(request: UserRequest, school_id: int) -> HttpResponse:
    """Who changed what at the school, newest first."""
    school = get_managed_school(request.user, school_id)
    lines = school.changes.select_related("student__user")
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "accounts/school_changes.html", {"school": school, "page": page})
