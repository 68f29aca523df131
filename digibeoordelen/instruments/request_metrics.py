"""Counts requests: per process, or in the files of PROMETHEUS_MULTIPROC_DIR where a web server has several."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import MiddlewareNotUsed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, values

from .process_slots import own_slot

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    values.ValueClass = values.MultiProcessValue(own_slot)
REGISTRY = CollectorRegistry()
REQUESTS = Counter("digibeoordelen_requests", "Requests.", ["view", "method", "status"], registry=REGISTRY)
DURATION = Histogram(
    "digibeoordelen_request_seconds", "Time until an answer.", ["view", "method"], buckets=SECONDS, registry=REGISTRY
)
REFUSED_LOGINS = Counter("digibeoordelen_refused_logins", "Wrong passwords at logging in.", registry=REGISTRY)


def requests_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Count each request by its view's name: its path may hold the token of a link."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed

    def respond(request: HttpRequest) -> HttpResponse:
        start = perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, f"{response.status_code // 100}xx").inc()
        DURATION.labels(view, method).observe(perf_counter() - start)
        return response

    return respond


@receiver(user_login_failed)
def count_refusal(**kwargs: Any) -> None:
    if settings.METRICS_TOKEN:
        REFUSED_LOGINS.inc()
