"""The answer to a request that failed: 503 while the database does not answer, else 500."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults


def server_error(request: HttpRequest) -> HttpResponse:
    """Return a page made without the database; the browser sends a form again when that page is reloaded."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        page = render_to_string("database_down.html", {"is_form": request.method == "POST"})
        return HttpResponse(page, status=503, headers={"Retry-After": "30"})
    return defaults.server_error(request)
