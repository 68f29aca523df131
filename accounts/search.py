"""Search on names, addresses and numbers: one normalised column, the same on both databases."""

import unicodedata
from collections.abc import Iterable

from django.db.models import Q

MAX_QUERY = 200  # characters; each word is a condition, and a database takes no thousands of them


def normalise(text: str) -> str:
    """Lower case, without accents, single spaces: what `search_text` columns hold.

    >>> normalise("  Zoë  van 't HÖFF ")
    "zoe van 't hoff"
    """
    # Twice: what is decomposed can hold capitals (℡ → TEL), what is in lower case accents (İ → i̇). A NUL is
    # no text, and PostgreSQL refuses it.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.split())


def search_text(parts: Iterable[str]) -> str:
    """The normalised column's value for a thing with these texts; a leading space marks word starts."""
    return " " + normalise(" ".join(part for part in parts if part))


def matches(query: str, column: str = "search_text") -> Q:
    """A filter for rows that hold every word of `query`, in any order.

    Words of three characters and more match anywhere; shorter ones only where a word starts, since
    a trigram index can't help with those. An empty query matches nothing. What goes on for longer
    than `MAX_QUERY` counts up to there.
    """
    words = normalise(query[:MAX_QUERY]).split()
    if not words:
        return Q(pk__in=[])
    condition = Q()
    for word in words:
        condition &= Q(**{f"{column}__contains": word if len(word) > 2 else f" {word}"})
    return condition
