"""Mistakes in an exam file, YAML or workbook: each is reported with file, place and correction."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from exams.content.excel_writer import write_workbook
from exams.content.guide import example, example_source
from exams.content.schema import FileRefused, line
from exams.content.yaml_reader import parse
from exams.models import Exam, Upload

UPLOAD = "/beheer/examens/inlezen/"
Edit = Callable[[Any], object]


def reported_faults(client: Any, content: bytes, name: str) -> list[str]:
    """Return the faults on the page: 'file, place: fault and correction'."""
    page = client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)}).content.decode()
    assert not Upload.objects.exists()
    assert not Exam.objects.exists()
    [box] = re.findall(r'<div class="error-summary exam-faults".*?</ol>', page, re.DOTALL)
    items = re.findall(r"<li>(.*?)</li>", box, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", item)).split()) for item in items]


# --- YAML ----------------------------------------------------------------------------------------
TABLE = '"1.0", "3.3", "5.5", "7.8", "10.0"'
PROCESS = "Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W2"
IN_YAML = {
    # kind of mistake: old text, new text, expected message; {at} is the line of the old text
    "word misspelt": ("title: Voorbeeld", "titel: Voorbeeld", "regel {at}: Examen: het veld 'titel' is onbekend; bedoelt u 'title'?"),
    "field left out": ("    title: Gasten ontvangen en bedienen\n", "", "regel {above}: Exameneenheid PVB-1: het veld 'title' ontbreekt of is leeg; vul het in."),
    "field left empty": ("text: Begroet de gast.", "text:", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel BEHAVIOUR, criterium 1: het veld 'text' ontbreekt"),
    "code without quotes": ('code: "99999"', "code: 99999", "regel {at}: Examen: 'code' hoort een tekst te zijn; zet er aanhalingstekens omheen."),
    "crebo too short": ('"99999"', '"9999"', "regel {at}: Examen: 'code' klopt niet. Een crebonummer heeft vijf cijfers, zoals 25656."),
    "crebo for a keuzedeel": ("kind: PROFESSION", "kind: KEUZEDEEL", "regel {below}: Examen: 'code' klopt niet. De code van een keuzedeel is een K met vier cijfers"),
    "unknown kind": ("kind: PROFESSION", "kind: BEROEP", "regel {at}: Examen: 'kind' hoort een van deze te zijn: PROFESSION, KEUZEDEEL."),
    "cohort of two years": ("2026-2027", "2026-2028", "regel {at}: Examen: 'cohort' klopt niet. Schrijf het cohort als schooljaar, zoals 2025-2026."),
    "level that isn't there": ("level: 2", "level: 5", "regel {at}: Examen: 'level' is het niveau: 1, 2, 3 of 4."),
    "unknown rule": ("points-table", "gemiddelde", "regel {at}: Examen: 'rule' hoort een van deze te zijn: points-table."),
    "G from all V": ("good_from: 8   ", "good_from: 5   ", "regel {at}: Examen: 'good_from' is 5, maar bij 5 criteria kan dat alleen 6 tot en met 10 zijn: 5 is alles V, 10 is alles G."),
    "G above all G": ("grading: {good_from: 2}", "grading: {good_from: 3}", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel PRODUCT: 'good_from' is 3, maar bij 1 criterium kan dat alleen 2 zijn"),
    "G from a word": ("grading: {good_from: 2}", "grading: {good_from: twee}", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel PRODUCT: 'good_from' is 'twee'; dit hoort een geheel getal te zijn."),
    "weight of nothing": ('weight: "1"', 'weight: "0"', "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1: 'weight' is 0; een kerntaak telt altijd mee, geef een getal boven 0."),
    "weight as a word": ('weight: "1"', "weight: zwaar", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1: 'weight' is 'zwaar'; schrijf een getal als '1.5'"),
    "grade with a comma": ('"7.8"', '"7,8"', f"regel {{at}}: {PROCESS}: 'table' heeft bij 3 punten '7,8'; schrijf een cijfer als '7.5'"),
    "grade above ten": ('"7.8"', '"11"', f"regel {{at}}: {PROCESS}: 'table' heeft bij 3 punten '11'; schrijf een cijfer als '7.5'"),
    "grade too few": (TABLE, '"1.0", "3.3", "5.5", "10.0"', f"regel {{at}}: {PROCESS}: 'table' heeft 4 cijfers, maar 2 criteria geven 0 tot en met 4 punten; maak er 5 van."),
    "grades go down": (TABLE, '"1.0", "5.5", "3.3", "7.8", "10.0"', f"regel {{at}}: {PROCESS}: 'table' daalt bij 2 punten van 5.5 naar 3.3; meer punten mogen geen lager cijfer geven."),
    "lowest grade not reached": (TABLE, '"2.0", "3.3", "5.5", "7.8", "10.0"', f"regel {{at}}: {PROCESS}: 'table' heeft bij 0 punten 2.0; zet daar het laagste cijfer, 1.0."),
    "highest grade not reached": (TABLE, '"1.0", "3.3", "5.5", "7.8", "9.0"', f"regel {{at}}: {PROCESS}: 'table' heeft bij 4 punten 9.0; zet daar het hoogste cijfer, 10.0."),
    "no grades": (f"              table: [{TABLE}]\n", "", f"regel {{above}}: {PROCESS}: 'table' ontbreekt; voeg het toe."),
    "part twice": ("kind: PRODUCT", "kind: BEHAVIOUR", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1: onderdeel 'BEHAVIOUR' staat er 2 keer in; eens is genoeg."),
    "unknown part": ("kind: PRODUCT", "kind: GEDRAG", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel GEDRAG: 'kind' hoort een van deze te zijn: BEHAVIOUR, PRODUCT."),
    "code twice": ("- code: B1-K1-W2", "- code: B1-K1-W1", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1: werkproces 'B1-K1-W1' staat er 2 keer in; eens is genoeg."),
    "criterion twice": ("Neemt de bestelling op.", "Begroet de gast.", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel BEHAVIOUR: het criterium 'Begroet de gast.' staat er 2 keer in; eens is genoeg."),
    "O and V the same": ("O: Er ontbreekt een gerecht of een tafelnummer.", "O: Gerechten, aantallen en tafelnummer kloppen.", "regel {below}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel PRODUCT, criterium 1: de tekst 'Gerechten, aantallen en tafelnummer kloppen.' staat er 2 keer in"),
    "text too long": ("Ontvangt gasten", "x" * 201, "'title' is 201 tekens lang; maak er hoogstens 200 van."),
    "no criteria": ("""                criteria:
                  - text: De bon klopt.
                    O: Er ontbreekt een gerecht of een tafelnummer.
                    V: Gerechten, aantallen en tafelnummer kloppen.
                    G: Ook wensen en allergieën staan er duidelijk op.
