"""What a figure is, how it is measured, and the line it prints."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Measured:
    """Seconds of each run of ours, and of what it is compared with."""

    ours: Sequence[float]
    reference: Sequence[float]

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.reference)


@dataclass(frozen=True)
class Figure:
    """One figure: `measure` gets the scale (1 is the issue's size) on a migrated, empty database."""

    name: str
    what: str
    goal: float
    measure: Callable[[float], Measured]

    def line(self, measured: Measured, *, scale: float) -> str:
        """'P6 contact-import 1.31 goal<=1.5 ok'; rounded up, so that what is short never looks fine."""
        ratio = -(-measured.ratio * 100 // 1) / 100
        judged = "ok" if measured.ratio <= self.goal else "short"
        said = f"{self.name} {self.what} {ratio:.2f} goal<={self.goal} {judged}"
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
