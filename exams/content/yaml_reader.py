"""Read an exam's YAML file to values with their lines, by the nodes that PyYAML composes.

Not by ruamel.yaml: it reads 007, 2025-01-01 and 1e3 without quotes as numbers and dates, stops at the first repeated
key without the line of the other, and recurses without limit.
"""

from __future__ import annotations

import re

import yaml

from .schema import NOWHERE, Fault, FileRefused, Node, Place, Scalar, line

# How to write a text that contains this quote.
_ESCAPES = {
    "'": "schrijf het daar twee keer (''), of zet de hele tekst tussen dubbele aanhalingstekens.",
    '"': "schrijf daar \\\", of zet de hele tekst tussen '.",
}


def unclosed_quote(text: str, error: yaml.MarkedYAMLError) -> Fault | None:
    """Return the fault of the quote that caused `error`, at the line where it opens; None if no quote did.

    A parser fails at the next quote, often many lines after the forgotten one.
    """
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
        return Fault(
            line(opens), f"midden in deze tekst gaat een aanhalingsteken ({quote}) al dicht; {_ESCAPES[quote]}"
        )
    return Fault(
        line(opens),
        f"hier gaat een aanhalingsteken ({quote}) open dat pas op regel {closes} dicht gaat; "
        f"zet er een achter de tekst op regel {opens}.",
    )


def _closed_before(text: str, failed: yaml.Mark) -> yaml.ScalarToken | None:
    """Return the last quoted text before `failed` that ends there, or on its line if it has several lines."""
    last = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if token.start_mark.index >= failed.index:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in _ESCAPES:
                last = token
    except yaml.YAMLError:
        pass  # only the tokens before the error are needed
    if last is None or last.end_mark.line != failed.line:
        return None
    over_lines = last.start_mark.line != last.end_mark.line
    return last if over_lines or last.end_mark.index == failed.index else None


# Far more than an exam needs, yet any file is read in seconds.
MAX_BYTES = 1024 * 1024
MAX_VALUES = 60_000
MAX_DEPTH = 20


def parse(content: bytes, faults: list[Fault] | None = None) -> Node:
    """Return what the file holds; raise `FileRefused` for anything else than one YAML document within the limits.

    Faults of single keys are added to `faults`, if given, and raised otherwise.
    """
    text = _decoded(content)
    try:
        composed = yaml.compose(text, Loader=_Loader)
    except yaml.reader.ReaderError as error:
        at = line(text.count("\n", 0, error.position) + 1)
        raise FileRefused([Fault(at, "hier staat een onzichtbaar teken; haal het weg.")]) from error
    except yaml.MarkedYAMLError as error:
        raise FileRefused([unclosed_quote(text, error) or _explained(error)]) from error
    if composed is None:
        raise FileRefused([Fault(NOWHERE, "het bestand is leeg; kies het bestand waar het examen in staat.")])
    found: list[Fault] = [] if faults is None else faults
    root = _node(composed, found)
    if found and faults is None:
        raise FileRefused(found)
    return root


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise FileRefused(
            [Fault(NOWHERE, f"het bestand is groter dan {MAX_BYTES // 1024} kB; zo groot is geen examen.")]
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = line(content.count(b"\n", 0, error.start) + 1)
        fault = Fault(at, "dit is geen UTF-8; bewaar het bestand met de codering UTF-8 en probeer het opnieuw.")
        raise FileRefused([fault]) from error


# The parser's most frequent messages, and what an author can do about them.
_DUTCH = {
    "found another document": "hier begint een tweede document; één bestand is één examen.",
    "mapping values are not allowed": "een dubbele punt te veel; zet een tekst met ': ' erin tussen aanhalingstekens.",
    "cannot start any token": "zo kan een regel niet beginnen; gebruik spaties en geen tabs, of aanhalingstekens.",
    "expected ',' or": "het haakje dat hier opengaat, gaat niet dicht, of er ontbreekt een komma; zet die erbij.",
    "could not find expected ':'": "hier ontbreekt een dubbele punt, of een tekst springt niet ver genoeg in.",
    "expected <block end>": "deze regel springt niet goed in; zet die precies onder de vorige van hetzelfde niveau.",
    "unknown escape character": "na een \\ staat een onbekend teken; zet de tekst tussen enkele aanhalingstekens.",
}


def _explained(error: yaml.MarkedYAMLError) -> Fault:
    """Return the error in Dutch, at the line where the parser failed, or where an unclosed bracket opens."""
    problem = error.problem or ""
    mark = error.context_mark if "expected ',' or" in problem else error.problem_mark
    mark = mark or error.problem_mark or error.context_mark
    default = "dit is geen geldige YAML; kijk naar het inspringen, dubbele punten, haakjes en aanhalingstekens."
    text = next((dutch for english, dutch in _DUTCH.items() if english in problem), default)
    return Fault(line(mark.line + 1) if mark else NOWHERE, text)


class _Loader(yaml.SafeLoader):
    """Refuses what an exam does not need, before it costs memory or recursion."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._values = self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        self._values += 1
        why = ""
        if self._values > MAX_VALUES:
            why = f"er staan meer dan {MAX_VALUES} dingen in; zo groot is geen examen."
        elif event.anchor is not None:
            why = "verwijzingen (& en *) kunnen hier niet; schrijf de tekst voluit."
        elif event.tag is not None:
            why = "soortaanduidingen (!) kunnen hier niet; zet de tekst tussen aanhalingstekens."
        elif self._depth == MAX_DEPTH and isinstance(event, yaml.CollectionStartEvent):
            why = f"dit ligt meer dan {MAX_DEPTH} niveaus diep; zo diep is geen examen."
        if why:
            raise FileRefused([Fault(_place(event), why)])
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _place(source: yaml.Event | yaml.Node) -> Place:
    assert source.start_mark  # noqa: S101 - missing only in nodes built without a text
    return line(source.start_mark.line + 1)


def _node(composed: yaml.Node, faults: list[Fault]) -> Node:
    place = _place(composed)
    match composed:
        case yaml.MappingNode():
            return Node(_fields(composed, faults), place)
        case yaml.SequenceNode():
            return Node([_node(item, faults) for item in composed.value], place)
        case yaml.ScalarNode():
            return Node(composed.value if composed.style else _resolved(composed.value), place)
    raise TypeError(composed)


def _fields(mapping: yaml.MappingNode, faults: list[Fault]) -> dict[str, Node]:
    fields: dict[str, Node] = {}
    places: dict[str, Place] = {}
    for key_node, value in mapping.value:
        key, place = _node(key_node, faults).value, _place(key_node)
        if not isinstance(key, str):
            text = "voor de dubbele punt hoort een woord; zet een getal tussen aanhalingstekens."
            faults.append(Fault(place, text))
            continue
        if key in places:
            text = f"{key[:40]!r} stond er al, op {places[key].words}; elke sleutel mag maar één keer."
            faults.append(Fault(place, text))
        places.setdefault(key, place)
        fields[key] = _node(value, faults)
    return fields


_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,8})", re.ASCII)
_FLOAT = re.compile(r"-?[0-9]{1,9}\.[0-9]{0,9}", re.ASCII)
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}


def _resolved(text: str) -> Scalar:
    """Return the value of a text without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
