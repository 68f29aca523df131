from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict

from accounts.fields import ProseFormField
from addressbook.models import Contact
from assessments.models import Assessment, Document

from .office_form import OfficeForm

LONGEST_ID = 18  # digits


class FinaliseForm(OfficeForm):
    """`version` is the assessment's as it was shown; `proposed` the address that another member proposed."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, assessment: Assessment, proposed: str = "") -> None:
        exams = [assessment.exam_id]
        super().__init__(data, school=assessment.school, exams=exams, proposed=proposed, version=assessment.version)


class SendAgainForm(OfficeForm):
    """`mail` is the id of the mail that was on the screen; its address is proposed."""

    mail = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, document: Document) -> None:
        school, proposed = document.assessment.school, document.exam_office_email
        super().__init__(data, school=school, proposed=proposed, mail=document.mail_id)


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
    remark = ProseFormField(
        label="Opmerking",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Staat in de mail aan de examinator. Schrijf wat er aangepast of toegelicht moet worden.",
        error_messages={
            "required": "Schrijf erbij waarom u de beoordeling terugstuurt.",
            "max_length": "De opmerking mag %(limit_value)d tekens lang zijn; dit zijn er %(show_value)d.",
        },
    )

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, assessment: Assessment) -> None:
        super().__init__(data, initial={"version": assessment.version})
        contacts = Contact.objects.filter(
            pk__in=assessment.live_assignments.values("contact"),
            invitations__in=assessment.invitations.standing(),
        )
        self.fields["examiners"] = ContactsField(
            label="Terugsturen naar",
            queryset=contacts.order_by("sort_key", "pk"),
            widget=forms.CheckboxSelectMultiple,
            initial=contacts if len(contacts) == 1 else None,
            error_messages={"required": "Kies ten minste één examinator."},
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
