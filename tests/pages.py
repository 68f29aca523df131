"""Helpers to read the source of a page."""

from __future__ import annotations

import re

from django.http import HttpResponse


def without_tokens(source: str) -> str:
    """Return the page without random form tokens, which can contain any short word."""
    return re.sub(r'(csrfmiddlewaretoken" value)="\w+"', r"\1", source)


def missed_the_view(response: HttpResponse, address: str, method: str) -> bool:
    """Return whether the URL rejects `method`: a 405, or for a GET a redirect to a parent page."""
    above = response.get("Location", "")
    led = method == "get" and response.status_code == 302 and above != address and address.startswith(above)
    return led or "Allow" in response
