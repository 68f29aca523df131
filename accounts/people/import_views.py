"""Importing students and staff from Excel or CSV, for Schoolbeheer."""

from __future__ import annotations

from typing import Any

from celery import shared_task

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
    namespace, name, templates = "school", "import", "accounts/people/import"
    limit = LISTS_BY_USER

    def asked(self, form: FileForm) -> dict[str, Any]:
        return {"mails_now": form.cleaned_data["mails_now"]}

    def rows_context(self, page: Any, school: School) -> dict[str, Any]:
        """Add the role, number and language that each line would give, for the preview."""
        return {"rows": [(row, _roles_of(row), row.values[NUMBER_AT], _language_of(row)) for row in page]}

    def asked_again(self, prepared: PeopleImport) -> dict[str, Any]:
        return {"mails_now": "ja" if prepared.mails_now else "nee"}


def _roles_of(row: Row) -> str:
    """Return the typed role; the default if there is only a student number."""
    return row.values[ROLE_AT] or (str(Role.STUDENT.label) if row.values[NUMBER_AT] else "")


def _language_of(row: Row) -> str:
    """Return the typed language; the default for a new person."""
    return row.values[LANGUAGE_AT] or (str(Language.DUTCH.label) if row.outcome == Outcome.NEW else "")


pages = PeoplePages()


@shared_task(name="accounts.tasks.work_on_import")
def work_on_import(import_id: int) -> None:
    """Read a long list of people, or import its preview."""
    from accounts.importing.job import work
    from accounts.models import PeopleImport

    work(PeopleImport, import_id)


@shared_task(name="accounts.tasks.sweep_imports")
def sweep_imports() -> None:
    """Restart lists that a crash left waiting."""
    from accounts.importing.job import waiting_ids
    from accounts.models import PeopleImport

    for import_id in waiting_ids(PeopleImport):
        work_on_import.delay(import_id)


@shared_task(name="accounts.tasks.forget_imports")
def purge_imports() -> None:
    """Delete old lists, imported or not."""
    from accounts.models import PeopleImport

    PeopleImport.objects.forget_old()
