"""The examiner's signature: name, function and organisation as in the PDF, and the date and place.

Stored with the invitation on completion, so that a later change in the address book does not alter it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.text import clean_line
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Invitation

TYPED = {
    "assessed_on": 10,
    "place": 120,
    "function": 120,
    "organisation": 160,
}  # fields of the summary: maximum length in characters
BEFORE_START = timedelta(days=365)  # an exam taken before the assessment was started can still be assessed


@dataclass(frozen=True)
class Signature:
    """What the examiner may correct for this assessment; the name comes from the address book."""

    assessed_on: date
    place: str = ""
    function: str = ""
    organisation: str = ""


def days(assessment: Assessment) -> tuple[date, date]:
    """Return the first and last valid day of the assessment."""
    return timezone.localdate(assessment.created_at) - BEFORE_START, timezone.localdate()


def date_problem(assessment: Assessment, day: date) -> str:
    """Return why a day is invalid, translated for the examiner; '' for a valid one."""
    first, last = days(assessment)
    if day > last:
        return _("Deze datum ligt in de toekomst. Vul in wanneer u hebt beoordeeld.")
    if day < first:
        return _("Kies een datum vanaf %(first)s.") % {"first": date_format(first)}
    return ""


def proposed(invitation: Invitation) -> Signature:
    """Return the last signature, else one from the address book and the plan."""
    contact, assessment = invitation.contact, invitation.assessment
    if invitation.assessed_on:
        return Signature(
            assessed_on=invitation.assessed_on,
            place=invitation.assessed_place,
            function=invitation.signed_function,
            organisation=invitation.signed_organisation,
        )
    planned = assessment.planned_on
    is_valid = planned is not None and not date_problem(assessment, planned)
    return Signature(
        assessed_on=planned if planned and is_valid else timezone.localdate(),
        place=assessment.place,
        function=contact.function,
        organisation=contact.organisation,
    )


def initial(invitation: Invitation) -> dict[str, Any]:
    """Return the initial values of the summary's fields: the last typed values, else `proposed`."""
    return {**asdict(proposed(invitation)), **invitation.typed_signature}


def keep_typed(*, invitation: Invitation, typed: Mapping[str, str]) -> None:
    """Store the summary's fields as typed, valid or not, for when the examiner returns to the form first."""
    fields = {name: clean_line(typed[name])[:length] for name, length in TYPED.items() if name in typed}
    Invitation.objects.filter(pk=invitation.pk).update(typed_signature=fields)


def keep(*, invitation: Invitation, signature: Signature) -> None:
    """Sign, which also ends the committee's question; call it inside `lifecycle.locked()`.

    Raises `DomainError` for an impossible date.
    """
    problem = date_problem(invitation.assessment, signature.assessed_on)
    if problem:
        raise lifecycle.DomainError(problem)
    invitation.signed_name = invitation.contact.full_name
    invitation.signed_function = signature.function
    invitation.signed_organisation = signature.organisation
    invitation.assessed_on, invitation.assessed_place = signature.assessed_on, signature.place
    invitation.committee_remark, invitation.typed_signature = "", {}
    invitation.save(
        update_fields=[
            "signed_name",
            "signed_function",
            "signed_organisation",
            "assessed_on",
            "assessed_place",
            "committee_remark",
            "typed_signature",
        ]
    )


def read(assessment: Assessment) -> dict[int, Invitation]:
    """Return the signed invitations by contact id, including withdrawn ones."""
    signed = assessment.invitations.filter(assessed_on__isnull=False)
    return {invitation.contact_id: invitation for invitation in signed}


def as_json(signed: Invitation | None, *, contact: Contact) -> dict[str, Any]:
    """Return the signature as the PDF shows it; without one, the data of the address book."""
    if signed is None or signed.assessed_on is None:
        fields = {"name": contact.full_name, "function": contact.function, "organisation": contact.organisation}
        return {**fields, "assessed_on": None, "place": ""}
    return {
        "name": signed.signed_name,
        "function": signed.signed_function,
        "organisation": signed.signed_organisation,
        "assessed_on": signed.assessed_on.isoformat(),
        "place": signed.assessed_place,
    }
