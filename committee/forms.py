from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.mail.message import sanitize_address
from django.http import QueryDict

from accounts.models import ExamOffice, User
from addressbook.models import Contact
from assessments.models import Assessment, Document

OTHER = "ander"
LONGEST_ID = 18  # digits
NO_ADDRESS = "Dit is geen e-mailadres. Een e-mailadres ziet eruit als examenbureau@school.nl."


class FinaliseForm(forms.Form):
    """Where the PDF goes: an exam office of the school's list, or an address typed by hand.

    Once valid, `exam_office_email` is the address. `version` is the assessment's as it was shown.
    """

    office = forms.ChoiceField(label="Examenbureau", required=False, widget=forms.RadioSelect)
    email = forms.EmailField(
        label="E-mailadres van het examenbureau",
        required=False,
        max_length=254,
        error_messages={
            "invalid": NO_ADDRESS,
            "max_length": "Dit e-mailadres is te lang.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off", "data-other-address": OTHER}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, assessment: Assessment, by: User) -> None:
        self.offices = list(assessment.school.exam_offices.all())
        initial = {"office": _usual(self.offices, assessment, by), "version": assessment.version}
        super().__init__(data, initial=initial)
        choices = [(office.email, office.name) for office in self.offices]
        self.fields["office"] = forms.ChoiceField(
            label="Examenbureau",
            required=False,
            widget=forms.RadioSelect,
            choices=[*choices, (OTHER, "Een ander adres")],
        )

    @property
    def exam_office_email(self) -> str:
        office: str = self.cleaned_data["office"]
        return str(self.cleaned_data["email"]) if office in ("", OTHER) else office

    def clean(self) -> None:
        if self.errors:
            return
        office, email = self.cleaned_data["office"], self.cleaned_data["email"]
        if office not in ("", OTHER) and email:
            self.add_error("office", "U koos een examenbureau en vulde ook een ander adres in. Kies een van de twee.")
        if not email and office == OTHER:
            self.add_error("email", "Vul het e-mailadres van het examenbureau in.")
        if not email and not office:
            self.add_error("office", "Kies een examenbureau, of vul een ander adres in.")
        if self.errors:
            return
        try:  # what sending will do: a domain must be writable in ASCII
            sanitize_address(self.exam_office_email, "utf-8")
        except ValueError:
            self.add_error("email" if email else "office", NO_ADDRESS)


def _usual(offices: list[ExamOffice], assessment: Assessment, by: User) -> str:
    """The office that this member mailed last, or the only one there is; else nothing is chosen beforehand."""
    if not offices:
        return OTHER
    if len(offices) == 1:
        return offices[0].email
    last = Document.objects.filter(assessment__school=assessment.school, assessment__final_by=by)
    email = last.order_by("-created_at").values_list("exam_office_email", flat=True).first()
    return email if email in {office.email for office in offices} else ""


class ContactsField(forms.ModelMultipleChoiceField):
    """Refuses an id that no database holds before one is asked for it."""

    def clean(self, value: Any) -> Any:
        for given in value or ():
            if len(given) > LONGEST_ID:
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": given[:LONGEST_ID]})
        return super().clean(value)


class SendBackForm(forms.Form):
    """Which examiners look again, and why. Only examiners whose invitation stands can be asked."""

    examiners = ContactsField(queryset=Contact.objects.none())
    remark = forms.CharField(
        label="Opmerking",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Staat in de mail aan de examinator. Schrijf wat er aangepast of toegelicht moet worden.",
        error_messages={
            "required": "Schrijf erbij waarom u de beoordeling terugstuurt.",
            "max_length": "De opmerking mag %(limit_value)d tekens lang zijn; dit zijn er %(show_value)d.",
        },
    )

    def __init__(self, data: QueryDict | None = None, *, assessment: Assessment) -> None:
        super().__init__(data)
        contacts = Contact.objects.filter(
            pk__in=assessment.live_assignments.values("contact"),
            invitations__in=assessment.invitations.standing(),
        )
        self.fields["examiners"] = ContactsField(
            label="Terugsturen naar",
            queryset=contacts.order_by("last_name", "first_name", "pk"),
            widget=forms.CheckboxSelectMultiple,
            initial=contacts if len(contacts) == 1 else None,
            error_messages={"required": "Kies ten minste één examinator."},
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
