"""What tests read in the source of a page."""

from __future__ import annotations

import re


def without_tokens(source: str) -> str:
    """The page without its forms' random tokens, in which any short word turns up one day."""
    return re.sub(r'(csrfmiddlewaretoken" value)="\w+"', r"\1", source)
