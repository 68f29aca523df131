"""What mails need of their own."""

from __future__ import annotations

from django import template
from django.template.defaultfilters import linebreaksbr

register = template.Library()


@register.filter(needs_autoescape=True)
def lines(text: str, autoescape: bool = True) -> str:
    """What someone typed: in HTML with its line breaks, in a text part, which escapes nothing, as it is."""
    return linebreaksbr(text) if autoescape else text
