"""Templates filled in and saved by LibreOffice can be read; without a database."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from accounts.importing import template_files
from addressbook.importing.contacts import TEMPLATE
from tests.addressbook.files import read_lines
from tests.spreadsheets import Convert

ZOE = ["Zoë", "van 't", "Brömmel", "zoe@bedrijf.test", "Monteur", "Café René", "Beroepsonderwijs", "Nederlands"]


def filled_in(kind: str) -> bytes:
    if kind == "csv":
        return template_files.csv_template(TEMPLATE) + (";".join(ZOE) + "\r\n").encode()
    book = load_workbook(io.BytesIO(template_files.excel_template(TEMPLATE)))
    book.worksheets[0].append(ZOE)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("to", ["xlsx", "csv"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_template_saved_by_libreoffice_is_imported(kind: str, to: str, libreoffice: Convert) -> None:
    saved = libreoffice(filled_in(kind), f"examinatoren.{kind}", to=to)
    header, *rows = [cells for _, cells in read_lines(io.BytesIO(saved))]
    assert header == [column.header for column in TEMPLATE.columns]
    assert rows[-1] == ZOE
    assert rows[:-1] == ([list(TEMPLATE.example)] if kind == "xlsx" else [])
