"""What tests read in the source of a page."""

from __future__ import annotations

import re

from django.http import HttpResponse


def without_tokens(source: str) -> str:
    """The page without its forms' random tokens, in which any short word turns up one day."""
    return re.sub(r'(csrfmiddlewaretoken" value)="\w+"', r"\1", source)


def missed_the_view(response: HttpResponse, address: str, method: str) -> bool:
    """Return whether the address does not take `method`: a 405, or for a GET the way to a page above it."""
    above = response.get("Location", "")
    led = method == "get" and response.status_code == 302 and above != address and address.startswith(above)
    return led or "Allow" in response
