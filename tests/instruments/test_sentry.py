"""A report to Sentry holds no one's data."""

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
REPORT = """
import json, logging, sys, types
import django; django.setup()
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.wsgi import get_wsgi_application
from django.db import IntegrityError
from django.http import HttpResponseServerError
from django.test import RequestFactory
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from sentry_sdk.transport import Transport
from digibeoordelen.instruments import sentry

class Kept(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            if item.type == "event":
                print(json.dumps(item.payload.json))

@login_not_required
@csrf_exempt
def view(request, token):
    request.POST["justification"]
    logging.getLogger("x").error("Mail to %s failed", "erik@bedrijf.test")
    raise IntegrityError("duplicate key erik@bedrijf.test\\nDETAIL: Key (last_name)=(Hoff) already exists.")

urls = types.ModuleType("urls_of_this_test")
urls.urlpatterns = [path("beoordelen/<token>/", view)]
urls.handler500 = lambda request: HttpResponseServerError()
sys.modules["urls_of_this_test"] = urls
settings.ROOT_URLCONF = "urls_of_this_test"
sentry.start("http://key@127.0.0.1:1/1", transport=Kept)
headers = {"X-Own": "van Vliet", "Cookie": "taal=koekje"}
factory = RequestFactory(headers=headers)
environ = factory.post("/beoordelen/WzEsMV0:1wQx-z_Y2b/?q=Anouk", {"justification": "Zij hield vol."}).environ
get_wsgi_application()(environ, lambda status, headers: print(dict(headers)["X-Request-ID"]))
"""


def test_report_has_the_error_and_no_data() -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", REPORT]
    output = subprocess.run(command, env=env, cwd=BASE, check=True, capture_output=True, text=True).stdout
    *reports, request_id = output.splitlines()
    logged, raised = map(json.loads, reports)
    assert logged["logentry"]["message"].startswith("Mail to ")
    [exception] = raised["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("IntegrityError", "duplicate key …@bedrijf.test")
    assert exception["stacktrace"]["frames"]
    assert raised["request"] == {"method": "POST", "url": "http://testserver/beoordelen/…/"}
    assert raised["tags"]["request_id"] == request_id
    for secret in ("WzEsMV0", "Anouk", "koekje", "erik@", "Hoff", "hield vol", "van Vliet", "127.0.0.1"):
        assert secret not in "".join(reports)


@pytest.mark.parametrize(
    ("dsn", "is_installed", "is_refused"), [("", False, False), ("x", True, False), ("x", False, True)]
)
def test_missing_library_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, dsn: str, is_installed: bool, is_refused: bool
) -> None:
    settings.SENTRY_DSN = dsn
    monkeypatch.setattr(checks, "find_spec", lambda name: is_installed or None)
    assert ("digibeoordelen.instruments.E003" in {message.id for message in run_checks()}) == is_refused
