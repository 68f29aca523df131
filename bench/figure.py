"""What a figure is, how it is measured, and the line it prints."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from statistics import median


@dataclass(frozen=True)
class Measured:
    """Seconds of each run of ours, and of what it is compared with."""

    ours: Sequence[float]
    reference: Sequence[float]

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.reference)

    def details(self) -> list[str]:
        """Lines with every run's seconds."""
        both = (("ours", self.ours), ("reference", self.reference))
        return [f"{name}: {', '.join(f'{seconds:.3f}' for seconds in sorted(times))} s" for name, times in both]


@dataclass(frozen=True)
class Rates(Measured):
    """The same work in so many seconds: the ratio is of rates, and more is better."""

    @property
    def ratio(self) -> float:
        return median(self.reference) / median(self.ours)


@dataclass(frozen=True)
class Counts:
    """How many there were of something, for so many of something else."""

    counted: int
    per: int

    @property
    def ratio(self) -> float:
        return self.counted / self.per

    def details(self) -> list[str]:
        return [f"{self.counted} in {self.per}"]


@dataclass(frozen=True)
class Worst:
    """Several of them, each with its name; the figure is the worst."""

    parts: Mapping[str, Measured]

    @property
    def ratio(self) -> float:
        return self._worst_first()[0][1].ratio

    def details(self) -> list[str]:
        """A line with the medians of each, the worst first."""
        return [
            f"{part.ratio:.2f} = {median(part.ours) * 1000:.1f} ms / {median(part.reference) * 1000:.1f} ms, {name}"
            for name, part in self._worst_first()
        ]

    def _worst_first(self) -> list[tuple[str, Measured]]:
        def badness(named: tuple[str, Measured]) -> float:
            return -named[1].ratio if isinstance(named[1], Rates) else named[1].ratio

        return sorted(self.parts.items(), key=badness, reverse=True)


@dataclass(frozen=True)
class Figure:
    """One figure: `measure` gets the scale (1 is the issue's size) on a migrated, empty database.

    The ratio may be `goal` at most; of rates, where `at_least`, it must be `goal` at least.
    """

    name: str
    what: str
    goal: float
    measure: Callable[[float], Measured | Counts | Worst]
    at_least: bool = False

    def is_short(self, measured: Measured | Counts | Worst) -> bool:
        return measured.ratio < self.goal if self.at_least else measured.ratio > self.goal

    def line(self, measured: Measured | Counts | Worst, *, scale: float) -> str:
        """'P6 contact-import 1.31 goal<=1.5 ok'; rounded to the worse side: what is short never looks fine."""
        hundreds = measured.ratio * 100
        ratio = (floor(hundreds) if self.at_least else ceil(hundreds)) / 100
        judged = "short" if self.is_short(measured) else "ok"
        said = f"{self.name} {self.what} {ratio:.2f} goal{'>=' if self.at_least else '<='}{self.goal} {judged}"
        return said if scale == 1 else f"{said} SCALE={scale:g}"


def alternate(*, ours: Callable[[int], object], reference: Callable[[int], object], runs: int) -> Measured:
    """Runs both by turns, after one run of each that doesn't count; each gets the number of the run."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for run in range(runs + 1):
        # Who goes first changes: the second finds the machine warmer.
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