""", "                criteria:\n", "regel {at}: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel PRODUCT: het veld 'criteria' ontbreekt of is leeg; vul het in."),
    "list without dashes": ("      - code: B1-K1\n", "        code: B1-K1\n", "regel {at}: Exameneenheid PVB-1: 'core_tasks' hoort een lijst te zijn: een of meer regels die met '- ' beginnen."),
    "colon in a text": ('"Serveert in de goede volgorde: dranken, voorgerecht, hoofdgerecht."', "Serveert in de goede volgorde: dranken", "regel {at}: een dubbele punt te veel; zet een tekst met ': ' erin tussen aanhalingstekens."),
    "quote not closed": ("cohort: 2026-2027", "cohort: '2026-2027", "regel {at}: hier gaat een aanhalingsteken (') open en nergens dicht; zet er een achter de tekst."),
    "bracket not closed": ("grading: {good_from: 2}", "grading: {good_from: 2", "regel {at}: het haakje dat hier opengaat, gaat niet dicht, of er ontbreekt een komma; zet die erbij."),
    "comma forgotten": ('"1.0", "3.3", "5.5"', '"1.0" "3.3", "5.5"', "regel {at}: het haakje dat hier opengaat, gaat niet dicht, of er ontbreekt een komma; zet die erbij."),
    "quote closed further on": ("cohort: 2026-2027", 'cohort: "2026-2027', 'regel {at}: hier gaat een aanhalingsteken (") open dat pas op regel 20 dicht gaat; zet er een achter de tekst op regel {at}.'),
    "quote inside quotes": ("text: De bon klopt.", "text: 'Foto's kloppen.'", "regel {at}: midden in deze tekst gaat een aanhalingsteken (') al dicht; schrijf het daar twee keer ('')"),
    "double quote inside quotes": ("text: De bon klopt.", 'text: "Zegt "goedendag"."', """regel {at}: midden in deze tekst gaat een aanhalingsteken (") al dicht; schrijf daar \\", of zet de hele tekst tussen '."""),
    "tab": ("  title: Voorbeeld", "\ttitle: Voorbeeld", "regel {at}: zo kan een regel niet beginnen; gebruik spaties en geen tabs, of aanhalingstekens."),
    "field twice": ("O: Laat de gast", "V: Laat de gast", "regel {below}: 'V' stond er al, op regel {at}; elke sleutel mag maar één keer."),
    "second exam in the file": ("units:\n", "---\nunits:\n", "regel {at}: hier begint een tweede document; één bestand is één examen."),
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_YAML)
def test_yaml_mistake_is_reported_with_line_and_correction(client, staff, kind):
    old, new, expected = IN_YAML[kind]
    at = example_source()[: example_source().index(old)].count("\n") + 1
    expected = expected.format(at=at, above=at - 1, below=at + 1)
    faults = reported_faults(client, example_source().replace(old, new, 1).encode(), "gastheer.yaml")
    assert any(fault.startswith("gastheer.yaml") and expected in fault for fault in faults), faults


