"""The demo's accounts, one per role: shown on the login page, created by `manage.py load_demo`."""

from typing import TypedDict

DEMO_SCHOOL = "ROC Rivierenland"
DEMO_PASSWORD = "digibeoordelen"  # noqa: S105 - shown on the login page of the demo


class DemoAccount(TypedDict):
    """`role` is a `Role` value, or CONSORTIUM for staff."""

    role: str
    role_label: str
    email: str
    first_name: str
    infix: str
    last_name: str


def _account(role: str, role_label: str, address: str, first_name: str, infix: str, last_name: str) -> DemoAccount:
    return DemoAccount(
        role=role,
        role_label=role_label,
        email=f"{address}@demo.example",
        first_name=first_name,
        infix=infix,
        last_name=last_name,
    )


DEMO_ACCOUNTS: list[DemoAccount] = [
    _account("DOCENT", "Docent", "docent", "Marijke", "de", "Boer"),
    _account("PRAKTIJKOPLEIDER", "Praktijkopleider", "praktijkopleider", "Kees", "", "Verhoeven"),
    _account("EXAMENCOMMISSIE", "Examencommissie", "examencommissie", "Fatima", "", "El Amrani"),
    _account("STUDENT", "Student", "student", "Anouk", "van 't", "Hoff"),
    _account("SCHOOLBEHEER", "Schoolbeheer", "schoolbeheer", "Joris", "", "Peters"),
    _account("CONSORTIUM", "Medewerker Consortium", "consortium", "Ingrid", "van", "Dam"),
]
