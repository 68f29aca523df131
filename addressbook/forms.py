from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import QuerySet

from accounts.language import Language
from accounts.mail.addresses import mailable
from accounts.models import School

from .models import Contact


class DetailsForm(forms.ModelForm):
    """The editable fields of a contact with an account."""

    class Meta:
        model = Contact
        fields: tuple[str, ...] = ("function", "organisation")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def differences(self, contact: Contact) -> list[tuple[str, str, str]]:
        """Return (label, value of `contact`, submitted value) of the fields that differ."""
        labels = dict([*Contact.Side.choices, *Language.choices])
        differences = []
        for field in self:
            now, typed = getattr(contact, field.name), self.cleaned_data.get(field.name, "")
            if now != typed:
                differences.append((str(field.label), str(labels.get(now, now)), str(labels.get(typed, typed))))
        return differences


class ContactForm(DetailsForm):
    """A contact added by hand; saving checks whether the address is listed already."""

    folds_help = True

    class Meta(DetailsForm.Meta):
        fields = ("first_name", "infix", "last_name", "email", "function", "organisation", "side", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["side"].widget = forms.RadioSelect(choices=Contact.Side.choices)
        self.fields["language"].widget = forms.RadioSelect(choices=Language.choices)
        self.fields["language"].required = False  # default: unchanged

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or self.instance.language


class NewContactForm(ContactForm):
    """A new contact; with several `schools` the form asks which."""

    folds_help = False

    at_school = forms.ModelChoiceField(School.objects.none(), label="School", empty_label="Kies de school")

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = list(schools)
        if len(self.schools) == 1:
            del self.fields["at_school"]
            return
        self.order_fields(["at_school"])
        self.fields["at_school"].queryset = schools  # type: ignore[attr-defined]

    @property
    def school(self) -> School:
        """The school of a valid form."""
        school: School = self.cleaned_data.get("at_school") or self.schools[0]
        return school


def form_for(contact: Contact, data: Any = None) -> DetailsForm:
    """Return the form that edits `contact`, which itself is not modified: two fields if it has an account, else all."""
    instance = Contact.objects.get(pk=contact.pk) if data else contact
    if contact.user_id:
        return DetailsForm(data, instance=instance)
    form = ContactForm(data, instance=instance)
    form.fields["email"].help_text = (
        "Bij een ander adres gaan de uitnodigingen die nog lopen opnieuw op weg, naar het nieuwe adres. "
        "De links in de oude mails werken dan niet meer."
    )
    return form
