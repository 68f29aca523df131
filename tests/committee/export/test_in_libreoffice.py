"""An export opened in LibreOffice, read back from the file that it saves."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.cell import Cell

from accounts.models import School, User
from assessments.models import Assessment, Status
from committee.export import csv_writer, xlsx_writer
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from committee.models import Export
from exams.models import Exam
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory
from tests.spreadsheets import Convert

FORMULA = '=HYPERLINK("http://elders.test";"klik")'
NAMES = ["Zoë Brömmel", FORMULA, "De; Vries"]
NUMBER, NAME, GRADE, DAY = "studentnummer", "naam", "cijfer", "definitief_op"


@pytest.fixture
def stored_export(make_afname: AfnameMaker, exam: Exam, school: School, committee_member: User) -> Export:
    """One result for each of `NAMES`: numbers 001 to 003, grade 7,3, finalised on 23 November."""
    for number, name in enumerate(NAMES, start=1):
        student = MembershipFactory(
            school=school, user__first_name=name, user__last_name="Boom", student_number=f"00{number}"
        )
        final_at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in Amsterdam
        make_afname(Status.FINAL, student=student, final_at=final_at, grade=Decimal("7.3"), ovg="G")
    return create_export(results=Assessment.objects.all(), school=school, exam=exam, by=committee_member, shape=PLAIN)


def opened(content: bytes) -> list[dict[str, Cell]]:
    """Return the rows by header."""
    rows: Any = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()
    headers = [cell.value for cell in next(rows)]
    return [dict(zip(headers, row, strict=True)) for row in rows]


def test_csv_opens_with_the_proposed_settings(stored_export: Export, libreoffice: Convert) -> None:
    rows = opened(libreoffice(b"".join(csv_writer.csv_content(stored_export, PLAIN)), "resultaten.csv", to="xlsx"))
    assert [row[NAME].value for row in rows] == ["Zoë Brömmel Boom", f"'{FORMULA} Boom", "De; Vries Boom"]
    assert {row[NAME].data_type for row in rows} == {"s"}
    assert {(row[GRADE].value, row[GRADE].data_type) for row in rows} == {(7.3, "n")}
    assert {row[DAY].value for row in rows} == {"23-11-2026"}


def test_leading_zeros_stay_in_a_text_column(stored_export: Export, libreoffice: Convert) -> None:
    """With the proposed settings of the dialog the zeros are lost; docs/export.md recommends the .xlsx."""
    content = b"".join(csv_writer.csv_content(stored_export, PLAIN))
    place = list(PLAIN.headers).index(NUMBER) + 1
    as_text = opened(libreoffice(content, "resultaten.csv", to="xlsx", text_columns=(place,)))
    assert [row[NUMBER].value for row in as_text] == ["001", "002", "003"]


def test_excel_keeps_text_numbers_and_days(stored_export: Export, libreoffice: Convert) -> None:
    rows = opened(libreoffice(b"".join(xlsx_writer.xlsx_content(stored_export, PLAIN)), "resultaten.xlsx", to="xlsx"))
    assert [row[NUMBER].value for row in rows] == ["001", "002", "003"]
    assert [row[NAME].value for row in rows] == [f"{name} Boom" for name in NAMES]
    assert {row[NAME].data_type for row in rows} == {"s"}
    assert {(row[GRADE].value, row[GRADE].data_type) for row in rows} == {(7.3, "n")}
    assert {row[DAY].value for row in rows} == {datetime(2026, 11, 23)}  # noqa: DTZ001  Excel's days have no zone


def test_excel_saved_as_csv_equals_our_csv(stored_export: Export, libreoffice: Convert) -> None:
    saved = libreoffice(b"".join(xlsx_writer.xlsx_content(stored_export, PLAIN)), "resultaten.xlsx", to="csv").decode()
    line = saved.splitlines()[1]
    assert line.startswith("001;Zoë Brömmel Boom;")
    assert ";7,3;23-11-2026;" in line
