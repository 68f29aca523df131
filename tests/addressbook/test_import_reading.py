"""Reading uploaded files into lines or an error message, without a database."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from accounts.importing import reading, template_files
from accounts.importing.columns import Outcome, Row, find_columns
from accounts.importing.reading import Unreadable
from accounts.text import clean_line
from addressbook.importing.contacts import COLUMNS, EXAMPLE, NAMES, TEMPLATE

from .files import ANOUK, BART, HEADER, csv_file, read_lines, text, with_part, xlsx

LIBREOFFICE = Path(__file__).parent / "libreoffice"  # files written by version 7.4


def refused(content: io.BytesIO | bytes) -> str:
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    with pytest.raises(Unreadable) as error:
        read_lines(file)
    return str(error.value)


# --- Valid files ---------------------------------------------------------------------------------
def test_an_excel_file_line_by_line():
    assert read_lines(xlsx(ANOUK, BART)) == [(1, HEADER), (2, ANOUK), (3, BART)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_file_in_any_dress(delimiter, encoding):
    zoe = ["Zoë", "", "Müller", "zoe@bedrijf.test", "", "Café René", ""]
    file = csv_file(ANOUK, zoe, encoding=encoding, delimiter=delimiter)
    assert read_lines(file) == [(1, HEADER), (2, ANOUK), (3, zoe)]


@pytest.mark.parametrize("name", ["examinatoren.xlsx", "examinatoren-utf-8.csv", "examinatoren-windows.csv"])
def test_template_saved_by_libreoffice_is_read(name):
    """Includes a blank row; the .csv is read as UTF-8 with `;` and quotes, and in LibreOffice's default format."""
    with (LIBREOFFICE / name).open("rb") as file:
        header, example, *rows = read_lines(file)
    zoe = ["Zoë", "", "Bos", "zoe@bedrijf.test", "Monteur", "Café René", "School"]
    assert (header, example) == ((1, HEADER), (2, list(EXAMPLE[:-1]))), "made before 'Taal' was a column"
    assert rows == [(3, ANOUK), (5, zoe)]


def test_blank_lines_are_skipped_and_numbers_kept():
    assert [number for number, _ in read_lines(xlsx([], ANOUK, ["", "  "], BART))] == [1, 3, 5]
    blank = io.BytesIO(f"\r\n{text(ANOUK, ['', ' '], BART)}\r\n".encode())
    assert [number for number, _ in read_lines(blank)] == [2, 3, 5]


def test_quoted_cell_may_contain_delimiter_and_newline():
    file = io.BytesIO(b'a;b\r\n"x;\ny";z\r\n1;2\r\n')
    assert read_lines(file) == [(1, ["a", "b"]), (2, ["x; y", "z"]), (4, ["1", "2"])]


def test_numbers_dates_and_truths_become_text():
    morning = datetime(2026, 1, 3, 9, 5)  # noqa: DTZ001 - Excel knows no zones
    [_, (_, cells)] = read_lines(xlsx([12.0, 1.5, None, date(2026, 11, 23), morning, True, None]))
    assert cells == ["12", "1.5", "", "23-11-2026", "03-01-2026 09:05", "WAAR"]


def test_claimed_sheet_size_is_ignored():
    content = xlsx(ANOUK)
    sheet = zipfile.ZipFile(content).read("xl/worksheets/sheet1.xml")
    lying = with_part(content, "xl/worksheets/sheet1.xml", sheet.replace(b'"A1:G2"', b'"A1:A1"'))
    assert read_lines(lying) == [(1, HEADER), (2, ANOUK)]


def test_the_first_visible_sheet_counts():
    book = Workbook()
    book.active.sheet_state = "hidden"
    book.create_sheet("Lijst").append(HEADER)
    content = io.BytesIO()
    book.save(content)
    assert read_lines(content) == [(1, HEADER)]


# --- Refused files -------------------------------------------------------------------------------
def test_an_empty_file():
    assert "leeg" in refused(b"")
    assert "leeg" in refused(b"\r\n ;;\r\n")
    assert "leeg" in refused(xlsx(header=[]))


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n\0\0\0", b"<html><table>", b"{\\rtf1 }", bytes(range(256)), b"\xff\xfe\x00"],
)
def test_not_a_spreadsheet(content):
    assert "geen Excel- of csv-bestand" in refused(content)


def test_another_archive_is_not_a_spreadsheet():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "geen Excel- of csv-bestand" in refused(content)


def test_opendocument_is_refused_with_advice():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "OpenDocument" in refused(content)


def test_a_password():
    assert "wachtwoord" in refused(reading.OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))


def test_an_excel_of_the_old_kind():
    assert ".xls" in refused(reading.OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"))


def test_sixty_megabytes_of_zeros_zipped():
    bomb = with_part(xlsx(ANOUK), "xl/worksheets/sheet1.xml", bytes(60_000_000))
    assert len(bomb.getvalue()) < 100_000
    assert "40 MB" in refused(bomb)


def test_oversized_archive_part_is_refused():
    assert "opmaak" in refused(with_part(xlsx(ANOUK), "xl/styles.xml", b" " * 5_000_000))


def test_expanding_entities_are_refused():
    lol = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    sheet = f'<!DOCTYPE x [<!ENTITY a0 "lolololol">{lol}]><worksheet>&a9;</worksheet>'
    assert "beschadigd" in refused(with_part(xlsx(ANOUK), "xl/worksheets/sheet1.xml", sheet.encode()))


def test_a_row_at_the_end_of_the_world():
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="999999999999"><c t="str"><v>x</v></c></row></sheetData></worksheet>'
    )
    assert "100.000 regels" in refused(with_part(xlsx(), "xl/worksheets/sheet1.xml", sheet.encode()))


