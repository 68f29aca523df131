"""P6: importing contacts from Excel / openpyxl reading the same file plus a bulk insert of the same contacts.

Ours is all steps: reading, validating, storing the preview, validating again under lock, writing.
"""

from __future__ import annotations

import io

from openpyxl import Workbook, load_workbook

from accounts.importing.job import import_previewed
from accounts.importing.preview import prepare
from accounts.models import Role, School, User
from addressbook.importing.contacts import HEADERS
from addressbook.models import Contact, Import
from bench.figure import Figure, Measured, alternate

ROWS = 10_000
RUNS = 5


def measure(scale: float) -> Measured:
    count = max(1, round(ROWS * scale))
    content = _workbook(count)
    docent = User.objects.create_user("p6@school.test", first_name="Dirk", last_name="Docent")

    def ours(run: int) -> None:
        school = _school(f"P6 ours {run}", docent)
        prepared = prepare(Import, school=school, by=docent, file=io.BytesIO(content), filename="lijst.xlsx")
        import_previewed(prepared)
        assert school.contacts.filter(user=None).count() == count

    def reference(run: int) -> None:
        school = _school(f"P6 reference {run}", docent)
        _read_and_insert(content, school)
        assert school.contacts.filter(user=None).count() == count

    return alternate(ours=ours, reference=reference, runs=RUNS)


def _read_and_insert(content: bytes, school: School) -> None:
    book = load_workbook(io.BytesIO(content), read_only=True)
    rows = book.worksheets[0].iter_rows(min_row=2, values_only=True)
    contacts = []
    for row in rows:
        values = [str(cell or "") for cell in row]
        contact = Contact(school=school, **dict(zip(HEADERS, values, strict=True)))
        contact.side = Contact.Side.SCHOOL if contact.side == "School" else Contact.Side.WORKPLACE
        contact.language = "nl"
        contact.search_text = " ".join(values[:-2]).lower()
        contacts.append(contact)
    Contact.objects.bulk_create(contacts)


def _school(name: str, docent: User) -> School:
    school = School.objects.create(name=name, digital_assessment_active=True)
    school.memberships.create(user=docent, role=Role.DOCENT)
    return school


def _workbook(count: int) -> bytes:
    """Return a realistic list: few organisations and functions, distinct names and addresses."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Examinatoren")
    sheet.append(list(HEADERS.values()))
    for number in range(count):
        side = "School" if number % 10 == 0 else "Beroepsonderwijs"
        last = f"{('Müller', 'Hoff', 'Jansen', 'Citroën')[number % 4]} {number}"
        email = f"examinator.{number}@bedrijf{number % 300}.test"
        bakery = f"Bakkerij {number % 300}"
        sheet.append(["Anouk", "van 't", last, email, "Praktijkopleider", bakery, side, "Nederlands"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


FIGURE = Figure(name="P6", what="contact-import", goal=1.5, measure=measure)
