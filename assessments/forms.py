from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineFormField, NameFormField, ProseFormField
from accounts.mailable import mailable

from . import sign, verification
from .attachments import LIMITS, check_files
from .models import Assessment, Invitation, Proposal


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Any number of files, checked one by one and together; cleans to a list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(SeveralFilesField, self).clean(file, initial) for file in data or []]
        check_files(files)
        return files


class MessageForm(forms.Form):
    """What goes along with an invitation (source text: 'Plaats eventueel een opmerking')."""

    remark = ProseFormField(
        label="Opmerking",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Staat in de mail boven de groene knop ‘Start beoordeling’.",
    )
    attachments = SeveralFilesField(label="Bijlagen", required=False, help_text=LIMITS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False


class CodeForm(forms.Form):
    """A document's verification code, typed as it is printed or nearly so."""

    code = LineFormField(
        label=_("Verificatiecode"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Staat op de eerste pagina van de pdf en onder aan elke pagina."),
        error_messages={"required": _("Vul de code in.")},
    )

    def clean_code(self) -> str:
        code = verification.tidy(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("Dit is geen hele code: een code is vijf groepjes van vier tekens."))
        return code


class WithdrawForm(forms.Form):
    """Why an examiner is not asked any more, for the colleagues who read it later."""

    reason = ProseFormField(
        label="Reden",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Niet verplicht. Staat in de geschiedenis, voor u en uw collega's.",
    )


class TogetherMessageForm(MessageForm):
    """The message for several students; one mail is what is sent unless the teacher says otherwise."""

    ONE, EACH = "een", "elk"

    mails = forms.ChoiceField(
        label="Aantal mails",
        required=False,
        initial=ONE,
        choices=[
            (ONE, "Eén mail per examinator, met een knop per student"),
            (EACH, "Een mail per student"),
        ],
        widget=forms.RadioSelect,
    )

    @property
    def one_mail(self) -> bool:
        """Once the form is valid: whether an examiner of several students gets a single mail."""
        return bool(self.cleaned_data["mails"] != self.EACH)


class PlanForm(forms.ModelForm):
    """When and where the exam is taken, as far as that is known when one starts."""

    class Meta:
        model = Assessment
        fields = ["planned_on", "place"]
        widgets = {
            "planned_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "place": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def clean_planned_on(self) -> date | None:
        """Refuses a year that was mistyped; one that was taken some weeks ago can still be assessed."""
        planned_on: date | None = self.cleaned_data["planned_on"]
        today = timezone.localdate()
        first, last = today - timedelta(days=365), today + timedelta(days=2 * 365)
        if planned_on and not first <= planned_on <= last:
            between = f"{date_format(first)} en {date_format(last)}"
            raise forms.ValidationError(f"Kies een datum tussen {between}.")
        return planned_on


class CompleteForm(forms.Form):
    """When, where and in what function the examiner assessed, and that it is theirs (source text: 'Afronden')."""

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
    seen = LineFormField(required=False)  # the `Rubric.mark` of what stands above it

    def __init__(
        self, data: QueryDict | None = None, *, invitation: Invitation, signature: sign.Signature | None = None
    ) -> None:
        super().__init__(data, initial=asdict(signature) if signature else sign.initial(invitation))
        self.assessment = invitation.assessment
        first, last = sign.days(self.assessment)
        self.fields["assessed_on"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}

    def clean_assessed_on(self) -> date:
        day: date = self.cleaned_data["assessed_on"]
        if problem := sign.date_problem(self.assessment, day):
            raise forms.ValidationError(problem)
        return day

    @property
    def asks_tick(self) -> bool:
        """Whether all that is missing is the examiner's tick at the declaration."""
        return set(self.errors) == {"confirmed"}

    @property
    def signature(self) -> sign.Signature:
        """Once the form is valid."""
        cleaned = self.cleaned_data
        return sign.Signature(cleaned["assessed_on"], cleaned["place"], cleaned["function"], cleaned["organisation"])


class ProposalForm(forms.ModelForm):
    """The colleague whom an examiner proposes. Whether that one can be is checked when it is saved."""

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
        for field in self.fields.values():  # a colleague's, where the browser would offer one's own
            field.widget.attrs["autocomplete"] = "off"

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])
