"""Template filters about search words."""

from __future__ import annotations

from django import template

from accounts import search

register = template.Library()


@register.filter
def short_words(query: str) -> str:
    """Return the words that match only at the start of a word: '‘de’, ‘wi’'."""
    return ", ".join(f"‘{word}’" for word in search.short_words(query))


register.filter(search.can_be_one_person)


@register.filter
def has_long_word(query: str) -> bool:
    """Return whether a word matches anywhere."""
    return len(search.short_words(query)) < len(search.needles(query))