def test_half_an_excel_file():
    whole = xlsx(ANOUK).getvalue()
    assert "beschadigd" in refused(whole[: len(whole) // 2])


def test_too_large_file_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    assert "10 MB" in refused(csv_file(ANOUK, BART))


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 2)
    assert len(read_lines(csv_file(ANOUK, BART))) == 3
    assert "20.000 regels" in refused(csv_file(ANOUK, BART, ANOUK))


def test_unclosed_quote_is_reported():
    assert "Regel 3" in refused(f'{text(ANOUK)}"Bart;;Bos\r\nCora;;Citroen\r\n'.encode())


# --- Columns -------------------------------------------------------------------------------------
def test_headers_in_any_order_case_and_surrounding_space():
    layout = find_columns(COLUMNS, [" e-MAIL ", "", "ACHTERNAAM", "voornaam *"])
    assert layout.values(["a@b.test", "?", "Hoff", "Anouk"]) == ("Anouk", "", "Hoff", "a@b.test", "", "", "", "")


def test_missing_cells_of_a_short_line_are_empty():
    layout = find_columns(COLUMNS, HEADER)
    assert layout.values(["Anouk"]) == ("Anouk", *[""] * (len(COLUMNS) - 1))


def test_missing_column_is_reported_with_the_expected():
    with pytest.raises(Unreadable) as error:
        find_columns(COLUMNS, ["Voornaam", "Naam", "E-mailadres"])
    assert str(error.value).startswith(
        "Deze kolom ontbreekt: Achternaam. In de eerste regel staat nu ‘Voornaam’, ‘Naam’"
    )
    assert all(header in str(error.value) for header in HEADER)


def test_repeated_column_is_refused():
    with pytest.raises(Unreadable, match="‘E-mailadres’ staat er twee keer in"):
        find_columns(COLUMNS, [*HEADER, "email"])


def test_unknown_columns_are_reported():
    assert find_columns(COLUMNS, [*HEADER, "Telefoon", "Wat is er mis"]).unused == ("Telefoon",)


# --- Downloads -----------------------------------------------------------------------------------
def test_excel_template_has_example_choices_and_help():
    book = load_workbook(io.BytesIO(template_files.excel_template(TEMPLATE)))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == [*HEADER, "Taal"]
    assert tuple(cell.value for cell in sheet[2]) == EXAMPLE
    choices = [(choice.formula1, str(choice.sqref)) for choice in sheet.data_validations.dataValidation]
    assert choices == [('"School,Beroepsonderwijs"', "G2:G20001"), ('"Nederlands,Engels"', "H2:H20001")]
    explained = [row[0] for row in book["Toelichting"].iter_rows(values_only=True)]
    assert set(HEADER) <= set(explained)


def test_the_templates_can_be_read_again():
    assert read_lines(io.BytesIO(template_files.excel_template(TEMPLATE)))[0] == (1, [*HEADER, "Taal"])
    assert read_lines(io.BytesIO(template_files.csv_template(TEMPLATE))) == [(1, [*HEADER, "Taal"])]


def test_error_file_has_no_formula():
    row = Row(2, ("=1+1", "", "Hoff", "@x", "", "", ""), Outcome.ERROR)
    sheet = load_workbook(io.BytesIO(template_files.error_file(COLUMNS, [row]))).worksheets[0]
    assert [cell.data_type for cell in sheet[2] if cell.value] == ["s", "s", "s", "s"]


# --- Random files --------------------------------------------------------------------------------
def lines_or_a_sentence(content: bytes) -> None:
    try:
        lines = read_lines(io.BytesIO(content))
    except Unreadable as error:
        sentence = str(error)
    else:
        sentence = "Gelezen."
        assert lines
        for _, cells in lines:
            assert any(cells)
            assert all(cell == clean_line(cell) for cell in cells)
    assert sentence.endswith(".")


@given(st.binary(max_size=400))
@example(b"PK\x03\x04")
@example(b'"')
@example(b"\xff\xfe\x00")
def test_any_bytes_give_lines_or_a_sentence(content):
    lines_or_a_sentence(content)


@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_gives_lines_or_a_sentence(content, encoding):
    lines_or_a_sentence(content.encode(encoding, errors="ignore"))


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_damaged_excel_file_yields_rows_or_an_error(seed):
    chance = random.Random(seed)
    content = bytearray(xlsx(ANOUK, BART).getvalue())
    for _ in range(chance.randint(1, 12)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    lines_or_a_sentence(bytes(content))


PARTS = ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"]  # fmt: skip  # noqa: E501


@settings(max_examples=60)
@given(st.sampled_from(PARTS), st.integers(0, 2**32))
def test_damaged_xml_yields_rows_or_an_error(name, seed):
    chance = random.Random(seed)
    content = xlsx(ANOUK, BART)
    part = bytearray(zipfile.ZipFile(content).read(name))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(part))
        part[at : at + chance.randint(0, 4)] = chance.choice([b"", b"9", b"<", b"x", b'"', b"-1", b"\xff"])
    lines_or_a_sentence(with_part(content, name, bytes(part)).getvalue())


@settings(max_examples=30)
@given(st.lists(st.lists(st.text(max_size=20), min_size=len(NAMES), max_size=len(NAMES)), max_size=5))
def test_error_file_can_be_read_again(rows):
    rows = [[clean_line(cell) for cell in row] for row in rows]
    written = template_files.error_file(COLUMNS, [Row(n, tuple(row), Outcome.ERROR) for n, row in enumerate(rows)])
    read = [cells[: len(NAMES)] for _, cells in read_lines(io.BytesIO(written))[1:]]
    assert read == rows
