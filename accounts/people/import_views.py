"""Importing students and staff from Excel or CSV, for Schoolbeheer."""

from __future__ import annotations

from typing import Any

from accounts.auth.rate_limits import LISTS_BY_USER
from accounts.importing.columns import Outcome, Row
from accounts.importing.forms import FileForm
from accounts.importing.views import SchoolListPages
from accounts.language import Language
from accounts.models import PeopleImport, Role, School

from .forms import PeopleFileForm
from .importing.people import COLUMNS, NUMBER, ROLE, TEMPLATE

ROLE_AT, NUMBER_AT, LANGUAGE_AT = COLUMNS.index(ROLE), COLUMNS.index(NUMBER), len(COLUMNS) - 1


class PeoplePages(SchoolListPages):
    model = PeopleImport
    form = PeopleFileForm
    template = TEMPLATE
    filename = "studenten-en-medewerkers"
    namespace, name = "school", "import"
    title = "Lijst van studenten en medewerkers importeren"
    back = ("school:people", "Terug naar mensen en rollen")
    explained = (
        "Vul een leeg template in en sla het op, of gebruik een eigen lijst met dezelfde kolomnamen. "
        "Voornaam, achternaam en e-mailadres zijn verplicht, en een rol of een studentnummer."
    )
    preview_template = "accounts/people/import_preview.html"
    limit = LISTS_BY_USER

    def extra_fields(self, form: FileForm) -> dict[str, Any]:
        return {"mails_now": form.cleaned_data["mails_now"], "ends": form.cleaned_data["ends"]}

    def rows_context(self, page: Any, school: School) -> dict[str, Any]:
        """Add the role, number and language that each line would give, for the preview."""
        rows = [
            {"entry": row, "roles": _roles_of(row), "number": row.values[NUMBER_AT], "language": _language_of(row)}
            for row in page
        ]
        return {"rows": rows}

    def extra_data(self, prepared: PeopleImport) -> dict[str, Any]:
        return {"mails_now": "ja" if prepared.mails_now else "nee", "ends": prepared.ends}


def _roles_of(row: Row) -> str:
    """Return the typed role; the default if there is only a student number."""
    return row.values[ROLE_AT] or (str(Role.STUDENT.label) if row.values[NUMBER_AT] else "")


def _language_of(row: Row) -> str:
    """Return the typed language; the default for a new person."""
    return row.values[LANGUAGE_AT] or (str(Language.DUTCH.label) if row.outcome == Outcome.NEW else "")


pages = PeoplePages()
