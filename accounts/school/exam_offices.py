"""The school's list of exam offices, which examencommissie and Schoolbeheer keep (source text, 'Examen afronden')."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from accounts.mailable import mailable
from accounts.models import ExamOffice, Role, School, User

from .changes import ChangedMeanwhile, log_office, mark

KEEPERS = (Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER)
NO_ADDRESS = "Dit is geen e-mailadres. Een e-mailadres ziet eruit als examenbureau@school.nl."


class ExamOfficeForm(forms.ModelForm):
    """An office of one of `schools`: a field where there are several and it is new."""

    class Meta:
        model = ExamOffice
        fields = ("school", "name", "email")

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["invalid"] = NO_ADDRESS
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset, field.empty_label = schools, "Kies de school"
        if self.instance.pk or len(schools) == 1:
            self.instance.school = self.instance.school if self.instance.pk else schools[0]
            del self.fields["school"]
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])

    def clean(self) -> None:
        school, email = self.cleaned_data.get("school") or self.instance.school, self.cleaned_data.get("email")
        if not email or not school:
            return
        same = ExamOffice.objects.annotate(lower=Lower("email")).filter(school=school, lower=email.lower())
        if there := same.exclude(pk=self.instance.pk).first():
            self.add_error("email", f"Dit adres staat al in de lijst, bij {there.name}.")

    def keep(self, *, by: User, opened: str = "") -> bool:
        """Saves and logs; false, said at the field, when another was adding the same address at this moment.

        Raises `ChangedMeanwhile` when an office is no longer what the form was `opened` with.
        """
        try:
            with transaction.atomic():
                before = ExamOffice.objects.select_for_update().filter(pk=self.instance.pk).first()
                was = str(before) if before else ""
                if before and mark(was) != opened:
                    raise ChangedMeanwhile("email")
                office = self.save()
                if str(office) != was:
                    log_office(office=office, before=was, after=str(office), by=by)
        except IntegrityError:
            self.add_error("email", "Dit adres staat al in de lijst.")
            return False
        return True


def _schools(user: User) -> QuerySet[School]:
    """Where the member keeps the list; 404 for someone who does so nowhere."""
    schools = user.schools_as(*KEEPERS).order_by("name")
    if not schools:
        raise Http404
    return schools


def get_office(user: User, pk: int) -> ExamOffice:
    """An office of a school where `user` keeps the list; else 404."""
    offices = ExamOffice.objects.select_related("school").filter(school__in=user.schools_as(*KEEPERS))
    return get_object_or_404(offices, pk=pk)


@require_http_methods(["GET", "POST"])
def offices(request: UserRequest) -> HttpResponse:
    """The list, and a form that adds to it."""
    schools = _schools(request.user)
    form = ExamOfficeForm(request.POST or None, schools=schools)
    if request.method == "POST" and form.is_valid() and form.keep(by=request.user):
        messages.success(request, f"{form.instance.name} is toegevoegd.")
        return redirect("accounts:exam_offices")
    listed = ExamOffice.objects.filter(school__in=schools).select_related("school").order_by("school__name", "name")
    context = {"form": form, "offices": listed, "several": len(schools) > 1}
    return render(request, "accounts/school/exam_offices.html", context)


@require_http_methods(["GET", "POST"])
def change(request: UserRequest, office_id: int) -> HttpResponse:
    office = get_office(request.user, office_id)
    opened = now = mark(str(office))
    form = ExamOfficeForm(request.POST or None, instance=office, schools=_schools(request.user))
    if request.method == "POST":
        opened = request.POST.get("opened", now)
        try:
            if form.is_valid() and form.keep(by=request.user, opened=opened):
                messages.success(request, f"{office.name} is opgeslagen.")
                return redirect("accounts:exam_offices")
        except ChangedMeanwhile:
            kept = get_office(request.user, office_id)
            said = f"Iemand anders wijzigde dit intussen in {kept.name}, {kept.email}."
            messages.warning(request, f"{said} Sla op als u toch uw eigen wijziging wilt.")
            opened = mark(str(kept))
    return render(
        request, "accounts/school/change_exam_office.html", {"form": form, "office": office, "opened": opened}
    )


@require_http_methods(["GET", "POST"])
def remove(request: UserRequest, office_id: int) -> HttpResponse:
    """Assessments keep the address that their PDF went to."""
    office = get_office(request.user, office_id)
    if request.method == "POST":
        with transaction.atomic():
            gone, _ = office.delete()
            if gone:  # not by someone else, a moment ago
                log_office(office=office, before=str(office), after="", by=request.user)
        messages.success(request, f"{office.name} staat niet meer in de lijst.")
        return redirect("accounts:exam_offices")
    return render(request, "accounts/school/remove_exam_office.html", {"office": office})
