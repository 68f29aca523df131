"""Traces hold no one's data, and a task is part of the trace of its request."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from digibeoordelen.instruments import checks
from scripts.environment import BASE

# In a process of its own: the library changes Django for good.
TRACE = """
import json, os, sys, types
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
import opentelemetry.exporter.otlp.proto.http.trace_exporter as otlp
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
kept = InMemorySpanExporter()
otlp.OTLPSpanExporter = lambda: kept
import django; django.setup()
from celery import shared_task
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path
from opentelemetry import trace
import digibeoordelen.celery
digibeoordelen.celery.app.conf.task_always_eager = True

@shared_task(name="try_it")
def try_it(pk, name):
    pass

@login_not_required
def view(request, token):
    try_it.delay(7, name="Hoff")
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", ["Hoff"])
    raise ValueError("erik@bedrijf.test is unknown")

urls = types.ModuleType("urls_of_this_test")
urls.urlpatterns = [path("beoordelen/<token>/", view)]
urls.handler500 = lambda request: HttpResponse(status=500)
sys.modules["urls_of_this_test"] = urls
settings.ROOT_URLCONF = "urls_of_this_test"
environ = RequestFactory(headers={"Cookie": "taal=koekje"}).get("/beoordelen/WzEsMV0:1wQx-z_Y2b/?q=Anouk").environ
get_wsgi_application()(environ, lambda status, headers: None)
trace.get_tracer_provider().force_flush()
for span in kept.get_finished_spans():
    print(json.dumps(json.loads(span.to_json())))
"""


def test_trace_has_the_steps_and_no_data() -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", TRACE], env=env, cwd=BASE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    spans = {span["name"]: span for span in map(json.loads, done.stdout.splitlines())}
    request = spans["GET beoordelen/<token>/"]
    assert request["attributes"]["http.route"] == "beoordelen/<token>/"
    assert request["status"]["status_code"] == "ERROR"
    assert any("try_it" in name for name in spans)
    assert {span["context"]["trace_id"] for span in spans.values()} == {request["context"]["trace_id"]}
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        assert "SELECT %s" in done.stdout
    for secret in ("WzEsMV0", "Anouk", "koekje", "erik@", "Hoff"):
        assert secret not in done.stdout


@pytest.mark.parametrize(
    ("endpoint", "is_installed", "is_refused"), [("", False, False), ("x", True, False), ("x", False, True)]
)
def test_missing_library_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, endpoint: str, is_installed: bool, is_refused: bool
) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint
    monkeypatch.setattr(checks, "find_spec", lambda name: is_installed or None)
    assert ("digibeoordelen.instruments.E004" in {message.id for message in run_checks()}) == is_refused