@pytest.mark.parametrize("quote", ['"', "'"])
def test_unclosed_quote_is_reported_at_its_start(quote):
    """For every quoted text of the example, whichever quote the parser takes for its end."""
    lines = example_source().splitlines()
    plain = [at for at, text in enumerate(lines) if re.search(r": [A-Z0-9][^\"'#]*$", text)]
    assert len(plain) > 30
    for at in plain:
        opened = re.sub(r": (?=[^:]*$)", f": {quote}", lines[at])
        with pytest.raises(FileRefused) as refused:
            parse("\n".join([*lines[:at], opened, *lines[at + 1 :]]).encode())
        [fault] = refused.value.faults
        assert (fault.place, fault.text.startswith("hier gaat een aanhalingsteken")) == (line(at + 1), True)


def test_misspelt_field_is_not_reported_as_missing(client, staff):
    content = example_source().replace("text: De bon klopt.", "tekst: De bon klopt.").encode()
    assert len(reported_faults(client, content, "gastheer.yaml")) == 1


def test_there_are_more_than_twenty_kinds_in_each_format():
    assert len(IN_YAML) > 20
    assert len(IN_EXCEL) > 20


# --- Excel ---------------------------------------------------------------------------------------
def put(sheet: str, cell: str, value: object) -> Edit:
    def edit(book: Any) -> None:
        book[sheet][cell] = value

    return edit


def row_of(sheet: Any, *values: object) -> int:
    """Return the number of the first row that begins with these values."""
    rows = sheet.iter_rows(values_only=True)
    return next(number for number, row in enumerate(rows, 1) if row[: len(values)] == values)


def delete_row(sheet: str, *values: object) -> Edit:
    return lambda book: book[sheet].delete_rows(row_of(book[sheet], *values))


def delete_column(sheet: str, number: int) -> Edit:
    return lambda book: book[sheet].delete_cols(number)


