"""'Examen afnames' (source text, part C)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from assessments.models import Status
from assessments.request_data import is_part
from committee.delivery.delivery import undelivered_to
from committee.delivery.forms import offices_for
from committee.export import views
from committee.models import FinalBatch
from committee.search import AssessmentSearch, get_search

from .page import count_each, count_states, describe_count, headers, read_page

MAX_BATCHES = 3  # batches on the page


@require_GET
@vary_on_headers("HX-Request", "HX-History-Restore-Request")  # the browser caches by them
def assessment_list(request: UserRequest) -> HttpResponse:
    """The page; the list alone for htmx."""
    search = get_search(request)
    counted = count_each(search)
    final = [describe_count(count, Status.FINAL) for count in _per_school(search, counted)]
    page, states = read_page(search, request.GET), count_states(search, counted)
    context = {
        "is_part": is_part(request),
        "searchable": True,
        "live_search": True,
        "tick": "afname" if page.can_finalise else "",
        "bar_url": reverse("committee:confirm_many", query=request.GET),
        "way_back": f"?{request.GET.urlencode()}",
        "search": search,
        "page": page,
        "states": states,
        "headers": headers(search, states),
        "offices": offices_for(search.committees, exams=page.exams) if page.can_finalise else [],
        "undelivered": undelivered_to(request.user, committees=search.all_committees).count(),
        **views.offer(search, final=final),
    }
    if is_part(request):
        return render(request, "committee/list/list.html", context)
    batches = FinalBatch.objects.visible_to(request.user, committees=search.all_committees)[: 2 * MAX_BATCHES]
    recent = [batch for batch in batches if batch.is_recent][:MAX_BATCHES]
    earlier = [batch for batch in batches if batch not in recent][:MAX_BATCHES]
    return render(request, "committee/list/list.html", {**context, "batches": recent, "earlier_batches": earlier})


def _per_school(search: AssessmentSearch, counted: list[Counter[str]] | None) -> Sequence[Counter[str] | None]:
    """Return the counts of `count_each`, which are by committee, added up for each school of the search."""
    if counted is None:
        return [None] * len(search.schools)
    counts = {school.pk: Counter[str]() for school in search.schools}
    for committee, count in zip(search.committees, counted, strict=True):
        counts[committee.school_id].update(count)
    return list(counts.values())
