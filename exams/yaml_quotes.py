"""Which quote in a YAML file was forgotten: the parser stumbles where the next one is, often many lines further on."""

from __future__ import annotations

import yaml

from .nodes import Fault, line

# How a text goes on that has this quote in it.
_MENDED = {
    "'": "schrijf het daar twee keer (''), of zet de hele tekst tussen dubbele aanhalingstekens.",
    '"': "schrijf daar \\\", of zet de hele tekst tussen '.",
}


def unclosed_quote(text: str, error: yaml.MarkedYAMLError) -> Fault | None:
    """The quote that `error` comes from, at the line where it opens; None where no quote has to do with it."""
    if error.context == "while scanning a quoted scalar" and error.context_mark:
        at = error.context_mark
        return Fault(
            line(at.line + 1),
            f"hier gaat een aanhalingsteken ({text[at.index]}) open en nergens dicht; zet er een achter de tekst.",
        )
    quoted = _closed_before(text, error.problem_mark) if error.problem_mark else None
    if quoted is None:
        return None
    opens, closes, quote = quoted.start_mark.line + 1, quoted.end_mark.line + 1, quoted.style
    if opens == closes:
        return Fault(line(opens), f"midden in deze tekst gaat een aanhalingsteken ({quote}) al dicht; {_MENDED[quote]}")
    return Fault(
        line(opens),
        f"hier gaat een aanhalingsteken ({quote}) open dat pas op regel {closes} dicht gaat; "
        f"zet er een achter de tekst op regel {opens}.",
    )


def _closed_before(text: str, stumbled: yaml.Mark) -> yaml.ScalarToken | None:
    """The quoted text that the parser stumbled over: one that ends just there, or of several lines on that line."""
    found = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if token.start_mark.index >= stumbled.index:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in _MENDED:
                found = token
    except yaml.YAMLError:
        pass  # what was read before it is what we look for
    if found is None or found.end_mark.line != stumbled.line:
        return None
    over_lines = found.start_mark.line != found.end_mark.line
    return found if over_lines or found.end_mark.index == stumbled.index else None
