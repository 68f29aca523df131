"""The page of this site that one came from (`terug=` in the address) and goes back to."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest) -> str:
    """Its path; empty without one, and for anything that leads off this site."""
    back = request.GET.get("terug", "")
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""
