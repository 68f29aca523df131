"""The form for the PDF's address: an exam office of the school's list, or a typed one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import OuterRef, Subquery
from django.http import QueryDict

from accounts.fields import AddressFormField, LineFormField
from accounts.mail.addresses import mailable, normalise_address
from accounts.mail.domains import PUBLIC_HOSTS
from accounts.models import ExamCommittee, ExamOffice, School
from accounts.school.exam_offices import NO_ADDRESS
from assessments.models import Assessment, Document, Status
from exams.models import Exam

OTHER = "ander"


class OfficeForm(forms.Form):
    """Offer the committee's list; once valid, `exam_office_email` is the address.

    The initial choice is `proposed`, else the listed office that results of `exams` (ids) went to last. An address
    that is neither listed nor at a domain of the school must be confirmed: `sure` is the confirmed address, so that
    another one must be confirmed again. A listed office beside the proposed address, unchanged, is a choice for the
    office: the script that empties the field may not have run.
    """

    office = forms.ChoiceField(
        label="Examenbureau",
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Dit examenbureau staat niet meer in de lijst. Kies opnieuw."},
    )
    email = AddressFormField(
        label="E-mailadres van het examenbureau",
        required=False,
        max_length=254,
        error_messages={"invalid": NO_ADDRESS, "max_length": "Dit e-mailadres is te lang."},
        widget=forms.EmailInput(attrs={"autocomplete": "off", "data-other-address": OTHER}),
    )
    sure = LineFormField(label="Onbekend adres", required=False, max_length=254, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        committee: ExamCommittee,
        exams: Collection[int] = (),
        proposed: str = "",
        **initial: object,
    ) -> None:
        self.committee = committee
        self.offices = list(committee.exam_offices.all())
        self.unknown_address = ""
        emails = {office.email for office in self.offices}
        chosen = proposed or last_office(committee.school_id, exams)
        if chosen not in emails:
            chosen = OTHER if proposed or not emails else ""
        typed = proposed if proposed not in emails else ""
        super().__init__(_chosen(data, self.offices), initial={"office": chosen, "email": typed, **initial})
        fields: dict[str, Any] = self.fields
        fields["office"].choices = [*((o.email, o.name) for o in self.offices), (OTHER, "Een ander adres")]
        self.helper = FormHelper()
        self.helper.form_tag = False

    @property
    def only_tick_missing(self) -> bool:
        """Whether the only error is the missing confirmation of the address."""
        return bool(self.unknown_address)

    @property
    def exam_office_email(self) -> str:
        office: str = self.cleaned_data["office"]
        return str(self.cleaned_data["email"]) if office == OTHER else office

    def clean(self) -> None:
        if self.errors:
            return
        office, email = self.cleaned_data["office"], self.cleaned_data["email"]
        if office not in ("", OTHER) and "email" in self.changed_data and email:
            self.add_error("office", "U koos een examenbureau en vulde ook een ander adres in. Kies een van de twee.")
        if not email and office == OTHER:
            self.add_error("email", "Vul het e-mailadres van het examenbureau in.")
        if not office:
            self.add_error("office", "Kies een examenbureau, of vul een ander adres in.")
        if self.errors:
            return
        try:
            address = mailable(self.exam_office_email)
        except forms.ValidationError as error:
            self.add_error("email" if email else "office", error)
            return
        if office == OTHER:
            self.cleaned_data["email"] = address
        if (
            not is_known(address, school=self.committee.school)
            and normalise_address(self.cleaned_data["sure"]) != address
        ):
            self.unknown_address = address
            self.add_error(
                "sure", f"{address} staat niet in de lijst en is niet van de school. Zet een vinkje als het klopt."
            )


def _chosen(data: QueryDict | None, offices: list[ExamOffice]) -> QueryDict | None:
    """Return the data with 'Een ander adres' chosen where an address was typed, or the school has no list.

    Without a list also when an office of an older list was posted: the page has no other field.
    """
    if not data or (offices and (data.get("office") or not data.get("email"))):
        return data
    data = data.copy()
    data["office"] = OTHER
    return data


def is_known(address: str, *, school: School) -> bool:
    """Whether a committee of the school lists the address, or it is at a domain of the school or of a listed office."""
    offices = ExamOffice.objects.filter(committee__school=school)
    listed = [normalise_address(office.email) for office in offices]
    domains = ({domain(email) for email in listed} | set(school.mail_domain_list)) - PUBLIC_HOSTS
    return normalise_address(address) in listed or domain(address) in domains


def domain(address: str) -> str:
    return normalise_address(address).rpartition("@")[2]


def last_office(school: int, exams: Collection[int]) -> str:
    """Return the address that the newest final result of each exam at the school went to, or '' if they differ."""
    newest = Document.objects.current().filter(
        assessment__school=school, assessment__exam=OuterRef("pk"), assessment__status=Status.FINAL
    )
    email = newest.order_by("-assessment__status_since", "-assessment").values("exam_office_email")[:1]
    emails = set(Exam.objects.filter(pk__in=exams).order_by().values_list(Subquery(email), flat=True))
    return (emails.pop() or "") if len(emails) == 1 else ""


def offices_for(committees: Sequence[ExamCommittee], *, exams: Collection[int]) -> list[tuple[ExamOffice, bool]]:
    """Return the listed offices, and whether it is the one that results of `exams` went to last.

    [] for several committees: each has its own list.
    """
    if len(committees) != 1:
        return []
    offices = list(committees[0].exam_offices.all())
    last = last_office(committees[0].school_id, exams) if offices else ""
    return [(office, office.email == last) for office in offices]


class FinaliseForm(OfficeForm):
    """`proposed` is the address that another member proposed."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, assessment: Assessment, proposed: str = "") -> None:
        exams = [assessment.exam_id]
        super().__init__(
            data, committee=assessment.committee, exams=exams, proposed=proposed, version=assessment.version
        )

    @property
    def is_remembered(self) -> bool:
        """Whether a listed office is chosen: then 'Afronden' needs no page to ask it."""
        return self.initial["office"] not in ("", OTHER)


class SendAgainForm(OfficeForm):
    """`mail` is the id of the mail on the screen; its address is proposed."""

    mail = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, document: Document) -> None:
        committee, proposed = document.assessment.committee, document.exam_office_email
        super().__init__(data, committee=committee, proposed=proposed, mail=document.mail_id)
