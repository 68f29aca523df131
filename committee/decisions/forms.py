"""The forms of the committee's decisions."""

from __future__ import annotations

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from accounts.fields import ProseFormField
from addressbook.models import Contact
from assessments.models import Appeal, Assessment, Status

from .cancel import COUNTS_AS_ATTEMPT

LONGEST_ID = 18  # digits


class ContactsField(forms.ModelMultipleChoiceField):
    """Refuse an id that exceeds a database integer."""

    def clean(self, value: Any) -> Any:
        for pk in value or ():
            if len(pk) > LONGEST_ID:
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": pk[:LONGEST_ID]})
        return super().clean(value)


class SendBackForm(forms.Form):
    """Only examiners with an active invitation can be chosen."""

    examiners = ContactsField(
        label="Terugsturen naar",
        queryset=Contact.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Kies ten minste één examinator."},
    )
    remark = ProseFormField(
        label="Opmerking",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
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
        fields: dict[str, Any] = self.fields
        fields["examiners"].queryset = contacts.order_by("sort_key", "pk")
        fields["examiners"].initial = contacts if len(contacts) == 1 else None
        self.helper = FormHelper()
        self.helper.form_tag = False


REASON_LENGTH = 2000
TOO_LONG = "Dit mag %(limit_value)d tekens lang zijn; het zijn er %(show_value)d."


class CommitteeForm(forms.Form):
    """A form that is rendered without its form tag."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True


def _reason(label: str, help_text: str, required: str) -> ProseFormField:
    return ProseFormField(
        label=label,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=help_text,
        error_messages={"required": required, "max_length": TOO_LONG},
    )


class CancelForm(CommitteeForm):
    """`version` and `seen` (the status) are the assessment's as shown; the template writes them."""

    folds_help = True

    USUAL, YES, NO = "gebruikelijk", "ja", "nee"

    kind = forms.ChoiceField(
        label="Reden",
        choices=[
            (kind.value, f"{kind.label} (telt {'' if counts else 'niet '}als poging)")
            for kind, counts in COUNTS_AS_ATTEMPT.items()
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Kies waarom u de beoordeling intrekt."},
    )
    reason = _reason(
        "Toelichting",
        "De student leest dit bij ‘Mijn examens’, en de docent bij de beoordeling. Schrijf wat er is gebeurd, zonder "
        "namen van anderen. In mails staat het niet.",
        "Schrijf in een paar woorden wat er is gebeurd.",
    )
    counts = forms.ChoiceField(
        label="Telt als poging",
        choices=[
            (USUAL, "Zoals hierboven achter de reden staat"),
            (YES, "Ja, wat de reden ook is: de volgende is een herkansing"),
            (NO, "Nee, wat de reden ook is: de volgende is geen herkansing"),
        ],
        initial=USUAL,
        widget=forms.RadioSelect,
        help_text="Gewoonlijk telt het als de student de kans had gekregen, en niet als er buiten de student om iets "
        "misging.",
        error_messages={"required": "Kies of dit als poging telt."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.ChoiceField(choices=Status.choices, widget=forms.HiddenInput)

    @property
    def counts_as_attempt(self) -> bool | None:
        """The choice of a valid form; None leaves it to the kind."""
        return {self.YES: True, self.NO: False}.get(self.cleaned_data["counts"])


class WithdrawFinalForm(CommitteeForm):
    reason = _reason(
        "Reden",
        "Staat in de mail aan het examenbureau en in de geschiedenis, die ook de docent leest. De student krijgt "
        "bericht dat het resultaat is ingetrokken, zonder deze reden.",
        "Geef een reden op.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class DayField(forms.DateField):
    """A required day from the browser's picker, or typed as 23-11-2026."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d", "%d-%m-%Y"],
            error_messages={
                "required": "Vul een datum in.",
                "invalid": "Dit is geen datum. Een datum ziet eruit als 23-11-2026.",
            },
            **kwargs,
        )


def _refuse_outside(day: date, *, first: date, what: str) -> date:
    if day > timezone.localdate():
        raise forms.ValidationError("Deze datum moet nog komen.")
    if day < first:
        raise forms.ValidationError(f"Dit is voor {date_format(first)}: {what}.")
    return day


class MarkAppealForm(CommitteeForm):
    """An appeal that came too late is accepted, too."""

    received_on = DayField(label="Ontvangen op", initial=timezone.localdate)
    note = ProseFormField(
        label="Notitie",
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Bijvoorbeeld waar het dossier staat; alleen de examencommissie leest dit.",
        error_messages={"max_length": TOO_LONG},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, assessment: Assessment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.assessment = assessment

    def clean_received_on(self) -> date:
        made = self.assessment.documents.order_by("number").values_list("created_at", flat=True).first()
        first = timezone.localdate(made or self.assessment.final_at)
        return _refuse_outside(self.cleaned_data["received_on"], first=first, what="toen was er nog geen resultaat")


class CloseAppealForm(CommitteeForm):
    outcome = forms.ChoiceField(
        label="Uitkomst",
        choices=Appeal.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Kies wat er van het bezwaar is gekomen."},
    )
    closed_on = DayField(label="Afgehandeld op", initial=timezone.localdate)

    def __init__(self, *args: Any, appeal: Appeal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.appeal = appeal

    def clean_closed_on(self) -> date:
        first = self.appeal.received_on
        return _refuse_outside(self.cleaned_data["closed_on"], first=first, what="toen was het bezwaar er nog niet")