def grades(*values: object) -> Edit:
    """Set the grades of B1-K1-W2, whose lines are the last of their sheet."""

    def edit(book: Any) -> None:
        first = row_of(book["Cijfers"], "PVB-1", "B1-K1", "B1-K1-W2")
        for number, value in enumerate(values, first):
            book["Cijfers"].cell(number, 5).value = value

    return edit


IN_EXCEL: dict[str, tuple[Edit, str]] = {
    "sheet left out": (lambda book: book.remove(book["Cijfers"]), "het werkblad ‘Cijfers’ ontbreekt; neem het over uit het sjabloon en vul het in."),
    "sheet empty": (lambda book: book["Onderdelen"].delete_rows(1, 99), "het werkblad ‘Onderdelen’ is leeg; neem het over uit het sjabloon en vul het in."),
    "column left out": (delete_column("Criteria", 6), "werkblad ‘Criteria’: Deze kolom ontbreekt: O. In de eerste regel staat nu"),
    "column twice": (put("Kerntaken", "F1", "Titel"), "werkblad ‘Kerntaken’: De kolom ‘Titel’ staat er twee keer in. Haal er één weg."),
    "column misspelt": (put("Werkprocessen", "E1", "Omschriving"), "werkblad ‘Werkprocessen’, cel E1: ‘Omschriving’ is onbekend; bedoelt u ‘Omschrijving’?"),
    "column of one's own": (put("Criteria", "I1", "Bron"), "werkblad ‘Criteria’, cel I1: ‘Bron’ is onbekend; hier horen Exameneenheid, Kerntaak"),
    "name misspelt": (put("Examen", "A5", "Nivo"), "werkblad ‘Examen’, cel A5: ‘Nivo’ is onbekend; bedoelt u ‘Niveau’?"),
    "field left empty": (put("Exameneenheden", "B2", None), "werkblad ‘Exameneenheden’, cel B2: Exameneenheid PVB-1: ‘Titel’ ontbreekt of is leeg; vul het in."),
    "meaning left empty": (put("Criteria", "F2", None), "werkblad ‘Criteria’, cel F2: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel Gedragsobservatie, criterium 1: ‘O’ ontbreekt of is leeg; vul het in."),
    "code left empty": (put("Kerntaken", "B2", None), "werkblad ‘Kerntaken’, cel B2: ‘Code’ ontbreekt of is leeg; vul het in."),
    "crebo too short": (put("Examen", "B2", "9999"), "werkblad ‘Examen’, cel B2: Examen: ‘Code’ klopt niet. Een crebonummer heeft vijf cijfers, zoals 25656."),
    "unknown kind": (put("Examen", "B1", "Diploma"), "werkblad ‘Examen’, cel B1: ‘Diploma’ kan niet; kies uit Beroep of Keuzedeel."),
    "cohort of two years": (put("Examen", "B4", "2026-2028"), "werkblad ‘Examen’, cel B4: Examen: ‘Cohort’ klopt niet. Schrijf het cohort als schooljaar, zoals 2025-2026."),
    "level that isn't there": (put("Examen", "B5", 5), "werkblad ‘Examen’, cel B5: Examen: ‘Niveau’ is het niveau: 1, 2, 3 of 4."),
    "G from all V": (put("Examen", "B6", 5), "werkblad ‘Examen’, cel B6: Examen: ‘G vanaf’ is 5, maar bij 5 criteria kan dat alleen 6 tot en met 10 zijn"),
    "G above all G": (put("Onderdelen", "E3", 3), "werkblad ‘Onderdelen’, cel E3: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel Productbeoordeling: ‘G vanaf’ is 3, maar bij 1 criterium kan dat alleen 2 zijn"),
    "G from a word": (put("Onderdelen", "E3", "twee"), "werkblad ‘Onderdelen’, cel E3: ‘twee’ is geen heel getal; schrijf een getal zonder komma, zoals 5."),
    "weight of nothing": (put("Kerntaken", "E2", 0), "werkblad ‘Kerntaken’, cel E2: Exameneenheid PVB-1, kerntaak B1-K1: ‘Weging’ is 0; een kerntaak telt altijd mee, geef een getal boven 0."),
    "weight as a word": (put("Kerntaken", "E2", "zwaar"), "werkblad ‘Kerntaken’, cel E2: ‘zwaar’ is geen weging; schrijf een getal boven 0 met hoogstens twee decimalen, zoals 1 of 1,5."),
    "grade as a word": (put("Cijfers", "E2", "een"), "werkblad ‘Cijfers’, cel E2: ‘een’ is geen cijfer; schrijf een cijfer van 1 tot en met 10, met hoogstens twee decimalen, zoals 7,5."),
    "grade above ten": (put("Cijfers", "E12", 11), "werkblad ‘Cijfers’, cel E12: ‘11’ is geen cijfer; schrijf een cijfer van 1 tot en met 10"),
    "grade not rounded": (put("Cijfers", "E5", 3.6667), "werkblad ‘Cijfers’, cel E5: ‘3.6667’ is geen cijfer; schrijf een cijfer van 1 tot en met 10, met hoogstens twee decimalen"),
    "grade left empty": (put("Cijfers", "E5", None), "werkblad ‘Cijfers’, cel E5: ‘Cijfer’ ontbreekt of is leeg; vul het in."),
    "grade too few": (delete_row("Cijfers", "PVB-1", "B1-K1", "B1-K1-W2", 4), "er staan 4 cijfers op het werkblad ‘Cijfers’, maar 2 criteria geven 0 tot en met 4 punten; maak er 5 van."),
    "points left out": (delete_row("Cijfers", "PVB-1", "B1-K1", "B1-K1-W2", 2), "werkblad ‘Cijfers’, cel D22: hier hoort 2 te staan, niet 3: een tabel telt op vanaf 0, zonder gaten."),
    "points twice": (put("Cijfers", "D3", 0), "werkblad ‘Cijfers’, cel D3: hier hoort 1 te staan, niet 0: een tabel telt op vanaf 0, zonder gaten."),
    "grades go down": (grades(1, 5.5, 3.3, 7.8, 10), "werkblad ‘Cijfers’, cel E22: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W2: de cijfertabel daalt bij 2 punten van 5.5 naar 3.3"),
    "lowest grade not reached": (grades(2, 3.3, 5.5, 7.8, 10), "de cijfertabel heeft bij 0 punten 2.0; zet daar het laagste cijfer, 1.0."),
    "highest grade not reached": (grades(1, 3.3, 5.5, 7.8, 9), "de cijfertabel heeft bij 4 punten 9.0; zet daar het hoogste cijfer, 10.0."),
    "no grades": (lambda book: book["Cijfers"].delete_rows(row_of(book["Cijfers"], "PVB-1", "B1-K1", "B1-K1-W2"), 5), "werkblad ‘Werkprocessen’, cel A3: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W2: de cijfers ontbreken; zet ze op het werkblad ‘Cijfers’."),
    "part twice": (put("Onderdelen", "D3", "Gedragsobservatie"), "werkblad ‘Onderdelen’, cel D3: ‘Gedragsobservatie’ staat er bij dit werkproces al, in regel 2; haal er één weg."),
    "unknown part": (put("Onderdelen", "D3", "Gedrag"), "werkblad ‘Onderdelen’, cel D3: ‘Gedrag’ kan niet; kies uit Gedragsobservatie of Productbeoordeling."),
    "code twice": (put("Werkprocessen", "C3", "B1-K1-W1"), "werkblad ‘Werkprocessen’, cel C3: ‘B1-K1-W1’ staat er al, in regel 2; geef elk een eigen code, of haal er één weg."),
    "code leads nowhere": (put("Werkprocessen", "B3", "B1-K9"), "werkblad ‘Werkprocessen’, cel B3: Kerntaak ‘PVB-1 B1-K9’ staat niet op het werkblad ‘Kerntaken’; zet het daar, of verbeter de code."),
    "grades lead nowhere": (put("Cijfers", "C20", "B1-K1-W9"), "werkblad ‘Cijfers’, cel C20: Werkproces ‘PVB-1 B1-K1 B1-K1-W9’ staat niet op het werkblad ‘Werkprocessen’; zet het daar, of verbeter de code."),
    "criterion twice": (put("Criteria", "E3", "Begroet de gast."), "werkblad ‘Criteria’, cel E3: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel Gedragsobservatie: het criterium 'Begroet de gast.' staat er 2 keer in; eens is genoeg."),
    "O and V the same": (put("Criteria", "F4", "Gerechten, aantallen en tafelnummer kloppen."), "werkblad ‘Criteria’, cel G4: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel Productbeoordeling, criterium 1: de tekst"),
    "text too long": (put("Werkprocessen", "D2", "x" * 201), "werkblad ‘Werkprocessen’, cel D2: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1: ‘Titel’ is 201 tekens lang; maak er hoogstens 200 van."),
    "title on two lines": (put("Werkprocessen", "D2", "Ontvangt\ngasten"), "werkblad ‘Werkprocessen’, cel D2: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1: ‘Titel’ hoort op één regel te staan."),
    "no criteria": (delete_row("Criteria", "PVB-1", "B1-K1", "B1-K1-W1", "Productbeoordeling"), "werkblad ‘Onderdelen’, cel A3: Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel Productbeoordeling: op het werkblad ‘Criteria’ staat hier niets bij; voeg daar een of meer regels toe."),
    "formula": (put("Cijfers", "E5", "=9*3/10+1"), "werkblad ‘Cijfers’, cel E5: ‘Cijfer’ is een formule; kopieer de cel en plak die als waarde, of typ de uitkomst."),
    "fault of Excel's own": (put("Cijfers", "E5", "#DIV/0!"), "werkblad ‘Cijfers’, cel E5: ‘Cijfer’ is een foutmelding van Excel; zet er de waarde zelf neer."),
    "date that Excel made of it": (put("Kerntaken", "C2", date(2026, 1, 2)), "werkblad ‘Kerntaken’, cel C2: ‘Titel’ is een datum of tijd; maak er tekst van: zet er een ' voor."),
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_EXCEL)
def test_workbook_mistake_is_reported_with_cell_and_correction(client, staff, kind):
    edit, expected = IN_EXCEL[kind]
    faults = reported_faults(client, edited(edit), "gastheer.xlsx")
    assert any(fault.startswith("gastheer.xlsx") and expected in fault for fault in faults), faults


