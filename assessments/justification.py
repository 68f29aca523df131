"""Which scores need a justification: O and G do (source text, part B)."""

from __future__ import annotations

from collections.abc import Iterable


def letters_to_justify(letters: Iterable[str]) -> list[str]:
    """Return 'G' and 'O', each if it is among the scores of one part."""
    return sorted({"O", "G"}.intersection(letters))
