from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.text import clean_line, clean_text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
CHARACTERS = st.characters() | st.sampled_from("\r\n\t\x85\u00a0\u2028\u202e\u200b\u200c\u200d\u0301\u0308\u094d")
ANYTHING = st.text(CHARACTERS)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Zoë\u00a0\t van\u200b  Dijk ", "Zoë van Dijk"),
        ("Zoe\u0308", "Zoë"),
        ("Jan\r\nJansen\u2028en\u2029Zn\x85\x0b\x0c.", "Jan Jansen en Zn ."),
        ("a\x00b\x1fc\x7f", "ab c"),
        ("\ufeffJan\uffff", "Jan"),
        ("Jan\u202eneJ\u2066\u200f", "JanneJ"),
        ("zacht\u00adstreepje", "zachtstreepje"),
        ("\u3000 \u200b ", ""),
        ("half\ud800", "half"),
    ],
)
def test_line_is_cleaned(typed: str, stored: str) -> None:
    assert clean_line(typed) == stored


@pytest.mark.parametrize(
    "spelling",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0da2\u0dca\u200d\u0dba",  # Sinhala
        "\u09b0\u200d\u09cd\u09af\u09be\u09ac",  # Bengali, before the virama
        "\u0d05\u0d35\u0d28\u0d4d\u200d",  # Malayalam, a chillu at the end
        FAMILY,
        "\u2764\ufe0f\u200d\U0001f525",
    ],
)
def test_joiners_required_by_spelling_stay(spelling: str) -> None:
    assert clean_line(spelling) == spelling


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_joiners_between_latin_letters_go(joiner: str) -> None:
    assert clean_line(f"{joiner}J{joiner}an{joiner} {joiner}{joiner}Jansen{joiner}") == "Jan Jansen"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("een\r\ntwee\rdrie\x0bvier\x0cvijf\x85zes\u2028zeven\u2029", "een\ntwee\ndrie\nvier\nvijf\nzes\nzeven\n"),
        ("een\r\x00\ntwee", "een\ntwee"),
        ("tab\tblijft, \x00\x07\x1b\x7fniet", "tab\tblijft, niet"),
        ("\u202eom\u202cge\u2066dr\u2069aa\u200f\u200e\u061cid", "omgedraaid"),
        ("  Zoe\u0308  ", "  Zoë  "),
        (f"zacht\u00adstreepje {FAMILY}", f"zacht\u00adstreepje {FAMILY}"),
    ],
)
def test_text_is_cleaned(typed: str, stored: str) -> None:
    assert clean_text(typed) == stored


@given(ANYTHING)
def test_line_stays_clean(typed: str) -> None:
    line = clean_line(typed)
    assert clean_line(line) == line
    assert unicodedata.is_normalized("NFC", line)
    assert line == " ".join(line.split())
    assert {unicodedata.category(char) for char in line} & {"Cc", "Cs", "Zl", "Zp"} == set()
    assert {char for char in line if unicodedata.category(char) == "Cf"} <= {"\u200c", "\u200d"}


@given(ANYTHING)
def test_text_stays_clean(typed: str) -> None:
    text = clean_text(typed)
    assert clean_text(text) == text
    assert unicodedata.is_normalized("NFC", text)
    assert {char for char in text if unicodedata.category(char) == "Cc"} <= {"\n", "\t"}
    assert {char for char in text if unicodedata.bidirectional(char) in BIDI} == set()