@pytest.mark.parametrize(
    "kind", ["code leads nowhere", "unknown part", "formula", "grade left empty", "code left empty", "code twice"]
)
def test_mistake_is_not_repeated_for_its_children(client, staff, kind):
    edit, _ = IN_EXCEL[kind]
    assert len(reported_faults(client, edited(edit), "gastheer.xlsx")) <= 2


def edited(edit: Edit) -> bytes:
    book = load_workbook(io.BytesIO(write_workbook(example())))
    edit(book)
    return saved(book)


def saved(book: Any) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_faults_are_in_the_order_of_the_sheets(client, staff):
    def edit(book: Any) -> None:
        put("Criteria", "F2", None)(book)
        put("Cijfers", "E5", "x")(book)
        put("Examen", "B5", 9)(book)

    places = [fault.split(",")[1] for fault in reported_faults(client, edited(edit), "g.xlsx")]
    assert places == [" werkblad ‘Examen’", " werkblad ‘Criteria’", " werkblad ‘Cijfers’"]


def test_unknown_code_is_reported_once(client, staff):
    def rename(book: Any) -> None:
        put("Exameneenheden", "A2", "PVB-9")(book)

    faults = reported_faults(client, edited(rename), "g.xlsx")
    assert len(faults) == 1


# --- Other files -----------------------------------------------------------------------------------
def zipped(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), part)
    return content.getvalue()


