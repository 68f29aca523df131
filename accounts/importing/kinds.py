"""The kinds of import, each with its own columns, validation and writing."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from accounts.models import ImportedFile, School, User

from .columns import Column, Layout, Row, ValidatedRow

Count = Callable[[int], None]  # called with the number of rows done
Lines = Iterable[tuple[int, tuple[str, ...]]]


class Validate(Protocol):
    def __call__(
        self,
        *,
        school: School,
        by_id: int,
        layout: Layout,
        lines: Lines,
        checked: Container[int] = (),
        lock: bool = False,
    ) -> Iterator[ValidatedRow]:
        """Yield the current outcome of each line, in order; `by_id` is the importing user.

        The values of the line numbers in `checked` were valid before and are not checked again. With `lock`, inside a
        transaction, existing objects are locked until it ends.
        """


class FindAbsent(Protocol):
    def __call__(self, prepared: Any, rows: Sequence[Row]) -> Iterator[ValidatedRow]:
        """Yield a row, its line `NOT_IN_FILE`, for each stored object that importing changes because `rows` lack it."""


class Write(Protocol):
    def __call__(self, prepared: Any, valid: Sequence[ValidatedRow], *, layout: Layout, count: Count | None) -> None:
        """Write the valid rows in the caller's transaction; `count` is called with the number written."""


@dataclass(frozen=True)
class Kind:
    """A kind of import; `changed` is the message for an outdated preview (Dutch).

    Unfinished imports are deleted when the user loses `role`.
    """

    model: Any  # a concrete `ImportedFile`
    columns: Sequence[Column]
    validate: Validate
    write: Write
    changed: str
    role: str = ""
    find_absent: FindAbsent | None = None


_kinds: dict[type[ImportedFile], Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind; call this in an app's `ready()`."""
    _kinds[kind.model] = kind


def kind_of(imported: ImportedFile | type[ImportedFile]) -> Kind:
    return _kinds[imported if isinstance(imported, type) else type(imported)]


def delete_unimported(*, school: School, by: User, role: str) -> None:
    """Delete the unfinished imports by `by` at the school in this role."""
    for kind in _kinds.values():
        if kind.role == role:
            kind.model.objects.filter(school=school, by=by, imported_at__isnull=True).delete()
