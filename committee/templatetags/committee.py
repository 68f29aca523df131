"""What is drawn once and filled in, for the templates of 'Examen afnames'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

from committee.assessment_list import page
from committee.assessment_list.page import Row

register = template.Library()


@register.simple_tag(takes_context=True)
def draw_rows(context: Any, rows: Sequence[Row]) -> SafeString:
    """The rows of the list; each leads to its page with the search in the address, for the way back."""
    search = context["request"].GET.urlencode()
    return page.draw_rows(rows, search=f"?{search}" if search else "")


@register.simple_tag
def draw_options(field: BoundField) -> SafeString:
    """The options of a select, with what is chosen."""
    choices = tuple(cast("Any", field.field).choices)
    chosen = field.data if field.data in dict(choices) else ""
    return page.draw_options(choices, chosen)
