"""A committee's list of exam offices, edited by its members and Schoolbeheer (source text, 'Examen afronden')."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest, confirmation
from accounts.mail.addresses import mailable
from accounts.models import ExamCommittee, ExamCommitteeQuerySet, ExamOffice, Role, User

from .changes import ChangedMeanwhile, fingerprint, log_office

NO_ADDRESS = "Dit is geen e-mailadres. Een e-mailadres ziet eruit als examenbureau@school.nl."


class ExamOfficeForm(forms.ModelForm):
    """An office of one of `committees`; a new one has a field for the committee if there are several."""

    class Meta:
        model = ExamOffice
        fields = ("committee", "name", "email")

    def __init__(self, *args: Any, committees: ExamCommitteeQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["invalid"] = NO_ADDRESS
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        field = self.fields["committee"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset, field.empty_label = committees, "Kies de examencommissie"
        if self.instance.pk or len(committees) == 1:
            self.instance.committee = self.instance.committee if self.instance.pk else committees[0]
            del self.fields["committee"]
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])

    def clean(self) -> None:
        own = None if "committee" in self.fields else self.instance.committee
        committee, email = self.cleaned_data.get("committee") or own, self.cleaned_data.get("email")
        if not email or not committee:
            return
        same = committee.exam_offices.annotate(lower=Lower("email")).filter(lower=email.lower())
        if existing := same.exclude(pk=self.instance.pk).first():
            self.add_error("email", f"Dit adres staat al in de lijst, bij {existing.name}.")

    def save_and_log(self, *, by: User, opened: str = "") -> bool:
        """Save; return False, with a field error, if the same address was added at the same time.

        Raise `ChangedMeanwhile` if the office no longer matches the fingerprint `opened`.
        """
        try:
            with transaction.atomic():
                before = ExamOffice.objects.select_for_update().filter(pk=self.instance.pk).first()
                was = str(before) if before else ""
                if before and fingerprint(was) != opened:
                    raise ChangedMeanwhile("email")
                office = self.save()
                if str(office) != was:
                    log_office(office=office, before=was, after=str(office), by=by)
        except IntegrityError:
            self.add_error("email", "Dit adres staat al in de lijst.")
            return False
        return True


def _committees(user: User) -> ExamCommitteeQuerySet:
    """Return the committees whose list `user` edits, by school; raise 404 if there are none."""
    of_schools = Q(school__in=user.schools_as(Role.SCHOOLBEHEER).order_by())
    own = Q(pk__in=ExamCommittee.objects.visible_to(user).order_by().values("pk"))
    committees = ExamCommittee.objects.filter(of_schools | own).select_related("school")
    committees = committees.order_by("school__name", "-is_default", Lower("name"))
    if not committees:
        raise Http404
    return committees


def get_office(user: User, pk: int) -> ExamOffice:
    """Return an office of a committee whose list `user` edits; else raise 404."""
    offices = ExamOffice.objects.select_related("committee__school").filter(committee__in=_committees(user).order_by())
    return get_object_or_404(offices, pk=pk)


@require_http_methods(["GET", "POST"])
def offices(request: UserRequest) -> HttpResponse:
    """Show the list, with a form that adds to it."""
    committees = _committees(request.user)
    form = ExamOfficeForm(request.POST or None, committees=committees)
    if request.method == "POST" and form.is_valid() and form.save_and_log(by=request.user):
        messages.success(request, f"{form.instance.name} is toegevoegd.")
        return redirect("accounts:exam_offices")
    exam_offices = ExamOffice.objects.filter(committee__in=committees.order_by()).select_related("committee__school")
    context = {
        "form": form,
        "offices": exam_offices.order_by("committee__school__name", "-committee__is_default", "committee", "name"),
        "several_schools": len({committee.school_id for committee in committees}) > 1,
        "several": len(committees) > 1,
    }
    return render(request, "accounts/school/exam_offices.html", context)


@require_http_methods(["GET", "POST"])
def change_office(request: UserRequest, office_id: int) -> HttpResponse:
    office = get_office(request.user, office_id)
    opened = now = fingerprint(str(office))
    form = ExamOfficeForm(request.POST or None, instance=office, committees=_committees(request.user))
    if request.method == "POST":
        opened = request.POST.get("opened", now)
        try:
            if form.is_valid() and form.save_and_log(by=request.user, opened=opened):
                messages.success(request, f"{office.name} is opgeslagen.")
                return redirect("accounts:exam_offices")
        except ChangedMeanwhile:
            current = get_office(request.user, office_id)
            message = f"Iemand anders wijzigde dit intussen in {current.name}, {current.email}."
            messages.warning(request, f"{message} Sla op als u toch uw eigen wijziging wilt.")
            opened = fingerprint(str(current))
    return render(
        request, "accounts/school/change_exam_office.html", {"form": form, "office": office, "opened": opened}
    )


@require_http_methods(["GET", "POST"])
def remove_office(request: UserRequest, office_id: int) -> HttpResponse:
    """Remove an office; assessments keep the address that their PDF was mailed to."""
    office = get_office(request.user, office_id)
    if request.method == "POST":
        with transaction.atomic():
            deleted, _ = office.delete()
            if deleted:  # else someone removed it at the same time
                log_office(office=office, before=str(office), after="", by=request.user)
        messages.success(request, f"{office.name} staat niet meer in de lijst.")
        return redirect("accounts:exam_offices")
    sentence = (
        f"{office.email} kan daarna niet meer uit de lijst worden gekozen. Wat al verzonden is blijft zoals het is."
    )
    back = (reverse("accounts:exam_offices"), "Terug naar examenbureaus")
    return confirmation(request, f"{office.name} verwijderen?", sentence, verb="Verwijderen", back=back)
