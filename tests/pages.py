"""What tests read in the source of a page."""

from __future__ import annotations

import re

from django.http import HttpResponse


def without_tokens(source: str) -> str:
    """The page without its forms' random tokens, in which any short word turns up one day."""
    return re.sub(r'(csrfmiddlewaretoken" value)="\w+"', r"\1", source)


def is_led_above(response: HttpResponse, address: str, method: str) -> bool:
    """Return whether a GET of an address that only takes forms led to a page above it, which the view never saw."""
    above = response.get("Location", "")
    return method == "get" and response.status_code == 302 and above != address and address.startswith(above)
