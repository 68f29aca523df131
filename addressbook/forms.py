from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import QuerySet

from accounts.language import Language
from accounts.mailable import mailable
from accounts.models import School

from .models import Contact


class DetailsForm(forms.ModelForm):
    """'Functie' and 'Organisatie': what can be changed of someone whose details come from an account."""

    class Meta:
        model = Contact
        fields: tuple[str, ...] = ("function", "organisation")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def differences(self, contact: Contact) -> list[tuple[str, str, str]]:
        """(label, what `contact` has, what was filled in here) of the fields that differ, for the screen."""
        words = dict([*Contact.Side.choices, *Language.choices])
        found = []
        for field in self:
            now, typed = getattr(contact, field.name), self.cleaned_data.get(field.name, "")
            if now != typed:
                found.append((str(field.label), str(words.get(now, now)), str(words.get(typed, typed))))
        return found


class ContactForm(DetailsForm):
    """Someone added by hand; whether the address is there already is checked when it is saved."""

    class Meta(DetailsForm.Meta):
        fields = ("first_name", "infix", "last_name", "email", "function", "organisation", "side", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["side"].widget = forms.RadioSelect(choices=Contact.Side.choices)
        self.fields["language"].widget = forms.RadioSelect(choices=Language.choices)
        self.fields["language"].required = False  # Dutch, or what it was

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or self.instance.language


class NewContactForm(ContactForm):
    """Someone new, at one of `schools`: a field when there are several."""

    at_school = forms.ModelChoiceField(School.objects.none(), label="School", empty_label="Kies de school")

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = list(schools)
        if len(self.schools) == 1:
            del self.fields["at_school"]
            return
        self.order_fields(["at_school"])
        field = self.fields["at_school"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = schools

    @property
    def school(self) -> School:
        """The school of a valid form."""
        chosen: School = self.cleaned_data.get("at_school") or self.schools[0]
        return chosen


def form_for(contact: Contact, data: Any = None) -> DetailsForm:
    """The form that edits `contact`: all fields of who was added by hand, two of who has an account.

    What is typed does not show in `contact` itself.
    """
    own = Contact.objects.get(pk=contact.pk) if data else contact
    if contact.user_id:
        return DetailsForm(data, instance=own)
    form = ContactForm(data, instance=own)
    form.fields["email"].help_text = (
        "Bij een ander adres gaan de uitnodigingen die nog lopen opnieuw op weg, naar het nieuwe adres. "
        "De links in de oude mails werken dan niet meer."
    )
    return form
