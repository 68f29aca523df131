"""What a file holds and where: values with their places, and what is wrong with them. No file format knows more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Place:
    """Where in a file: `order` sorts places as one reads them, `words` (Dutch) is how a message names one."""

    order: tuple[int, ...] = ()
    words: str = ""


NOWHERE = Place()  # what is about the whole file


def line(number: int) -> Place:
    """A line of a text; the first is 1."""
    return Place((number,), f"regel {number}")


@dataclass(frozen=True)
class Node:
    """A value and the place where it begins."""

    value: Scalar | list[Node] | dict[str, Node]
    place: Place = NOWHERE

    def plain(self) -> object:
        """The value alone, without places."""
        match self.value:
            case dict():
                return {key: node.plain() for key, node in self.value.items()}
            case list():
                return [node.plain() for node in self.value]
        return self.value


@dataclass(frozen=True)
class Fault:
    """What is wrong and how to mend it, in Dutch, and where."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place.words}: {self.text}" if self.place.words else self.text


class FileRefused(Exception):
    """The file can't be used; `faults` says why, in the order of their places."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.place.order))
        super().__init__("\n".join(map(str, self.faults)))


def places_of(node: Node, path: Path) -> Iterator[tuple[Path, Place]]:
    """(path, place) of the node and of everything in it, `path` being where the node itself stands."""
    yield path, node.place
    items: Sequence[tuple[str | int, Node]] = ()
    if isinstance(node.value, dict):
        items = list(node.value.items())
    elif isinstance(node.value, list):
        items = list(enumerate(node.value))
    for step, below in items:
        yield from places_of(below, (*path, step))
