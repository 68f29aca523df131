"""A written exam, YAML or workbook, reads back as an equal exam."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.text import clean_line, clean_text
from exams.content.excel_writer import write_workbook
from exams.content.schema import (
    CoreTaskContent,
    CriterionContent,
    ExamContent,
    PartContent,
    UnitContent,
    WorkProcessContent,
    content_nodes,
)
from exams.content.versions import ExamFile, load_exam, read_content, read_file, stored_content
from exams.content.yaml_writer import write_yaml
from tests.exams.grading.strategies import data_for

FILES = sorted((django_settings.BASE_DIR / "exams" / "data").glob("*.yaml"))
ODD = [
    "=1+1",
    "- ja",
    "yes",
    "12:30",
    "2025-01-01",
    "1e3",
    "007",
    "3,5",
    "~",
    "'",
    '"',
    "a: b",
    "#N/A x",
    "{x}",
    "@x",
    "\u2028x",
]


def texts(longest: int, *, lines: bool = False) -> st.SearchStrategy[str]:
    """Return any text as stored: cleaned and stripped."""
    clean = clean_text if lines else clean_line
    signs = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    free = st.text(signs | st.just("\n") if lines else signs, min_size=1, max_size=20)
    return (free | st.sampled_from(ODD)).map(lambda text: clean(text[:longest]).strip()).filter(bool)


@st.composite
def exams(draw: st.DrawFn) -> ExamContent:
    numbers = count(1)

    def different(amount: int) -> list[str]:
        """Return distinct texts of several lines."""
        return [f"{draw(texts(100, lines=True))} {next(numbers)}" for _ in range(amount)]

    def part(kind: str) -> PartContent:
        return PartContent(kind, tuple(CriterionContent(*different(4)) for _ in range(draw(st.integers(1, 2)))))

    def codes() -> list[str]:
        return draw(st.lists(texts(20), min_size=1, max_size=2, unique=True))

    def process(code: str) -> WorkProcessContent:
        kinds = draw(st.sampled_from([["BEHAVIOUR"], ["PRODUCT", "BEHAVIOUR"]]))
        description = draw(st.just("") | texts(50, lines=True))
        return WorkProcessContent(code, draw(texts(30)), description, tuple(map(part, kinds)))

    def task(code: str) -> CoreTaskContent:
        return CoreTaskContent(code, draw(texts(30)), tuple(map(process, codes())))

    def unit(code: str) -> UnitContent:
        return UnitContent(code, draw(texts(30)), tuple(map(task, codes())))

    units = tuple(map(unit, codes()))
    kind, code = draw(st.sampled_from([("PROFESSION", "25656"), ("PROFESSION", "00012"), ("KEUZEDEEL", "K0023")]))
    level = draw(st.sampled_from([None, 1, 4]))
    data = draw(data_for(content_nodes(units)))
    return ExamContent(kind, code, draw(texts(30)), "2025-2026", level, "points-table", data, units)


@given(exams())
def test_yaml_round_trip_gives_an_equal_exam(exam: ExamContent) -> None:
    assert read_content(write_yaml(exam).encode()).content == exam


@settings(max_examples=60)
@given(exams())
def test_workbook_round_trip_gives_an_equal_exam(exam: ExamContent) -> None:
    assert read_content(write_workbook(exam)).content == exam


@pytest.mark.django_db
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exported_version_imports_unchanged(path: Path) -> None:
    file = read_file(path)
    stored = stored_content(load_exam(file, publish=True).version)
    assert stored == file.content
    for written in (write_yaml(stored).encode(), write_workbook(stored)):
        again = read_content(written)
        assert again.content == stored
        version = load_exam(ExamFile(again.sha256, replace(again.content, cohort="2026-2027")), publish=True).version
        assert stored_content(version).units == stored.units


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_written_as_a_person_would(path: Path) -> None:
    written = write_yaml(read_file(path).content)
    assert "&" not in written.replace(" & ", "")
    assert "grading: {good_from: 5}\n" in written
    assert max(map(len, written.split("\n"))) <= 120
