"""What waits for a docent, in total and by exam, on 'Mijn Digibib'; counted by another app (assessments)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.models import User


@dataclass(frozen=True)
class Task:
    """A number of assessments that wait for the same thing, with the URL of their list."""

    label: str
    count: int
    url: str
    is_late: bool = False


@dataclass(frozen=True)
class OpenWork:
    """The tasks that are not empty: of all exams, and by an exam's id."""

    total: Sequence[Task] = ()
    by_exam: Mapping[int, Sequence[Task]] = field(default_factory=dict)


_counters: list[Callable[[User], OpenWork | None]] = []


def register(counter: Callable[[User], OpenWork | None]) -> None:
    """Set the function that counts; call it from an app's `ready()`."""
    _counters[:] = [counter]


def read_open_work(user: User) -> OpenWork | None:
    """Return what waits for the user as Docent; None without that role."""
    return next((counter(user) for counter in _counters), None)
