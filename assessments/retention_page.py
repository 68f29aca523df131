"""'Bewaren en wissen', for Schoolbeheer: what will be erased, what was, and the school's terms."""

from __future__ import annotations

from copy import copy

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from accounts.models.retention_terms import TERMS
from accounts.people.listing import read_page
from accounts.school.forms import keep_settings, settings_of
from accounts.school.navigation import get_managed_school

from . import retention as rules
from .coming_erasures import look_ahead, rows_of
from .models import Erasure
from .retention_forms import TermsForm

PAGE_SIZE = 50
LINES_SHOWN = 10


@require_GET
def retention(request: UserRequest, school_id: int) -> HttpResponse:
    """What goes in the coming weeks, who it is about, and what went lately. No result is seen here."""
    school = get_managed_school(request.user, school_id)
    coming = look_ahead(school)
    asked = {"after": request.GET.get("na", ""), "before": request.GET.get("voor", "")}
    page = read_page(coming.students, order="sort_key", **asked)
    context = {
        "school": school,
        "coming": coming,
        "page": page,
        "rows": rows_of(page.rows, school, until=coming.until),
        "without_date": rules.count_without_date(school),
        "counted": rules.MANY,
        "erased": Erasure.objects.filter(school=school)[:LINES_SHOWN],
        "diploma_months": rules.DIPLOMA_MONTHS,
        "notice": rules.NOTICE.days,
    }
    return render(request, "assessments/retention.html", context)


@require_GET
def erased(request: UserRequest, school_id: int) -> HttpResponse:
    """The whole log of what was erased: how much, when, by which rule."""
    school = get_managed_school(request.user, school_id)
    page = Paginator(Erasure.objects.filter(school=school), PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "assessments/erased.html", {"school": school, "page": page})


@require_http_methods(["GET", "POST"])
def terms(request: UserRequest, school_id: int) -> HttpResponse:
    """The school's own terms; nothing goes by a new one for a while, and none is written over unseen."""
    school = get_managed_school(request.user, school_id)
    form = TermsForm(request.POST or None, instance=copy(school))
    clashes: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        clashes = keep_settings(request, school=school, form=form)
        if not clashes:
            return redirect("privacy:retention", school.pk)
    context = {
        "school": school,
        "form": form,
        "settings": settings_of(form, TERMS, kept=school, posted=request.POST, clashes=clashes),
        "clashes": clashes,
        "diploma_months": rules.DIPLOMA_MONTHS,
        "notice": rules.NOTICE.days,
    }
    return render(request, "assessments/terms.html", context)
