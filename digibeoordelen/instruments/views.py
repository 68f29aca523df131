"""`/metrics/`: figures for Prometheus, for who has the token; they name no one and no school."""

from __future__ import annotations

import os

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from . import request_metrics
from .database_metrics import DatabaseMetrics


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    claimed = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(claimed, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(DatabaseMetrics())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(request_metrics.REGISTRY)
    return registry
