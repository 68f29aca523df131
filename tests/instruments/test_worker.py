"""A real worker logs what it does for a request with the request's id."""

import json

import pytest

from tests.processes import Site
from tests.smtp import SmtpSink

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

QUEUE = """
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory
from digibeoordelen.instruments.request_id import request_id_middleware
from digibeoordelen.outbox.queue import queue_mail

def view(request):
    queue_mail(kind="test", to="erik@bedrijf.test", subject="-", text="-", html="<p>-</p>")
    return HttpResponse()

print(request_id_middleware(view)(RequestFactory().get("/"))["X-Request-ID"])
"""


def test_worker_logs_the_request_of_its_task(site: Site, smtp_sink: SmtpSink) -> None:
    site.env |= {"EMAIL_URL": smtp_sink.url, "LOG_FORMAT": "json"}
    request_id = site.python(QUEUE).split()[-1]
    worker = site.worker(wait=False)
    worker.wait_for_output("Sent: mail")
    lines = [json.loads(line) for line in worker.output.splitlines() if line.startswith('{"time"')]
    [sent] = [line for line in lines if line["message"].startswith("Sent: mail")]
    assert sent["request_id"] == request_id
    assert len(sent["task_id"]) == 36
    [received] = [line for line in lines if "received" in line["message"] and sent["task_id"] in line["message"]]
    assert received["request_id"] == "-", "the process that hands out tasks serves many"
