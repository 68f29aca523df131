"""The page 'Instellingen' of Schoolbeheer, the logo among them, and 'Wijzigingen'."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

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
    problems: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            has_new_logo = _keep_logo(request, school)
        except ValidationError as refused:
            problems = [{"href": "#id_logo", "text": f"Logo: {refused.message}", "why": refused.message}]
        if form.is_valid() and not problems:
            clashes = keep_settings(request, school=school, form=form, is_all=not has_new_logo)
            if not clashes:
                return redirect("school:settings", school.pk)
    sections = lay_out(form, school=school, posted=request.POST, clashes=clashes)
    return _page(request, school, form=form, sections=sections, clashes=clashes, problems=problems)


def _keep_logo(request: UserRequest, school: School) -> bool:
    """Keep or remove the logo, also when another field is refused: a browser doesn't keep the file that was chosen.

    Return whether that was asked; raise `ValidationError` for a file that is no logo.
    """
    if file := request.FILES.get("logo"):
        logo.set_logo(school=school, image=logo.read_logo(file), by=request.user)
        messages.success(request, "Het logo is opgeslagen.")
    elif "remove_logo" in request.POST:
        logo.set_logo(school=school, image=None, by=request.user)
        messages.success(request, "Het logo is verwijderd; de pagina's tonen weer dat van Digitaal beoordelen.")
    else:
        return False
    school.refresh_from_db(fields=["logo"])
    return True


def _page(request: UserRequest, school: School, **context: object) -> HttpResponse:
    offices = school.exam_offices.all()
    limits = {"largest_mb": logo.MAX_BYTES // 1024 // 1024, "logo_shape": logo.SHAPE}
    return render(request, "accounts/school_settings.html", {"school": school, "offices": offices, **limits, **context})


@require_GET
def changes(request: UserRequest, school_id: int) -> HttpResponse:
    """Who changed what at the school, newest first."""
    school = get_managed_school(request.user, school_id)
    lines = school.changes.select_related("student__user")
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "accounts/school_changes.html", {"school": school, "page": page})
