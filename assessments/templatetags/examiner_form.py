from __future__ import annotations

from collections.abc import Collection, Mapping

from django import template
from django.utils.safestring import SafeString

from assessments.drawn import draw_criteria, draw_open_points, draw_words
from assessments.rubric import Column

register = template.Library()


@register.simple_tag
def criteria(column: Column, wrong: Collection[str] = ()) -> SafeString:
    """The part's criteria to score; `wrong` holds the names of fields that miss something."""
    return draw_criteria(column, wrong=wrong)


@register.filter
def words_at(wrong: Mapping[str, str], name: str) -> str:
    """Return what the field of that name misses, or ''."""
    return wrong[name] if wrong and name in wrong else ""


@register.simple_tag
def open_points(column: Column) -> SafeString:
    """Links to the part's criteria that have no score yet."""
    return draw_open_points(column)


@register.simple_tag
def words_of_autosave() -> SafeString:
    """What static/js/autosave.js shows, in the page's language."""
    return draw_words()