def other_workbook() -> bytes:
    book = Workbook()
    book.create_sheet("Namen")["A1"] = "Naam"
    return saved(book)


def far_down() -> bytes:
    return edited(put("Criteria", "A1048576", "x"))


ODD: dict[str, tuple[Callable[[], bytes], str]] = {
    "a workbook of something else": (other_workbook, "het werkblad ‘Examen’ ontbreekt"),
    "a zip bomb": (lambda: zipped(xl__workbook_xml=b"0" * (41 * 1024 * 1024)), "uitgepakt groter dan 40 MB"),
    "a zip of something else": (lambda: zipped(word__document_xml=b"x"), "Dit is geen Excel- of csv-bestand"),
    "half a workbook": (lambda: write_workbook(example())[:3000], "beschadigd of geen echt Excel-bestand"),
    "a workbook with a password": (
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
        "met een wachtwoord beveiligd",
    ),
    "something a million lines down": (far_down, "heeft meer dan 20.000 regels of 100.000 lege"),
    "nothing at all": (lambda: b"", "het bestand is leeg; kies het bestand waar het examen in staat."),
    "a comment alone": (lambda: b"# examen\n", "het bestand is leeg; kies het bestand waar het examen in staat."),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n", "dit is geen UTF-8"),
}


@pytest.mark.parametrize("kind", ODD)
def test_file_without_an_exam_is_refused(client, staff, kind):
    make, expected = ODD[kind]
    [fault, *_] = reported_faults(client, make(), "iets.xlsx")
    assert fault.startswith("iets.xlsx")
    assert expected in fault


