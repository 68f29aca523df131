"""Importing a list of students' dates from Excel or CSV. For Schoolbeheer."""

from __future__ import annotations

from typing import Any

from accounts.importing.views import SchoolListPages
from accounts.models import Role, School
from accounts.people.importing.people import number_of

from . import retention
from .import_dates import TEMPLATE
from .models import DatesImport


class DatesPages(SchoolListPages):
    model = DatesImport
    template = TEMPLATE
    filename = "datums"
    namespace, name, templates = "privacy", "dates", "assessments/import_dates"

    def start_context(self) -> dict[str, Any]:
        return {"notice": retention.NOTICE.days}

    def rows_context(self, page: Any, school: School) -> dict[str, Any]:
        """Each row of the page with whose it is: names are in no list, and not kept with it."""
        numbers = {row.line: number_of(row.values[0], school) for row in page}
        students = school.memberships.filter(role=Role.STUDENT, student_number__in={*numbers.values()} - {""})
        by_number = {student.student_number: student for student in students.select_related("user")}
        return {"rows": [(row, by_number.get(numbers[row.line])) for row in page], "notice": retention.NOTICE.days}


pages = DatesPages()
