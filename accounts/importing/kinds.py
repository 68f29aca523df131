"""What can be imported: each kind says what a line means and how the good ones are written."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from accounts.models import School, User

from .columns import Column, Judged, Layout
from .models import ImportedFile

Count = Callable[[int], None]  # told how many rows are done
Lines = Iterable[tuple[int, tuple[str, ...]]]


class Judge(Protocol):
    def __call__(
        self,
        *,
        school: School,
        by_id: int,
        layout: Layout,
        lines: Lines,
        sound: Container[int] = (),
        lock: bool = False,
    ) -> Iterator[Judged]:
        """What each line would do as things are now, in the lines' order; `by_id` is the user who imports.

        The lines in `sound` have been judged before and hold good values: what is looked at is the database alone.
        With `lock`, inside a transaction, what is there already can't change until it ends.
        """


class Write(Protocol):
    def __call__(self, prepared: Any, good: Sequence[Judged], *, layout: Layout, count: Count | None) -> None:
        """Writes the good rows, in the caller's transaction; `count` is told how many are written."""


@dataclass(frozen=True)
class Kind:
    """One kind of import; `changed` is said where the rows no longer do what was shown.

    With a `role` what someone handed in is dropped when they lose it before it was imported.
    """

    model: Any  # a concrete `ImportedFile`
    columns: Sequence[Column]
    judge: Judge
    write: Write
    changed: str
    role: str = ""


_kinds: dict[type[ImportedFile], Kind] = {}


def register(kind: Kind) -> None:
    """Called from an app's `ready()`."""
    _kinds[kind.model] = kind


def kind_of(imported: ImportedFile | type[ImportedFile]) -> Kind:
    return _kinds[imported if isinstance(imported, type) else type(imported)]


def drop_waiting(*, school: School, by: User, role: str) -> None:
    """Deletes what `by` handed in at the school in this role and did not import."""
    for kind in _kinds.values():
        if kind.role == role:
            kind.model.objects.filter(school=school, by=by, imported_at__isnull=True).delete()
