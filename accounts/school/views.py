"""The pages of Schoolbeheer: overview, settings and change log of a school."""

from __future__ import annotations

import re
from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.http import UserRequest
from accounts.models import Role, School
from accounts.models.branding import Palette
from digibeoordelen.file_storage import NOT_SAVED, StorageDown
from digibeoordelen.outbox.models import FileGone

from . import logo as school_logo
from .dashboard import open_tasks
from .forms import SchoolSettingsForm, bound_sections, save_settings
from .navigation import get_managed_school

_OF_SEVERAL = {Role.STUDENT: "Studenten", Role.DOCENT: "Docenten", Role.PRAKTIJKOPLEIDER: "Praktijkopleiders"}


def first_page(request: UserRequest) -> HttpResponse:
    """Redirect to the only school that the user manages, or list them."""
    schools = list(request.user.schools_as(Role.SCHOOLBEHEER).order_by("name"))
    if not schools:
        raise Http404
    if len(schools) == 1:
        return redirect("school:overview", schools[0].pk)
    return render(request, "accounts/school/managed_schools.html", {"schools": schools})


def overview(request: UserRequest, school_id: int) -> HttpResponse:
    """Show open tasks and the number of people per role."""
    school = get_managed_school(request.user, school_id)
    active = school.memberships.present().filter(user__is_active=True)
    counts = dict(active.values_list("role").annotate(Count("pk")).order_by())
    roles = [(role.value, _OF_SEVERAL.get(role, role.label), counts.get(role.value, 0)) for role in Role]
    context = {"school": school, "roles": roles, "to_do": open_tasks(school, counts=counts)}
    return render(request, "accounts/school/school_overview.html", context)


LOG_PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
def settings(request: UserRequest, school_id: int) -> HttpResponse:
    """Edit all settings; a concurrent change is shown, never overwritten unseen."""
    school = get_managed_school(request.user, school_id)
    form = SchoolSettingsForm(request.POST or None, instance=copy(school))
    clashes: tuple[str, ...] = ()
    problems: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            logo_changed = _save_logo(request, school)
        except ValidationError as refused:
            problems = [{"href": "#id_logo", "text": f"Logo: {refused.message}", "why": str(refused.message)}]
        if form.is_valid() and not problems:
            clashes = save_settings(request, school=school, form=form, is_all=not logo_changed)
            if not clashes:
                return redirect("school:settings", school.pk)
    sections = bound_sections(form, school=school, posted=request.POST, clashes=clashes)
    return _page(request, school, form=form, sections=sections, clashes=clashes, problems=problems)


def _save_logo(request: UserRequest, school: School) -> bool:
    """Save or remove the logo, also if another field is invalid: a browser does not keep the chosen file.

    Return whether the logo changed; raise `ValidationError` for a file that is invalid or can't be stored.
    """
    if file := request.FILES.get("logo"):
        image = school_logo.read_logo(file)
        try:
            school_logo.set_logo(school=school, image=image, by=request.user)
        except StorageDown:
            raise ValidationError(NOT_SAVED) from None
        messages.success(request, "Het logo is opgeslagen.")
    elif "remove_logo" in request.POST:
        school_logo.set_logo(school=school, image=None, by=request.user)
        messages.success(request, "Het logo is verwijderd; de pagina's tonen weer dat van Digitaal beoordelen.")
    else:
        return False
    school.refresh_from_db(fields=["logo"])
    return True


def _page(request: UserRequest, school: School, **context: object) -> HttpResponse:
    limits = {"largest_mb": school_logo.MAX_LOGO_BYTES // 1024 // 1024, "logo_shape": school_logo.SIZE_RULE}
    return render(request, "accounts/school/school_settings.html", {"school": school, **limits, **context})


@require_GET
def changes(request: UserRequest, school_id: int) -> HttpResponse:
    """Show the change log, newest first."""
    school = get_managed_school(request.user, school_id)
    lines = school.changes.select_related("student__user")
    page = Paginator(lines, LOG_PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "accounts/school/school_changes.html", {"school": school, "page": page})


_KEPT = "public, max-age=31536000, immutable"
_HEX = re.compile("[0-9a-f]{6}")


@require_safe
@login_not_required
def colour(request: HttpRequest, colour: str) -> HttpResponse:
    """Return the stylesheet of a colour; the URL determines it, so it is cacheable for ever."""
    if not _HEX.fullmatch(colour):
        raise Http404
    response = HttpResponse(Palette.of(f"#{colour}").css, content_type="text/css")
    response["Cache-Control"] = _KEPT
    return response


@require_safe
@login_not_required
def logo(request: HttpRequest, school_id: int, logo_id: int) -> HttpResponse:
    """Return a school's logo as PNG; redirect an outdated id, as in old mails, to the present one."""
    school = get_object_or_404(School.objects.select_related("logo"), pk=school_id, logo__isnull=False)
    if school.logo is None or school.logo_id != logo_id:
        return redirect("school:logo", school.pk, school.logo_id)
    try:
        content = school.logo.read()
    except FileGone:
        raise Http404 from None
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = _KEPT
    response["X-Content-Type-Options"] = "nosniff"
    return response
