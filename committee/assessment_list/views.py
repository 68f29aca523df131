"""The committee's screens (source text, part C). `loading.get_afname` gives assessments of the own schools alone."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from assessments.models import Status
from assessments.request_data import is_part
from committee.delivery.delivery import undelivered_to
from committee.export import views
from committee.models import FinalBatch
from committee.search import get_filter

from .page import count_each, count_states, read_page, say_count
from .query import AfnamesOfSchool

FOUND_BACK = 3  # batches on the page


@require_GET
@vary_on_headers("HX-Request", "HX-History-Restore-Request")  # going back, a browser takes what it kept
def afnames(request: UserRequest) -> HttpResponse:
    """The whole page, or while one types in the search fields the list alone."""
    search = get_filter(request)
    wanted = search.wanted
    places = [AfnamesOfSchool(school, wanted) for school in search.schools]
    after, before = request.GET.get("na", ""), request.GET.get("voor", "")
    page = read_page(places, after=after, before=before, exams=search.exams, four_eyes=search.four_eyes)
    counted = count_each(places)
    final = [say_count(one, Status.FINAL) for one in counted] if counted else [""] * len(places)
    context = {
        "search": search,
        "page": page,
        "states": count_states(places, counted, proposed=search.four_eyes),
        "undelivered": undelivered_to(request.user, schools=search.schools).count(),
        **views.offer(request.user, search, final=dict(zip(search.schools, final, strict=True))),
    }
    if is_part(request):
        return render(request, "committee/list/_afnames_found.html", context)
    mine = FinalBatch.objects.filter(by=request.user, school__in=search.schools)
    return render(request, "committee/list/afnames.html", {**context, "batches": mine.found_back()[:FOUND_BACK]})
