from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.mail.message import sanitize_address

from .models import Contact


class ContactForm(forms.ModelForm):
    """Adds an examiner by hand; whether the address is there already is checked when it is added."""

    class Meta:
        model = Contact
        fields = ("first_name", "infix", "last_name", "email", "function", "organisation", "side")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["side"].widget = forms.RadioSelect(choices=Contact.Side.choices)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:  # what sending will do: a domain must be writable in ASCII
            sanitize_address(email, "utf-8")
        except ValueError:
            raise forms.ValidationError("Aan dit e-mailadres kan geen mail worden gestuurd.") from None
        return email
