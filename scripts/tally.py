"""Count the results in pytest's reports (JUnit XML)."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Tally:
    """Numbers of tests that passed and failed, and of skipped ones by run and reason."""

    passed: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def skipped(self) -> int:
        return self.reasons.total()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.passed + other.passed, self.failed + other.failed, self.reasons + other.reasons)

    def describe_skipped(self) -> list[str]:
        """Return a line per reason, with its number of tests."""
        return [f"{count} test{'s' if count > 1 else ''}, {reason}" for reason, count in sorted(self.reasons.items())]


def read_junit(report: Path, *, run: str) -> Tally:
    """Return the counts of a run; a fixture's error is its test's failure, a missing or broken report is empty."""
    try:
        cases = ElementTree.parse(report).iter("testcase")  # noqa: S314 - written by our own pytest a moment ago
    except (OSError, ElementTree.ParseError):
        return Tally()
    verdicts: dict[tuple[str | None, str | None], str] = {}
    reasons: Counter[str] = Counter()
    for case in cases:
        key = (case.get("classname"), case.get("name"))
        if case.find("failure") is not None or case.find("error") is not None:
            verdicts[key] = "failed"
        elif (skipped := case.find("skipped")) is not None:
            verdicts[key] = "skipped"
            reasons[f"{run}: {' '.join((skipped.get('message') or 'no reason given').split())}"] += 1
        else:
            verdicts.setdefault(key, "passed")
    counts = Counter(verdicts.values())
    return Tally(counts["passed"], counts["failed"], reasons)
