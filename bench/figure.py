"""Figures: how they are measured, compared and printed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from statistics import median


@dataclass(frozen=True)
class Measured:
    """Seconds of each run of ours and of the reference."""

    ours: Sequence[float]
    reference: Sequence[float]

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.reference)

    def details(self) -> list[str]:
        """Return lines with every run's seconds."""
        both = (("ours", self.ours), ("reference", self.reference))
        return [f"{name}: {', '.join(f'{seconds:.3f}' for seconds in sorted(times))} s" for name, times in both]


@dataclass(frozen=True)
class Rates(Measured):
    """Seconds for the same work; the ratio is of rates, so higher is better."""

    @property
    def ratio(self) -> float:
        return median(self.reference) / median(self.ours)


@dataclass(frozen=True)
class Counts:
    """The ratio of two numbers."""

    count: int
    per: int

    @property
    def ratio(self) -> float:
        return self.count / self.per

    def details(self) -> list[str]:
        return [f"{self.count} in {self.per}"]


@dataclass(frozen=True)
class Worst:
    """The worst of several, by name."""

    parts: Mapping[str, Measured]

    @property
    def ratio(self) -> float:
        return self._worst_first()[0][1].ratio

    def details(self) -> list[str]:
        """Return a line with the medians of each, worst first."""
        return [
            f"{part.ratio:.2f} = {median(part.ours) * 1000:.1f} ms / {median(part.reference) * 1000:.1f} ms, {name}"
            for name, part in self._worst_first()
        ]

    def _worst_first(self) -> list[tuple[str, Measured]]:
        def badness(item: tuple[str, Measured]) -> float:
            return -item[1].ratio if isinstance(item[1], Rates) else item[1].ratio

        return sorted(self.parts.items(), key=badness, reverse=True)


@dataclass(frozen=True)
class Figure:
    """A figure: `measure` gets the scale (1 is full size), on a migrated, empty database.

    The ratio must be at most `goal`, or at least `goal` with `at_least`.
    """

    name: str
    what: str
    goal: float
    measure: Callable[[float], Measured | Counts | Worst]
    at_least: bool = False

    def is_short(self, measured: Measured | Counts | Worst) -> bool:
        return measured.ratio < self.goal if self.at_least else measured.ratio > self.goal

    def line(self, measured: Measured | Counts | Worst, *, scale: float) -> str:
        """Return 'P6 contact-import 1.31 goal<=1.5 ok', rounded so that a short figure never looks ok."""
        hundreds = measured.ratio * 100
        ratio = (floor(hundreds) if self.at_least else ceil(hundreds)) / 100
        verdict = "short" if self.is_short(measured) else "ok"
        line = f"{self.name} {self.what} {ratio:.2f} goal{'>=' if self.at_least else '<='}{self.goal} {verdict}"
        return line if scale == 1 else f"{line} SCALE={scale:g}"


def alternate(*, ours: Callable[[int], object], reference: Callable[[int], object], runs: int) -> Measured:
    """Run both in turns, after a warm-up run of each; both get the number of the run."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for run in range(runs + 1):
        # Alternate which is first, as the second runs on a warmer machine.
        for is_ours in (True, False) if run % 2 else (False, True):
            seconds = _timed(ours if is_ours else reference, run)
            if run:
                times[is_ours].append(seconds)
    return Measured(ours=times[True], reference=times[False])


def _timed(call: Callable[[int], object], run: int) -> float:
    gc.collect()
    started = time.perf_counter()
    call(run)
    return time.perf_counter() - started
