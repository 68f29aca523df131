"""Names that a spreadsheet turned into dates, booleans or garbled letters are refused."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import Any

import pytest

from accounts.importing.preview import load_rows, prepare
from accounts.importing.reading import Unreadable
from accounts.models import School, User
from addressbook.models import Import

from .files import ANOUK, csv_file, read_lines, text, xlsx


def outcomes(school: School, docent: User, file: io.BytesIO) -> list[tuple[str, list[tuple[str, str, str]]]]:
    prepared = prepare(Import, school=school, by=docent, file=file, filename="lijst")
    return [(row.outcome, [(note.column, note.value, note.text) for note in row.notes]) for row in load_rows(prepared)]


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        (date(2026, 1, 3), "03-01-2026", "is een datum; hier hoort tekst"),
        (datetime(2026, 1, 3, 9, 5), "03-01-2026 09:05", "is een datum; hier hoort tekst"),  # noqa: DTZ001
        (time(9, 30), "09:30:00", "is een getal; hier hoort een naam"),
        (True, "WAAR", "is een waar/onwaar-waarde van Excel; typ zelf wat er moet staan"),
        (False, "ONWAAR", "is een waar/onwaar-waarde van Excel; typ zelf wat er moet staan"),
        (12, "12", "is een getal; hier hoort een naam"),
        ("3-mei", "3-mei", "is een datum; hier hoort tekst"),
        ("Ren\ufffde", "Ren\ufffde", "heeft letters die bij het opslaan verminkt zijn; typ ze opnieuw"),
        ("RenÃ©e", "RenÃ©e", "heeft letters die bij het opslaan verminkt zijn; typ ze opnieuw"),
    ],
)
def test_invalid_name_is_refused(school: School, docent: User, cell: Any, value: str, reason: str) -> None:
    for at, header in ((0, "Voornaam"), (2, "Achternaam")):
        row: list[Any] = [*ANOUK]
        row[at] = cell
        assert outcomes(school, docent, xlsx(row)) == [("ERROR", [(header, value, reason)])]


@pytest.mark.parametrize("cell", [date(2026, 1, 3), True])
def test_invalid_function_is_refused(school: School, docent: User, cell: Any) -> None:
    [(outcome, _)] = outcomes(school, docent, xlsx([*ANOUK[:4], cell, *ANOUK[5:]]))
    assert outcome == "ERROR"


@pytest.mark.parametrize("name", ["Waar", "True", "Mei", "JOÃO", "Ângela", "X Æ A-12", "d’Angelo", "Bos-van den Berg"])
def test_similar_looking_names_are_accepted(school: School, docent: User, name: str) -> None:
    [(outcome, _)] = outcomes(school, docent, xlsx([name, *ANOUK[1:]]))
    assert outcome == "NEW"


# --- Wrong encoding --------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["mac_roman", "cp850"])
@pytest.mark.parametrize(
    "name", ["Renée", "Zoë", "Björn", "Müller", "François", "Özil", "Éva", "Daniël", "Muñoz", "Côté"]
)
def test_a_file_in_another_encoding_is_refused(encoding: str, name: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_lines(csv_file([name, *ANOUK[1:]], encoding=encoding))
    assert "als ‘CSV UTF-8 (door komma’s gescheiden)’" in str(refused.value)


def test_the_doubtful_word_is_named() -> None:
    with pytest.raises(Unreadable, match="er lijkt ‘RenŽe’ te staan"):
        read_lines(csv_file(["Renée", *ANOUK[1:]], encoding="mac_roman"))


def test_line_ends_of_an_old_mac_are_doubted() -> None:
    with pytest.raises(Unreadable, match="letters met een accent"):
        read_lines(io.BytesIO(text(["García", *ANOUK[1:]]).replace("\r\n", "\r").encode("mac_roman")))


@pytest.mark.parametrize(
    "name", ["Renée", "van ’t Hoff", "‘s-Gravezande", "Žarko", "Šime", "Bakkerij “De Bos”", "€ 10 – 20", "Wacht…"]
)
def test_windows_1252_is_still_read(name: str) -> None:
    assert read_lines(csv_file([name, *ANOUK[1:]], encoding="cp1252"))[1][1][0] == name
