from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineFormField

from . import verification


class CodeForm(forms.Form):
    """A document's verification code, typed as it is printed or nearly so."""

    code = LineFormField(
        label=_("Verificatiecode"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Op de eerste pagina van de pdf en onder aan elke pagina"),
        error_messages={"required": _("Vul de code in.")},
    )

    def clean_code(self) -> str:
        code = verification.tidy(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("Dit is geen hele code: een code is vijf groepjes van vier tekens."))
        return code
