"""`source_text.csv`: a line for each sentence of the source text that requires something.

Parts: I Inleiding, S Studentnummer, R the role table, A Initiator, B Examinator, C Examencommissie,
D Beoordelingen inzien, E Beheren Adresboek. A line names its test and what that asserts,
or the issue that will implement it.
"""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
LAST = {"I": 2, "S": 11, "R": 9, "A": 21, "B": 8, "C": 19, "D": 8, "E": 15}  # sentences per part
LATER = {
    "The initiator: students, examiners, invitations, address book",
    "The examiner: from the mail to 'afgerond', on any device, with nothing ever lost",
    "The examencommissie: overview, correcting, making final, archive, export",
    "Accounts, schools, exam content, catalogue, and what the student sees",
}


def lines() -> list[dict[str, str]]:
    with (BASE / "tests" / "source_text.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_number_is_missing_or_duplicated() -> None:
    expected = [f"{part}.{number}" for part, last in LAST.items() for number in range(1, last + 1)]
    assert [line["number"] for line in lines()] == expected


@pytest.mark.parametrize("line", lines(), ids=lambda line: line["number"])
def test_each_sentence_names_a_test_or_an_issue(line: dict[str, str]) -> None:
    assert line["requirement"]
    if line["issue"]:
        assert line["issue"] in LATER
        assert not line["test"]
        return
    path, _, name = line["test"].partition("::")
    assert line["asserted"]
    assert name in functions(BASE / path)


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
