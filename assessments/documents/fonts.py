"""Which characters the installed fonts have: PDF/A forbids the placeholder glyph for a missing one.

Asks Pango, which chooses the fonts for WeasyPrint; WeasyPrint has no such query.
"""

from __future__ import annotations

import ctypes
from functools import cache, lru_cache
from threading import Lock

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # in DejaVu
_LOCK = Lock()  # all threads share the layout


def unprintable(text: str) -> list[str]:
    """Return the distinct characters of `text` that no installed font has."""
    return [char for char in sorted(set(text)) if not _has_font(char)]


def replace_unprintable(text: str) -> str:
    """Return `text` with U+FFFD for each character that no installed font has."""
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
