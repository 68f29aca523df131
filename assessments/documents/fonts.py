"""Which characters the installed fonts have. PDF/A forbids a reference to the box that a font has for what it lacks.

Pango itself is asked, which chooses the fonts for WeasyPrint: that offers no way to ask before it draws.
"""

from __future__ import annotations

import ctypes
from functools import cache, lru_cache
from threading import Lock

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # DejaVu has it
_LOCK = Lock()  # the one layout is of all threads


def unprintable(text: str) -> list[str]:
    """The characters of `text` that no installed font has, each once."""
    return [char for char in sorted(set(text)) if not _has_font(char)]


def replace_unprintable(text: str) -> str:
    """`text` with U+FFFD for each character that no installed font has."""
    return text.translate(dict.fromkeys(map(ord, unprintable(text)), REPLACEMENT))


@lru_cache(maxsize=20_000)
def _has_font(char: str) -> bool:
    """Whether a font has it, or it is not drawn at all; remembered, as Pango remembers the fonts that there are."""
    content = char.encode()
    with _LOCK:
        pango, layout = _layout()
        pango.pango_layout_set_text(layout, content, len(content))
        return bool(pango.pango_layout_get_unknown_glyphs_count(layout) == 0)


@cache
def _layout() -> tuple[ctypes.CDLL, int]:
    """Pango and a layout of its own, which falls back on every font that fontconfig knows."""
    pango, pangoft2 = ctypes.CDLL("libpango-1.0.so.0"), ctypes.CDLL("libpangoft2-1.0.so.0")
    pangoft2.pango_ft2_font_map_new.restype = ctypes.c_void_p
    for make in (pango.pango_font_map_create_context, pango.pango_layout_new):
        make.argtypes, make.restype = [ctypes.c_void_p], ctypes.c_void_p
    pango.pango_layout_set_text.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    pango.pango_layout_get_unknown_glyphs_count.argtypes = [ctypes.c_void_p]
    context = pango.pango_font_map_create_context(pangoft2.pango_ft2_font_map_new())
    return pango, pango.pango_layout_new(context)
