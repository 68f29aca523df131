"""'Examen afnames' (source text, part C)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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
from committee.search import get_search

from .page import count_each, count_states, describe_count, read_page

MAX_RECENT_BATCHES = 3  # batches on the page


@require_GET
@vary_on_headers("HX-Request", "HX-History-Restore-Request")  # the browser caches by them
def assessment_list(request: UserRequest) -> HttpResponse:
    """The page; the list alone for htmx."""
    search = get_search(request)
    counted = count_each(search)
    per_school: Sequence[Counter[str] | None] = counted or [None] * len(search.schools)
    final = [describe_count(count, Status.FINAL) for count in per_school]
    context = {
        "search": search,
        "page": read_page(search, after=request.GET.get("na", ""), before=request.GET.get("voor", "")),
        "states": count_states(search, counted),
        "undelivered": undelivered_to(request.user, schools=search.schools).count(),
        **views.offer(search, final=final),
    }
    if is_part(request):
        return render(request, "committee/list/_afnames_found.html", context)
    mine = FinalBatch.objects.filter(by=request.user, school__in=search.schools)
    return render(request, "committee/list/afnames.html", {**context, "batches": mine.recent()[:MAX_RECENT_BATCHES]})
