"""A list is found anywhere in a file, and the preview describes how the file was read."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import Workbook

from accounts.importing.columns import SYNONYMS
from accounts.importing.preview import load_rows, prepare
from accounts.importing.reading import Unreadable
from accounts.models import School, User
from accounts.people.importing.people import COLUMNS as PEOPLE_COLUMNS
from addressbook.importing.contacts import COLUMNS
from addressbook.models import Import

from .files import ANOUK, BART, HEADER, csv_file, text, xlsx

TITLE = ["Lijst van examinatoren, schooljaar 2026"]


@pytest.fixture
def upload(school: School, docent: User) -> Any:
    """`upload(file)`: the import of this file, prepared by `docent`."""

    def prepare_file(file: io.BytesIO | bytes) -> Import:
        content = io.BytesIO(file) if isinstance(file, bytes) else file
        return prepare(Import, school=school, by=docent, file=content, filename="lijst")

    return prepare_file


def outcomes(prepared: Import) -> list[tuple[int, str]]:
    return [(row.line, row.outcome) for row in load_rows(prepared)]


def saved(book: Workbook) -> io.BytesIO:
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    return content


def workbook(*sheets: tuple[str, list[list[str]]]) -> io.BytesIO:
    book = Workbook(write_only=True)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return saved(book)


def test_the_template_needs_no_explanation(upload: Any) -> None:
    prepared = upload(xlsx(ANOUK))
    assert (prepared.understood, prepared.warnings) == ([], [])


def test_headers_below_a_title_are_found(upload: Any) -> None:
    prepared = upload(xlsx([], HEADER, ANOUK, header=TITLE))
    assert outcomes(prepared) == [(4, "NEW")]
    assert prepared.understood == ["Kolomkoppen in regel 3 van blad ‘Sheet’; wat erboven staat is niet gelezen."]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_title_above_a_csv_leaves_the_delimiter(upload: Any, delimiter: str) -> None:
    content = f"{TITLE[0]}\r\n\r\n{text(ANOUK, BART, delimiter=delimiter)}".encode()
    prepared = upload(content)
    assert outcomes(prepared) == [(4, "NEW"), (5, "NEW")]
    assert prepared.understood == ["Kolomkoppen in regel 3; wat erboven staat is niet gelezen."]


@pytest.mark.parametrize("first", ["sep=;\r\n", "\ufeffsep=;\n", '"sep=;"\r\n', "SEP=;\r\n"])
def test_delimiter_line_is_skipped(upload: Any, first: str) -> None:
    prepared = upload((first + text(ANOUK, BART)).encode())
    assert outcomes(prepared) == [(3, "NEW"), (4, "NEW")]
    assert prepared.understood == ["Kolomkoppen in regel 2."]


def test_the_named_delimiter_is_used(upload: Any) -> None:
    assert outcomes(upload(f"sep=|\r\n{text(ANOUK, delimiter='|')}".encode())) == [(3, "NEW")]


def test_list_on_the_second_sheet_is_found(upload: Any) -> None:
    prepared = upload(workbook(("Uitleg", [["Vul het tweede blad in."]]), ("Examinatoren", [HEADER, ANOUK])))
    assert outcomes(prepared) == [(2, "NEW")]
    assert prepared.understood == ["Kolomkoppen in regel 1 van blad ‘Examinatoren’."]


def test_an_empty_first_sheet_is_passed_over(upload: Any) -> None:
    assert outcomes(upload(workbook(("Blad1", []), ("Blad2", [HEADER, ANOUK])))) == [(2, "NEW")]


def test_a_second_list_is_named_as_not_read(upload: Any) -> None:
    prepared = upload(workbook(("Klas A", [HEADER, ANOUK]), ("Klas B", [HEADER, BART])))
    assert outcomes(prepared) == [(2, "NEW")]
    assert prepared.warnings == ["Ook op blad ‘Klas B’ staat een lijst. Die wordt niet gelezen: importeer die apart."]


def test_missing_columns_are_reported_for_the_nearest_line(upload: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        upload(workbook(("Uitleg", [["Hallo"]]), ("Lijst", [TITLE, ["Voornaam", "E-mail"], ["Anouk", "a@b.test"]])))
    assert str(refused.value).startswith("Deze kolom ontbreekt: Achternaam. In regel 2 van blad ‘Lijst’ staat nu")


def test_english_headers_are_read_and_reported(upload: Any) -> None:
    header = ["First name", "Infix", "Surname", "E-mail address", "Job title", "Company", "Verbonden aan"]
    prepared = upload(csv_file(ANOUK, header=header))
    assert outcomes(prepared) == [(2, "NEW")]
    assert prepared.unused == []
    assert prepared.understood == [
        "Gelezen: ‘First name’ als Voornaam, ‘Infix’ als Tussenvoegsel, ‘Surname’ als Achternaam, ‘E-mail address’ als "
        "E-mailadres, ‘Job title’ als Functie, ‘Company’ als Organisatie."
    ]


def test_contacts_and_people_share_their_synonyms() -> None:
    people = {column.name: column for column in PEOPLE_COLUMNS}
    shared = [column for column in COLUMNS if column.name in people]
    assert [column.name for column in shared] == ["first_name", "infix", "last_name", "email", "language"]
    for column in shared:
        assert column.synonyms == people[column.name].synonyms == SYNONYMS[column.name]


def test_hidden_and_filtered_rows_are_named(upload: Any) -> None:
    book = Workbook()
    for row in (HEADER, ANOUK, *([f"Bo{n}", "", "Bos", f"bo{n}@b.test", "", "", ""] for n in range(6))):
        book.active.append(row)
    for number in (3, 5, 6, 7, 20):
        book.active.row_dimensions[number].hidden = True
    prepared = upload(saved(book))
    assert prepared.counts["NEW"] == 7
    assert prepared.warnings == ["Verborgen in het bestand, maar wel gelezen: regel 3, 5–7."]
