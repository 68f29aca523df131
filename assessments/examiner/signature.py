"""What an examiner signs with: name, function and organisation as the PDF has them, and when and where it was.

It is kept with the invitation when the examiner completes, so that a later change in the address
book does not rewrite a signed assessment.
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

TYPED = {"assessed_on": 10, "place": 120, "function": 120, "organisation": 160}  # the summary's fields: characters
BEFORE_START = timedelta(days=365)  # what was taken before the assessment was started here can still be assessed


@dataclass(frozen=True)
class Signature:
    """What the examiner may correct for this assessment; the name is the address book's."""

    assessed_on: date
    place: str = ""
    function: str = ""
    organisation: str = ""


def days(assessment: Assessment) -> tuple[date, date]:
    """The first and the last day that can be the day of the assessment."""
    return timezone.localdate(assessment.created_at) - BEFORE_START, timezone.localdate()


def date_problem(assessment: Assessment, day: date) -> str:
    """What is wrong with a day, in words for the examiner; empty when nothing is."""
    first, last = days(assessment)
    if day > last:
        return _("Deze datum ligt in de toekomst. Vul in wanneer u hebt beoordeeld.")
    if day < first:
        return _("Kies een datum vanaf %(first)s.") % {"first": date_format(first)}
    return ""


def proposed(invitation: Invitation) -> Signature:
    """What stands in the form: what was signed before, else what the address book and the plan say."""
    contact, assessment = invitation.contact, invitation.assessment
    if invitation.assessed_on:
        return Signature(
            assessed_on=invitation.assessed_on,
            place=invitation.assessed_place,
            function=invitation.signed_function,
            organisation=invitation.signed_organisation,
        )
    planned = assessment.planned_on
    known = planned is not None and not date_problem(assessment, planned)
    return Signature(
        assessed_on=planned if planned and known else timezone.localdate(),
        place=assessment.place,
        function=contact.function,
        organisation=contact.organisation,
    )


def initial(invitation: Invitation) -> dict[str, Any]:
    """What the summary's fields begin with: what was typed there before, else what is `proposed`."""
    return {**asdict(proposed(invitation)), **invitation.typed_signature}


def keep_typed(*, invitation: Invitation, typed: Mapping[str, str]) -> None:
    """Keeps the summary's fields as they were typed, right or wrong, for who goes back to the form first."""
    kept = {name: clean_line(typed[name])[:length] for name, length in TYPED.items() if name in typed}
    Invitation.objects.filter(pk=invitation.pk).update(typed_signature=kept)


def keep(*, invitation: Invitation, signature: Signature) -> None:
    """Signs; the committee's question is answered with it. Call it inside `lifecycle.locked()`.

    Raises `DomainError` for a date that can't be.
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
    """The signed invitations by contact id, withdrawn ones too: what was completed keeps its signature."""
    signed = assessment.invitations.filter(assessed_on__isnull=False)
    return {invitation.contact_id: invitation for invitation in signed}


def as_json(signed: Invitation | None, *, contact: Contact) -> dict[str, Any]:
    """Who assessed, when and where, as the PDF says it; of what was completed before one signed, the address book's."""
    if signed is None or signed.assessed_on is None:
        who = {"name": contact.full_name, "function": contact.function, "organisation": contact.organisation}
        return {**who, "assessed_on": None, "place": ""}
    return {
        "name": signed.signed_name,
        "function": signed.signed_function,
        "organisation": signed.signed_organisation,
        "assessed_on": signed.assessed_on.isoformat(),
        "place": signed.assessed_place,
    }
