"""The demo's accounts, one per role: shown on the login page, created by `manage.py load_demo`."""

from typing import TypedDict

DEMO_SCHOOL = "ROC Rivierenland"
DEMO_PASSWORD = "digibeoordelen"  # noqa: S105 - shown on the login page of the demo


class DemoAccount(TypedDict):
    """`role` is a `Role` value, or CONSORTIUM for staff; `to_try` is a sentence on what there is to see."""

    role: str
    role_label: str
    email: str
    first_name: str
    infix: str
    last_name: str
    to_try: str


def _account(
    role: str, role_label: str, address: str, first_name: str, infix: str, last_name: str, *, to_try: str
) -> DemoAccount:
    return DemoAccount(
        role=role,
        role_label=role_label,
        email=f"{address}@demo.example",
        first_name=first_name,
        infix=infix,
        last_name=last_name,
        to_try=to_try,
    )


DEMO_ACCOUNTS: list[DemoAccount] = [
    _account(
        *("DOCENT", "Docent", "docent", "Marijke", "de", "Boer"),
        to_try="Kijk wie te laat is, stuur een herinnering en start zelf een beoordeling.",
    ),
    _account(
        *("PRAKTIJKOPLEIDER", "Praktijkopleider", "praktijkopleider", "Kees", "", "Verhoeven"),
        to_try="Open de mail met de uitnodiging aan Kees Verhoeven en vul het formulier in.",
    ),
    _account(
        *("EXAMENCOMMISSIE", "Examencommissie", "examencommissie", "Fatima", "", "El Amrani"),
        to_try="Beslis over een geschil, rond een beoordeling af en bekijk ‘Beeld van het werk’.",
    ),
    _account(
        *("STUDENT", "Student", "student", "Anouk", "van 't", "Hoff"),
        to_try="Bekijk uw resultaat en de herkansing, en open de pdf.",
    ),
    _account(
        *("SCHOOLBEHEER", "Schoolbeheer", "schoolbeheer", "Joris", "", "Peters"),
        to_try="Geef een collega een rol, of zet vier ogen bij het afronden aan.",
    ),
    _account(
        *("CONSORTIUM", "Medewerker Consortium", "consortium", "Ingrid", "van", "Dam"),
        to_try="Lees een examen in en bekijk welke scholen digitaal beoordelen.",
    ),
]
