"""What a member should look at before a result becomes final. None of it forbids anything."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import User
from addressbook.models import Contact
from assessments.rubric import Rubric

FEW_WORDS = 3


def concerns(rubric: Rubric, *, by: User) -> Iterator[str]:
    """A sentence for each; the rubric was laid over. `by` is who is about to make it final.

    One examiner on everything, an initiator or a member who examined too, and a justification that is required
    and says nothing.
    """
    assessment, examiners = rubric.assessment, rubric.examiners
    if len(examiners) == 1 and len(rubric.parts) > 1:
        yield f"Eén examinator heeft alles beoordeeld: {examiners[0].full_name}."
    for contact in examiners:
        if _is(contact, assessment.initiator):
            yield f"De initiator, {assessment.initiator.full_name}, heeft zelf ook beoordeeld."
        if _is(contact, by):
            yield "U hebt zelf ook beoordeeld."
    if assessment.initiator == by:
        yield "U hebt deze beoordeling zelf gestart."
    for column in rubric.columns:
        words = len(column.effective_justification.split())
        if column.needs_justification and 0 < words <= FEW_WORDS:
            name = column.assignment.contact.full_name
            yield f"{column.title}: de onderbouwing van {name} telt {words} woord{'en' if words > 1 else ''}."


def _is(contact: Contact, user: User) -> bool:
    return contact.user_id == user.pk or contact.email.lower() == user.email.lower()
