"""What a page says of the words that were searched for."""

from __future__ import annotations

from django import template

from accounts import search

register = template.Library()


@register.filter
def short_words(query: str) -> str:
    """Those that are found only where a word starts, as a sentence names them: '‘de’, ‘wi’'."""
    return ", ".join(f"‘{word}’" for word in search.short_words(query))


register.filter(search.can_be_one_person)


@register.filter
def has_long_word(query: str) -> bool:
    """Whether one of the words is found anywhere."""
    return len(search.short_words(query)) < len(search.needles(query))
