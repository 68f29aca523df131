"""Which quote in a YAML file was forgotten: the parser stumbles where the next one is, often many lines further on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from .schema import NOWHERE, Fault, FileRefused, Node, Place, Scalar, line

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


# Far more than an exam needs, and little enough that any file is answered in seconds.
MAX_BYTES = 1024 * 1024
MAX_VALUES = 60_000
MAX_DEPTH = 20


def parse(content: bytes) -> Node:
    """What the file holds; raises `FileRefused` for everything else than one YAML document as above."""
    text = _decoded(content)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.reader.ReaderError as error:
        at = line(text.count("\n", 0, error.position) + 1)
        raise FileRefused([Fault(at, "hier staat een onzichtbaar teken; haal het weg.")]) from error
    except yaml.MarkedYAMLError as error:
        raise FileRefused([unclosed_quote(text, error) or _explained(error)]) from error
    if builder.faults or builder.root is None:
        empty = Fault(NOWHERE, "het bestand is leeg; kies het bestand waar het examen in staat.")
        raise FileRefused(builder.faults or [empty])
    return builder.root


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


# What the parser says most, and what an author can do about it.
_DUTCH = {
    "mapping values are not allowed": "een dubbele punt te veel; zet een tekst met ': ' erin tussen aanhalingstekens.",
    "cannot start any token": "zo kan een regel niet beginnen; gebruik spaties en geen tabs, of aanhalingstekens.",
    "expected ',' or": "het haakje dat hier opengaat, gaat niet dicht, of er ontbreekt een komma; zet die erbij.",
    "could not find expected ':'": "hier ontbreekt een dubbele punt, of een tekst springt niet ver genoeg in.",
    "expected <block end>": "deze regel springt niet goed in; zet die precies onder de vorige van hetzelfde niveau.",
    "unknown escape character": "na een \\ staat een onbekend teken; zet de tekst tussen enkele aanhalingstekens.",
}


def _explained(error: yaml.MarkedYAMLError) -> Fault:
    """In Dutch, at the line where the parser stumbled; of a bracket that stays open, at the line where it opens."""
    problem = error.problem or ""
    mark = error.context_mark if "expected ',' or" in problem else error.problem_mark
    mark = mark or error.problem_mark or error.context_mark
    said = next((dutch for english, dutch in _DUTCH.items() if english in problem), None)
    otherwise = "dit is geen geldige YAML; kijk naar het inspringen, dubbele punten, haakjes en aanhalingstekens."
    return Fault(line(mark.line + 1) if mark else NOWHERE, said or otherwise)


@dataclass
class _Open:
    """A list or mapping that is being filled; `key` is the mapping's key that waits for its value."""

    node: Node
    key: str | None = None
    seen: dict[str, Place] = field(default_factory=dict)


class _Builder:
    """Builds nodes from the parser's events with a stack of its own, so that depth costs no recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._open: list[_Open] = []
        self._documents = 0
        self._values = 0

    def take(self, event: yaml.Event) -> None:
        at = line(event.start_mark.line + 1) if event.start_mark else NOWHERE
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise FileRefused([Fault(at, "hier begint een tweede document; één bestand is één examen.")])
        if isinstance(event, yaml.NodeEvent):
            self._values += 1
            if self._values > MAX_VALUES:
                raise FileRefused([Fault(at, f"er staan meer dan {MAX_VALUES} dingen in; zo groot is geen examen.")])
            self._refuse_tricks(event, at)
        match event:
            case yaml.ScalarEvent():
                plain = event.style is None
                self._add(Node(_resolved(event.value) if plain else event.value, at))
            case yaml.MappingStartEvent():
                self._descend(Node({}, at))
            case yaml.SequenceStartEvent():
                self._descend(Node([], at))
            case yaml.CollectionEndEvent():
                self._add(self._open.pop().node)

    def _refuse_tricks(self, event: yaml.NodeEvent, at: Place) -> None:
        if event.anchor is not None:
            raise FileRefused([Fault(at, "verwijzingen (& en *) kunnen hier niet; schrijf de tekst voluit.")])
        if getattr(event, "tag", None) is not None:
            raise FileRefused(
                [Fault(at, "soortaanduidingen (!) kunnen hier niet; zet de tekst tussen aanhalingstekens.")]
            )

    def _descend(self, node: Node) -> None:
        if len(self._open) == MAX_DEPTH:
            raise FileRefused(
                [Fault(node.place, f"dit ligt meer dan {MAX_DEPTH} niveaus diep; zo diep is geen examen.")]
            )
        self._open.append(_Open(node))

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        into = self._open[-1]
        if isinstance(into.node.value, list):
            into.node.value.append(node)
        elif isinstance(into.node.value, dict):
            if into.key is None:
                into.key = self._key(node, into)
            else:
                into.node.value[into.key] = node
                into.key = None

    def _key(self, node: Node, into: _Open) -> str:
        key = node.value
        if not isinstance(key, str):
            self.faults.append(
                Fault(node.place, "voor de dubbele punt hoort een woord; zet een getal tussen aanhalingstekens.")
            )
            return f"?{len(into.seen)}"
        if key in into.seen:
            text = f"{key[:40]!r} stond er al, op {into.seen[key].words}; elke sleutel mag maar één keer."
            self.faults.append(Fault(node.place, text))
        into.seen.setdefault(key, node.place)
        return key


_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,8})", re.ASCII)
_FLOAT = re.compile(r"-?[0-9]{1,9}\.[0-9]{0,9}", re.ASCII)
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}


def _resolved(text: str) -> Scalar:
    """What a text without quotes is."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
