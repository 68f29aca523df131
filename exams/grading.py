"""From scores to results: pure functions, no database."""

from __future__ import annotations

from enum import StrEnum


class Score(StrEnum):
    """What an examiner gives a criterion."""

    O = "O"
    V = "V"
    G = "G"

    @property
    def label(self) -> str:
        return {"O": "Onvoldoende", "V": "Voldoende", "G": "Goed"}[self.value]

    @property
    def points(self) -> int:
        return {"O": 0, "V": 1, "G": 2}[self.value]
