"""Search on names, addresses and numbers in a normalised column, the same on both databases."""

import re
import unicodedata
from collections.abc import Iterable

from django.db.models import Q

MAX_QUERY = 200  # characters; limits the number of conditions in the query
# Letters without a Unicode decomposition, as in CLDR's Latin-ASCII transform; ə as in ICAO Doc 9303, part 3.
_LETTERS = {
    **dict(zip("ⱥƀɓƈȼðđɖɗɇəɛƒǥɠħıɨȷɉƙłƚŋɲøƥĸɍŧⱦʉʋƴɏƶȥ", "abbccddddeeefgghiijjkllnnopqrttuvyyzz", strict=True)),
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}
_PUNCTUATION = {
    **dict.fromkeys("‘’‚‛ʹʻʼʽʾʿˈ′`´＇", "'"),
    **dict.fromkeys("‐‑‒–—―−⁃﹘﹣－", "-"),
    **dict.fromkeys(',;<>()[]"“”„‟«»‹›，；', " "),  # 'Berg, Sanne van den'; 'Bram Jansen <bram@bedrijf.nl>'
}
_FOLDED = str.maketrans({**_LETTERS, **_PUNCTUATION})
_PLAIN = re.compile(r"[^,;<>()\[\]\"`\x00-\x08\x0e-\x1b\x7f]*")  # ASCII that needs only lower case and single spaces
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
_JOINERS = re.compile("[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # as invisible, by another category


def normalise(text: str) -> str:
    """Lower case, without accents and invisible characters, single spaces: what `search_text` columns hold.

    Apostrophes and dashes are plain ones; what separates names in a list or encloses an address is a space.

    >>> normalise("  Zoë  van ’t HÖFF ")
    "zoe van 't hoff"
    >>> normalise("Yıldız, Łukasz <l.yildiz@bedrijf.nl>")
    'yildiz lukasz l.yildiz@bedrijf.nl'
    """
    if text.isascii() and _PLAIN.fullmatch(text):  # most texts; ten times as fast
        return " ".join(text.lower().split())
    # Twice: decomposition can give capitals (℡ → TEL), lower case accents (İ → i̇). Folded before as well: a spacing
    # acute accent, typed for an apostrophe, decomposes to a space.
    decomposed = unicodedata.normalize("NFKD", text.translate(_FOLDED)).casefold()
    folded = unicodedata.normalize("NFKD", decomposed).translate(_FOLDED)
    return " ".join("".join(char for char in _JOINERS.sub("", folded) if _is_visible(char)).split())


def _is_visible(char: str) -> bool:
    """Return False for accents and invisible characters; white space stays, including control characters."""
    return char.isspace() or not (unicodedata.combining(char) or unicodedata.category(char) in _INVISIBLE)


def search_text(parts: Iterable[str]) -> str:
    """Return the normalised column's value for these texts; a leading space marks the start of a word."""
    return " " + normalise(" ".join(part for part in parts if part))


def sort_key(name: str, *others: str) -> str:
    """Return a key on the name and then the others, to compare by bytes; a tab sorts before any character of a name."""
    return "\t".join(normalise(part) for part in (name, *others))


def needles(query: str) -> list[str]:
    """Return the strings that a matching text contains: each word of `query`, short ones only at the start of a word.

    A query is cut off at `MAX_QUERY` characters.

    >>> needles("Zoë de Wit")
    ['zoe', ' de', 'wit']
    """
    words = dict.fromkeys(normalise(query[:MAX_QUERY]).split())
    return [word if len(word) > 2 else f" {word}" for word in words]


def holds(query: str, texts: Iterable[str]) -> bool:
    """Return whether `texts` contain every word of `query`, like `matches` for a column; False for an empty query."""
    words, text = needles(query), search_text(texts)
    return bool(words) and all(word in text for word in words)


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
    """The piece of a needle to look up: of an address the part before the '@', as a school shares the rest.

    >>> indexed("anouk@school.nl")
    'anouk@'
    """
    name, at, _ = needle.partition("@")
    return name + at if len(name) > 2 else needle


def matches(query: str, column: str = "search_text") -> Q:
    """Return a filter for rows that contain every word of `query`, in any order; none for an empty query.

    Words of three characters or more match anywhere, shorter ones at the start of a word only, as a trigram index
    needs three characters.
    """
    words = needles(query)
    if not words:
        return Q(pk__in=[])
    condition = Q()
    for word in words:
        condition &= Q(**{f"{column}__contains": word})
    return condition
