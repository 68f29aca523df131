"""The bytes of an export in each format."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.models import School, User
from assessments.models import Assessment, Status
from committee.export import csv_writer, rows, xlsx_writer
from committee.export.snapshot import create_export
from committee.export_format import (
    BY_KEY,
    COLUMNS,
    DATE_FORMS,
    PLAIN,
    PLAIN_COLUMNS,
    SEPARATORS,
    DateForm,
    Encoding,
    Kind,
    Separator,
    Shape,
)
from committee.models import Export
from exams.models import Exam
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory

NAMES = {
    "formula": '=HYPERLINK("http://elders.test";"klik")',
    "separators": "De; Vries, jr. X",
    "quotes": 'van "het" Veld',
    "accents": "Zoë Brömmel",
    "apostrophe": "'t Hoff",
    "beyond Windows-1252": "Yılmaz Łukasz",
    "full width": "＝1+1",
}
EVERYTHING = Shape(name="Alles", columns=tuple((one.key, one.header) for one in COLUMNS), words=PLAIN.words)


@pytest.fixture
def stored_export(make_afname: AfnameMaker, exam: Exam, school: School, committee_member: User) -> Export:
    """An export with one result per last name of `NAMES`; the first name is 'Sam'."""
    for number, name in enumerate(NAMES.values()):
        student = MembershipFactory(school=school, user__last_name=name, student_number=f"00{number}")
        final_at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in Amsterdam
        make_afname(Status.FINAL, student=student, final_at=final_at, grade=Decimal("7.3"), ovg="G")
    return create_export(results=Assessment.objects.all(), school=school, exam=exam, by=committee_member, shape=PLAIN)


def written(stored_export: Export, shape: Shape) -> bytes:
    return b"".join(csv_writer.csv_content(stored_export, shape))


def read(content: bytes, *, codec: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(codec), newline=""), delimiter=separator, strict=True))


def test_plain_file_byte_by_byte(make_afname: AfnameMaker, exam: Exam, school: School, committee_member: User) -> None:
    student = MembershipFactory(school=school, user__last_name="Brömmel; =1", student_number="=7")
    make_afname(Status.FINAL, student=student, final_at=datetime(2026, 1, 2, 12, tzinfo=UTC), grade=Decimal("10.0"))
    stored_export = create_export(
        results=Assessment.objects.all(), school=school, exam=exam, by=committee_member, shape=PLAIN
    )
    of_exam = f"{exam.code};Verzorgende IG;{exam.cohort};B1;Eenheid 1"
    assert (
        written(stored_export, PLAIN)
        == (
            "\ufeffstudentnummer;naam;code;examen;cohort;eenheidcode;exameneenheid;poging;resultaat;cijfer;definitief_op;"
            f'vastgesteld_door\r\n\'=7;"Sam Brömmel; =1";{of_exam};1;V;10,0;02-01-2026;Carla Commissie\r\n'
        ).encode()
    )


@pytest.mark.parametrize("separator", Separator)
@pytest.mark.parametrize("encoding", [Encoding.UTF8_BOM, Encoding.UTF8])
def test_every_name_is_read_back(stored_export: Export, separator: Separator, encoding: Encoding) -> None:
    columns = (("last_name", "achternaam"), ("grade", "cijfer"), ("name", "naam"))
    shape = replace(PLAIN, columns=columns, separator=separator, encoding=encoding)
    codec = "utf-8-sig" if encoding == Encoding.UTF8_BOM else "utf-8"
    header, *lines = read(written(stored_export, shape), codec=codec, separator=SEPARATORS[separator])
    assert header == ["achternaam", "cijfer", "naam"]
    risky = ("formula", "full width")
    expected = [f"'{name}" if which in risky else name for which, name in NAMES.items()]
    assert lines == [[name, "7,3", f"Sam {NAMES[which]}"] for which, name in zip(NAMES, expected, strict=True)]


def test_only_utf8_bom_begins_with_a_bom(stored_export: Export) -> None:
    for encoding in Encoding:
        content = written(stored_export, replace(PLAIN, encoding=encoding))
        assert content.startswith(b"\xef\xbb\xbf") == (encoding == Encoding.UTF8_BOM)


def test_windows_1252_replaces_unknown_characters(stored_export: Export) -> None:
    shape = replace(PLAIN, columns=(("last_name", "naam"), ("unit", "eenheid")), encoding=Encoding.WINDOWS_1252)
    content = written(stored_export, shape)
    assert "Zoë Brömmel".encode("cp1252") in content
    assert [line[0] for line in read(content, codec="cp1252", separator=";")][-2:] == ["Y?lmaz ?ukasz", "'?1+1"]


def test_without_header_the_first_line_is_a_result(stored_export: Export) -> None:
    shape = replace(PLAIN, has_headers=False)
    assert len(read(written(stored_export, shape), codec="utf-8-sig", separator=";")) == len(NAMES)


def test_headers_words_and_signs_follow_the_profile(stored_export: Export) -> None:
    shape = replace(
        PLAIN,
        columns=(("ovg", "-uitslag"), ("grade", "cijfer;1"), ("final_on", "dag")),
        words={"O": "1", "V": "2", "G": "=3"},
        decimal_sign="POINT",
        date_form=DateForm.YMD,
    )
    header, line, *_ = read(written(stored_export, shape), codec="utf-8-sig", separator=";")
    assert header == ["'-uitslag", "cijfer;1", "dag"]
    assert line == ["'=3", "7.3", "20261123"]


def test_decimal_comma_between_commas_is_quoted(stored_export: Export) -> None:
    shape = replace(PLAIN, columns=(("grade", "cijfer"), ("attempt", "poging")), separator="COMMA", has_headers=False)
    assert written(stored_export, shape).splitlines()[0].decode("utf-8-sig") == '"7,3",1'


@pytest.mark.parametrize("form", DateForm)
def test_date_forms_match_their_labels(form: DateForm) -> None:
    assert DATE_FORMS[form].format(date(2026, 11, 23)) == form.label
    assert DATE_FORMS[form].format(date(2027, 1, 2)) == form.label.replace("23", "02").replace("11", "01").replace(
        "2026", "2027"
    )


def test_empty_line_is_quoted(stored_export: Export) -> None:
    shape = replace(PLAIN, columns=(("infix", "tussenvoegsel"),))
    assert read(written(stored_export, shape), codec="utf-8-sig", separator=";") == [["tussenvoegsel"]] + [[""]] * len(
        NAMES
    )


@pytest.mark.parametrize("writing", [csv_writer.CsvWriter(EVERYTHING), xlsx_writer.XlsxWriter(EVERYTHING)])
def test_chunked_lines_equal_single_lines(stored_export: Export, writing: rows.CellWriter) -> None:
    together = [line for lines in rows.read_lines(stored_export, EVERYTHING.selected, writing) for line in lines]
    names = {name: _value_of(name) for one in COLUMNS for name in one.fields}
    one_by_one = []
    for assessment in Assessment.objects.order_by("pk"):
        values = {name: value(assessment) for name, value in names.items()}
        one_by_one.append(writing.line(EVERYTHING.selected, values))
    assert together == one_by_one
    assert len(together) == len(NAMES)


def _value_of(name: str) -> Any:
    def value(assessment: Assessment) -> Any:
        if name == "final_on":
            return date(2026, 11, 23)
        field_value: Any = assessment
        for step in name.removeprefix("exported__").split("__"):
            field_value = getattr(field_value, step)
        return field_value

    return value


@given(
    st.lists(st.text(alphabet="ab\"';,\t\r\n=+-@＝ \x00", max_size=6), min_size=1, max_size=5), st.sampled_from(";,\t")
)
def test_columns_are_written_like_csv_writer(values: list[str], separator: str) -> None:
    names = {character: name for name, character in SEPARATORS.items()}
    columns = (("last_name", "a"), ("attempt", "b"))
    writing = csv_writer.CsvWriter(replace(PLAIN, columns=columns, separator=names[separator]))
    for value, cell in zip(values, writing.texts(values), strict=True):
        text = io.StringIO()
        csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow([csv_writer.neutralised(value), 1])
        assert f"{cell}{separator}1\r\n" == text.getvalue()


def workbook(stored_export: Export, shape: Shape) -> Any:
    return load_workbook(io.BytesIO(b"".join(xlsx_writer.xlsx_content(stored_export, shape))))


def test_excel_has_typed_numbers_days_and_text(stored_export: Export) -> None:
    sheet = workbook(stored_export, PLAIN).active
    header, first, *more = sheet.iter_rows()
    assert [cell.value for cell in header] == [one.header for one in PLAIN_COLUMNS]
    cells = dict(zip([one.key for one in PLAIN_COLUMNS], first, strict=True))
    assert (cells["grade"].value, cells["grade"].number_format) == (7.3, "0.0")
    assert cells["final_on"].is_date
    assert cells["final_on"].value == datetime(2026, 11, 23)  # noqa: DTZ001 - a day has no zone
    assert cells["final_on"].number_format == "dd-mm-yyyy"
    assert cells["student_number"].value == "000"
    assert cells["attempt"].value == 1
    assert len(more) == len(NAMES) - 1


def test_excel_keeps_a_formula_as_text(stored_export: Export) -> None:
    shape = replace(PLAIN, columns=(("last_name", "=1+1"),))
    cells = [row[0] for row in workbook(stored_export, shape).active.iter_rows()]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.value for cell in cells] == ["=1+1", *NAMES.values()]


def test_excel_drops_characters_invalid_in_xml() -> None:
    assert '<t xml:space="preserve">a&lt;b</t>' in xlsx_writer.XlsxWriter(PLAIN).cell(Kind.TEXT, "a\x01<b\uffff")


def test_empty_values_are_empty_cells(stored_export: Export) -> None:
    shape = replace(PLAIN, columns=(("planned_on", "dag"), ("level", "niveau"), ("infix", "tussen")))
    assert read(written(stored_export, shape), codec="utf-8-sig", separator=";")[1] == ["", "", ""]
    assert [cell.value for cell in list(workbook(stored_export, shape).active.iter_rows())[1]] in (
        [],
        [None, None, None],
    )


def test_column_keys_are_unique() -> None:
    assert len(BY_KEY) == len(COLUMNS)
    assert len({one.header for one in COLUMNS}) == len(COLUMNS)
