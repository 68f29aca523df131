"""The typeface of PDFs, and which characters can be printed: PDF/A forbids the placeholder glyph for a missing one.

Asks Pango, which chooses the fonts for WeasyPrint; WeasyPrint has no such query.

`typeface/` holds upstream's static Regular and Bold of Figtree (github.com/erikdkennedy/figtree, fonts/ttf). The
variable font of the pages adds 0.2 s to each PDF, as an instance is made of it each time, and woff2 0.3 s.
"""

from __future__ import annotations

import ctypes
from base64 import b64encode
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # in DejaVu
TYPEFACE = Path(__file__).parent / "typeface"
WEIGHTS = {400: "Figtree-Regular.ttf", 700: "Figtree-Bold.ttf"}
_LOCK = Lock()  # all threads share the layout


@cache
def typeface() -> list[tuple[int, str]]:
    """Return the weights of the typeface, each with its font as a data: URL."""
    urls = ((weight, b64encode((TYPEFACE / name).read_bytes()).decode()) for weight, name in WEIGHTS.items())
    return [(weight, f"data:font/ttf;base64,{content}") for weight, content in urls]


@cache
def _in_typeface() -> frozenset[int]:
    """Return the code points that each weight has."""
    from fontTools.ttLib import TTFont  # as slow to import as WeasyPrint, whose dependency it is

    maps = (TTFont(TYPEFACE / name, lazy=True).getBestCmap() for name in WEIGHTS.values())
    return frozenset.intersection(*map(frozenset, maps))


def unprintable(text: str) -> list[str]:
    """Return the distinct characters of `text` that neither the typeface nor an installed font has."""
    return [char for char in sorted(set(text)) if ord(char) not in _in_typeface() and not _has_font(char)]


def replace_unprintable(text: str) -> str:
    """Return `text` with U+FFFD for each character that no font has."""
    return text.translate(dict.fromkeys(map(ord, unprintable(text)), REPLACEMENT))


@lru_cache(maxsize=20_000)
def _has_font(char: str) -> bool:
    """Return whether a font has the character or it is invisible; cached, as Pango caches the fonts."""
    content = char.encode()
    with _LOCK:
        pango, layout = _layout()
        pango.pango_layout_set_text(layout, content, len(content))
        return bool(pango.pango_layout_get_unknown_glyphs_count(layout) == 0)


@cache
def _layout() -> tuple[ctypes.CDLL, int]:
    """Return Pango and a layout that falls back on every font that fontconfig knows."""
    pango, pangoft2 = ctypes.CDLL("libpango-1.0.so.0"), ctypes.CDLL("libpangoft2-1.0.so.0")
    pangoft2.pango_ft2_font_map_new.restype = ctypes.c_void_p
    for make in (pango.pango_font_map_create_context, pango.pango_layout_new):
        make.argtypes, make.restype = [ctypes.c_void_p], ctypes.c_void_p
    pango.pango_layout_set_text.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    pango.pango_layout_get_unknown_glyphs_count.argtypes = [ctypes.c_void_p]
    context = pango.pango_font_map_create_context(pangoft2.pango_ft2_font_map_new())
    return pango, pango.pango_layout_new(context)
