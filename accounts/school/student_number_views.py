"""The page 'Studentnummers' of Schoolbeheer: find students and change their number."""

from __future__ import annotations

from datetime import timedelta

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.fields import LineFormField
from accounts.http import UserRequest
from accounts.models import STUDENT_NUMBER_LENGTH, Membership, NumberReport, Role, User
from accounts.models.number_formats import example, read_patterns

from .changes import ChangedMeanwhile, fingerprint
from .navigation import get_managed_school
from .student_numbers import NAME, change_number
from .student_search import search_students, without_number

REPORTS = 20  # on the page
RECENT = timedelta(days=30)


class NumberForm(forms.Form):
    number = LineFormField(
        label="Studentnummer",
        required=False,
        max_length=STUDENT_NUMBER_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = LineFormField(
        label="Reden",
        max_length=300,
        help_text="Komt bij ‘Wijzigingen’ te staan, zoals: verkeerd ingevuld, of nieuw nummer na overstap.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: object, student: Membership, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if accepted := read_patterns(student.school.number_forms):
            self.fields["number"].help_text = f"Zoals {' of '.join(map(example, accepted))}"
        self.helper = FormHelper()
        self.helper.form_tag = False


def get_student(user: User, school_id: int, membership_id: int) -> Membership:
    """Return a student of a school that `user` manages; else raise 404."""
    school = get_managed_school(user, school_id)
    students = school.memberships.filter(role=Role.STUDENT).select_related("user", "school")
    return get_object_or_404(students, pk=membership_id)


@require_GET
def find(request: UserRequest, school_id: int) -> HttpResponse:
    """Search students; without a query show those without a number, and the numbers reported by students."""
    school = get_managed_school(request.user, school_id)
    recent = NumberReport.objects.filter(student__school=school, at__gte=timezone.now() - RECENT)
    search = search_students(request.GET, school=school, default=lambda: without_number(school))
    context = {
        "school": school,
        "search": search,
        "page": search.page,
        "reports": recent.select_related("student__user")[:REPORTS],
    }
    return render(request, "accounts/school/student_numbers.html", context)


@require_http_methods(["GET", "POST"])
def edit_number(request: UserRequest, school_id: int, membership_id: int) -> HttpResponse:
    """Change a student's number, with the reason; show its earlier changes."""
    student = get_student(request.user, school_id, membership_id)
    opened = request.POST.get("opened", fingerprint(student.student_number))
    form = NumberForm(request.POST or None, initial={"number": student.student_number}, student=student)
    clashes = False
    if request.method == "POST" and form.is_valid():
        try:
            line = change_number(student=student, opened=opened, by=request.user, **form.cleaned_data)
        except ValidationError as refused:
            form.add_error("number", refused)
        except ChangedMeanwhile:
            clashes = True
            student.refresh_from_db(fields=["student_number"])
            opened = fingerprint(student.student_number)
        else:
            message = f"Het studentnummer van {student.user.full_name} is nu {line.after or 'leeg'}." if line else ""
            messages.success(request, message or "Er is niets veranderd.")
            return redirect("school:student_numbers", school_id)
    context = {"school": student.school, "student": student, "form": form, "opened": opened, "clashes": clashes}
    lines = student.changes.filter(name=NAME)
    return render(request, "accounts/school/change_number.html", {**context, "lines": lines})
