"""Cleaning of user text: removes characters that are invisible or can't be typed.

Line breaks in a name would add lines to a mail, and U+202E would reverse the rest of a line in the PDF.
"""

from __future__ import annotations

import re
import unicodedata

# A joiner (U+200C, U+200D) is part of a word's spelling in Arabic, Indic and related scripts, and joins the parts of
# an emoji. Elsewhere it is invisible and makes two equal names differ: Unicode Standard Annex #31, section 2.3
# 'Layout and Format Control Characters'. By block instead of by joining type, which Python's data lack; a virama
# at the end of a word may have one, too (the older spelling of Malayalam's chillus).
_SCRIPTS = "\u0600-\u10ff\u1700-\u1cff\ua800-\uabff\U00010a00-\U00011fff\U0001e900-\U0001e95f"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(
    f"(?!(?<=[{_SCRIPTS}])[\u200c\u200d](?=[{_SCRIPTS}])"
    f"|(?<=[{_VIRAMAS}])[\u200c\u200d]"
    f"|(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}]))[\u200c\u200d]"
)
_JOINERS = "\u200c\u200d"
_NO_TEXT_CATEGORIES = ("Cc", "Cf", "Cs")
_NONCHARACTERS = "\ufffe\uffff"  # not allowed in XML, and so in Excel
# In several lines: control characters but for tab and line end; what reorders (the property Bidi_Control, Unicode
# Standard Annex #9); the deprecated format characters U+206A to U+206F; half surrogate pairs; and noncharacters.
_NO_TEXT = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ud800-\udfff\ufffe\uffff]"
)
_LINE_ENDS = re.compile("\r\n|[\x0b\x0c\r\x85\u2028\u2029]")


def clean_line(text: str) -> str:
    """Return `text` on one line in NFC: single spaces for any white space, no control or format characters.

    >>> clean_line(" Zoë\\u00a0\\t van\\u200b  Dijk\\r\\n\\u202e ")
    'Zoë van Dijk'
    """
    if not text.isprintable():
        text = "".join(
            " " if char.isspace() else char for char in text if char.isspace() or char in _JOINERS or _is_text(char)
        )
        text = _STRAY_JOINER.sub("", text)
    if text[:1] == " " or text[-1:] == " " or "  " in text:  # fast path for most texts
        text = " ".join(text.split())
    return nfc(text)


def _is_text(char: str) -> bool:
    return unicodedata.category(char) not in _NO_TEXT_CATEGORIES and char not in _NONCHARACTERS


def clean_text(text: str) -> str:
    """Return `text` in NFC with '\\n' at the end of each line, without control characters and what reorders it.

    >>> clean_text("Goed\\u202e gewerkt.\\u2028Op tijd.\\r\\n")
    'Goed gewerkt.\\nOp tijd.\\n'
    """
    return nfc(_LINE_ENDS.sub("\n", _NO_TEXT.sub("", text)))


def nfc(text: str) -> str:
    """Return `text` with each accent in its letter, as most keyboards send it, where Unicode has that letter."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
