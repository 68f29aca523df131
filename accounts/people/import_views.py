"""Importing students and staff from Excel or CSV. For Schoolbeheer."""

from __future__ import annotations

from typing import Any

from accounts.importing.forms import FileForm
from accounts.importing.school_pages import SchoolListPages
from accounts.models import PeopleImport

from .forms import PeopleFileForm
from .importing.people import TEMPLATE


class PeoplePages(SchoolListPages):
    model = PeopleImport
    form = PeopleFileForm
    template = TEMPLATE
    filename = "studenten-en-medewerkers"
    namespace, name, templates = "school", "import", "accounts/people/import"

    def asked(self, form: FileForm) -> dict[str, Any]:
        return {"mails_now": form.cleaned_data["mails_now"]}

    def asked_again(self, prepared: PeopleImport) -> dict[str, Any]:
        return {"mails_now": "ja" if prepared.mails_now else "nee"}


pages = PeoplePages()
