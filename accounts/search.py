"""Search on names, addresses and numbers: one normalised column, the same on both databases."""

import re
import unicodedata
from collections.abc import Iterable

from django.db.models import Q

MAX_QUERY = 200  # characters; each word is a condition, and a database takes no thousands of them


def normalise(text: str) -> str:
    """Lower case, without accents, single spaces: what `search_text` columns hold.

    >>> normalise("  Zoë  van 't HÖFF ")
    "zoe van 't hoff"
    """
    if text.isascii():  # as most is, and ten times as fast
        return " ".join(text.replace("\0", " ").lower().split())
    # Twice: what is decomposed can hold capitals (℡ → TEL), what is in lower case accents (İ → i̇). A NUL is
    # no text, and PostgreSQL refuses it.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.split())


def search_text(parts: Iterable[str]) -> str:
    """The normalised column's value for a thing with these texts; a leading space marks word starts."""
    return " " + normalise(" ".join(part for part in parts if part))


def sort_key(name: str, *others: str) -> str:
    """Sorts, compared by bytes, on the name and then on the others; a tab comes before all that a name holds."""
    return "\t".join(normalise(part) for part in (name, *others))


def needles(query: str) -> list[str]:
    """What a text holds that `query` finds: each of its words, the short ones only where a word starts.

    What goes on for longer than `MAX_QUERY` counts up to there.

    >>> needles("Zoë de Wit")
    ['zoe', ' de', 'wit']
    """
    words = dict.fromkeys(normalise(query[:MAX_QUERY]).split())
    return [word if len(word) > 2 else f" {word}" for word in words]


def short_words(query: str) -> list[str]:
    """Its words that are found only where a word starts: who finds nothing should know.

    >>> short_words("Zoë de Wit")
    ['de']
    """
    return [needle.strip() for needle in needles(query) if needle.startswith(" ")]


def can_be_one_person(query: str) -> bool:
    """Return whether `query` can be one person's name or address: no numbers, not two addresses, not two letters.

    >>> [can_be_one_person(query) for query in ("Zoë de Wit", "zoe1@school.nl", "123456, 123457", "zoe 123456", "zo")]
    [True, True, False, False, False]
    """
    words = normalise(query[:MAX_QUERY]).replace(",", " ").replace(";", " ").split()
    has_number = any(re.fullmatch(r"[\d\W]*\d[\d\W]*", word) for word in words)
    return any(len(word) > 2 for word in words) and not has_number and sum("@" in word for word in words) <= 1


def indexed(needle: str) -> str:
    """The piece of a needle to look up: of an address what stands before the '@', since all of a school share the rest.

    >>> indexed("anouk@school.nl")
    'anouk@'
    """
    name, at, _ = needle.partition("@")
    return name + at if len(name) > 2 else needle


def matches(query: str, column: str = "search_text") -> Q:
    """A filter for rows that hold every word of `query`, in any order.

    Words of three characters and more match anywhere; shorter ones only where a word starts, since
    a trigram index can't help with those. An empty query matches nothing.
    """
    words = needles(query)
    if not words:
        return Q(pk__in=[])
    condition = Q()
    for word in words:
        condition &= Q(**{f"{column}__contains": word})
    return condition
