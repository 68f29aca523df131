"""E-mail addresses on narrow screens."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

SHORT = 20  # characters that fit on a line wherever an address is shown


@register.filter
def breakable(address: str) -> SafeString:
    """A long address may go on on the next line after its @ and before its dots: nowhere within a word.

    >>> breakable("anouk.hoff@student.school.test")
    'anouk<wbr>.hoff@<wbr>student<wbr>.school<wbr>.test'
    """
    if len(address) <= SHORT:
        return escape(address)
    pieces = re.split(r"(?<=@)|(?<!^)(?=[.])", address)
    return mark_safe("<wbr>".join(escape(piece) for piece in pieces))  # noqa: S308 - each piece is escaped
