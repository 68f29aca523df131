from __future__ import annotations

from typing import Any

from django import forms

from exchange.models import Receiver
from exchange.outgoing import check_url


class ReceiverForm(forms.ModelForm):
    """Where results go. The secret is never shown; empty keeps it, unless the client or an address changes."""

    folds_help = True

    class Meta:
        model = Receiver
        fields = [
            "kind",
            "base_url",
            "token_url",
            "client_id",
            "client_secret",
            "takes_results",
            "takes_reports",
            "is_active",
        ]
        widgets = {"client_secret": forms.PasswordInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._secret = self.instance.client_secret
        if self._secret:
            self.fields["client_secret"].required = False
            self.fields["client_secret"].help_text = "Leeg laten: het geheim blijft zoals het is."

    def clean_base_url(self) -> str:
        check_url(self.cleaned_data["base_url"])
        return str(self.cleaned_data["base_url"])

    def clean_token_url(self) -> str:
        check_url(self.cleaned_data["token_url"])
        return str(self.cleaned_data["token_url"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("client_secret") and "client_secret" not in self.errors:
            # Otherwise changing the address would send the stored secret to it.
            if {"token_url", "client_id"} & set(self.changed_data):
                self.add_error("client_secret", "Vul het geheim opnieuw in bij een ander adres of een andere client.")
            data["client_secret"] = self._secret
        return data
