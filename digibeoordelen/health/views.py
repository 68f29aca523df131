"""The public health checks, for load balancers and monitors; they name no one and no school."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from .report import read_report


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer without the database, to tell a process that hangs from one that waits for a service."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database answers, else 503; not for anything else, as pages work without it."""
    return _answer(is_strict=False)


@login_not_required
@require_safe
def watch(request: HttpRequest) -> HttpResponse:
    """Return 503 if anything is wrong, for monitors."""
    return _answer(is_strict=True)


def _answer(*, is_strict: bool) -> HttpResponse:
    try:
        report = read_report()
    except DatabaseError:
        return JsonResponse({"status": "database", "database": False}, status=503)
    return JsonResponse(report, status=503 if is_strict and report["status"] != "ok" else 200)
