from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineFormField, NameFormField, ProseFormField
from accounts.mail.addresses import mailable
from assessments.models import Invitation, Proposal

from . import signature as examiner_signature


class CompleteForm(forms.Form):
    """When, where and in what function the examiner assessed, and the declaration (source text: 'Afronden')."""

    assessed_on = forms.DateField(
        label=_("Datum waarop u hebt beoordeeld"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Vul in wanneer u hebt beoordeeld.")},
    )
    place = LineFormField(label=_("Plaats"), required=False, max_length=120)
    function = NameFormField(label=_("Functie"), required=False, max_length=120)
    organisation = NameFormField(label=_("Organisatie"), required=False, max_length=160)
    confirmed = forms.BooleanField(
        label=_("Verklaring"),
        error_messages={"required": _("Vink aan dat u deze beoordeling zelf hebt gegeven.")},
    )
    fingerprint = LineFormField(required=False)  # `Rubric.open_fingerprint` of the summary

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        invitation: Invitation,
        signature: examiner_signature.Signature | None = None,
    ) -> None:
        super().__init__(data, initial=asdict(signature) if signature else examiner_signature.initial(invitation))
        self.assessment = invitation.assessment
        first, last = examiner_signature.days(self.assessment)
        self.fields["assessed_on"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}

    def clean_assessed_on(self) -> date:
        day: date = self.cleaned_data["assessed_on"]
        if problem := examiner_signature.date_problem(self.assessment, day):
            raise forms.ValidationError(problem)
        return day

    @property
    def only_tick_missing(self) -> bool:
        """Return whether only the tick at the declaration is missing."""
        return set(self.errors) == {"confirmed"}

    @property
    def signature(self) -> examiner_signature.Signature:
        """Return the signature; valid only after `is_valid()`."""
        cleaned = self.cleaned_data
        return examiner_signature.Signature(
            cleaned["assessed_on"], cleaned["place"], cleaned["function"], cleaned["organisation"]
        )


class ProposalForm(forms.ModelForm):
    """The colleague whom an examiner proposes; saving it checks whether the colleague is allowed."""

    class Meta:
        model = Proposal
        fields = ["first_name", "infix", "last_name", "email", "organisation", "function", "word"]
        labels = {
            "first_name": _("Voornaam"),
            "infix": _("Tussenvoegsel"),
            "last_name": _("Achternaam"),
            "email": _("E-mailadres"),
            "organisation": _("Organisatie"),
            "function": _("Functie"),
        }

    word = ProseFormField(
        label=_("Bericht aan de docent"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        for field in self.fields.values():  # it is the colleague's data, and the browser would fill in the examiner's
            field.widget.attrs["autocomplete"] = "off"

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])