def test_mistakes_of_every_kind_are_reported_at_once(client, staff):
    content = (
        example_source()
        .replace("cohort: 2026-2027", "cohort: 2026")
        .replace("level: 2", "level: 7")
        .replace("text: De bon klopt.", "tekst: De bon klopt.")
        .replace(TABLE, '"1.0", "3.3", "5.5", "7,8", "10.0"')
        .replace("title: Serveert", "code: B1-K1-W2\n            title: Serveert")
    )
    faults = "\n".join(reported_faults(client, content.encode(), "examen.yaml"))
    for words in (
        "'cohort' klopt niet",
        "'level' is het niveau",
        "'tekst' is onbekend",
        "bij 3 punten '7,8'",
        "stond er al",
    ):
        assert words in faults
    assert len(faults.splitlines()) == 5


def test_an_unread_level_causes_no_further_faults(client, staff):
    """The points above a part without criteria can't be checked; a grade elsewhere can."""
    without_criteria = example_source().replace("    criteria:\n", "    criterium:\n", 1).replace('"7.8"', '"7,8"')
    faults = reported_faults(client, without_criteria.encode(), "examen.yaml")
    assert [fault.split(": ", 2)[2][:30] for fault in faults] == [
        "het veld 'criterium' is onbeke",
        "'table' heeft bij 3 punten '7,",
    ]


def test_mistakes_in_cells_and_in_the_grading_are_reported_at_once(client, staff):
    book = load_workbook(io.BytesIO(write_workbook(example())))
    book["Examen"]["B5"] = "zeven"  # the level
    book["Criteria"]["F2"] = "=1+1"
    book["Onderdelen"]["E2"] = "twee"
    book["Kerntaken"]["D2"] = 99  # G from
    file = io.BytesIO()
    book.save(file)
    faults = "\n".join(reported_faults(client, file.getvalue(), "examen.xlsx"))
    for words in ("cel B5", "cel F2", "cel E2", "‘G vanaf’ is 99"):
        assert words in faults
    assert len(faults.splitlines()) == 4
