"""The school's list of exam offices, which its examencommissie keeps (source text, part C, 'Examen afronden')."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.core.mail.message import sanitize_address
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import ExamOffice, Role, School, User
from accounts.signed_in import UserRequest
from assessments.merge import mark

from .loading import get_schools
from .office_form import NO_ADDRESS


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
        email: str = self.cleaned_data["email"].strip()
        try:  # what sending will do: a domain must be writable in ASCII
            sanitize_address(email, "utf-8")
        except ValueError:
            raise forms.ValidationError(NO_ADDRESS) from None
        return email

    def clean(self) -> None:
        school, email = self.cleaned_data.get("school") or self.instance.school, self.cleaned_data.get("email")
        if not email or not school:
            return
        same = ExamOffice.objects.annotate(lower=Lower("email")).filter(school=school, lower=email.lower())
        if there := same.exclude(pk=self.instance.pk).first():
            self.add_error("email", f"Dit adres staat al in de lijst, bij {there.name}.")


def get_office(user: User, pk: int) -> ExamOffice:
    """An office of a school where `user` is in the committee; else 404."""
    offices = ExamOffice.objects.select_related("school").filter(school__in=user.schools_as(Role.EXAMENCOMMISSIE))
    return get_object_or_404(offices, pk=pk)


@require_http_methods(["GET", "POST"])
def offices(request: UserRequest) -> HttpResponse:
    """The list, and a form that adds to it."""
    schools = get_schools(request.user)
    form = ExamOfficeForm(request.POST or None, schools=schools)
    if request.method == "POST" and form.is_valid() and _save(form):
        messages.success(request, f"{form.instance.name} is toegevoegd.")
        return redirect("committee:offices")
    listed = ExamOffice.objects.filter(school__in=schools).select_related("school").order_by("school__name", "name")
    context = {"form": form, "offices": listed, "several": len(schools) > 1}
    return render(request, "committee/exam_offices.html", context)


@require_http_methods(["GET", "POST"])
def change(request: UserRequest, office_id: int) -> HttpResponse:
    office = get_office(request.user, office_id)
    now = mark(f"{office.name} {office.email}")
    opened = request.POST.get("opened", now)
    form = ExamOfficeForm(request.POST or None, instance=office, schools=get_schools(request.user))
    if request.method == "POST" and opened != now:
        kept = get_office(request.user, office_id)
        said = f"Iemand anders wijzigde dit intussen in {kept.name}, {kept.email}."
        messages.warning(request, f"{said} Sla op als u toch uw eigen wijziging wilt.")
    elif request.method == "POST" and form.is_valid() and _save(form):
        messages.success(request, f"{office.name} is opgeslagen.")
        return redirect("committee:offices")
    return render(request, "committee/change_office.html", {"form": form, "office": office, "opened": now})


def _save(form: ExamOfficeForm) -> bool:
    """False, said at the field, when another was adding the same address at this moment."""
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("email", "Dit adres staat al in de lijst.")
        return False
    return True


@require_http_methods(["GET", "POST"])
def remove(request: UserRequest, office_id: int) -> HttpResponse:
    """Assessments keep the address that their PDF went to."""
    office = get_office(request.user, office_id)
    if request.method == "POST":
        office.delete()
        messages.success(request, f"{office.name} staat niet meer in de lijst.")
        return redirect("committee:offices")
    return render(request, "committee/remove_office.html", {"office": office})
