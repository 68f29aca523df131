from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from accounts.models import School
from exchange.models import Webhook, WebhookType
from exchange.outgoing import check_url


class WebhookForm(forms.ModelForm):
    """A webhook's name, address and messages; its secret is made by us."""

    types = forms.MultipleChoiceField(
        label="Berichten", choices=WebhookType.choices, widget=forms.CheckboxSelectMultiple
    )
    folds_help = True

    class Meta:
        model = Webhook
        fields = ["name", "url", "types", "is_active"]
        help_texts = {
            "name": "Zoals u het systeem noemt dat de berichten krijgt.",
            "url": "Begint met https:// en is van buiten bereikbaar.",
            "is_active": "Uit: wat intussen gebeurt, wordt 30 dagen bewaard en verzonden zodra u hem aanzet.",
        }

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.school = school
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_url(self) -> str:
        check_url(self.cleaned_data["url"])
        return str(self.cleaned_data["url"])

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if self.instance.school.webhooks.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Er is al een webhook met deze naam.")
        return name
