"""Replace an examiner by another at every level."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.coupling import couplings
from assessments.models import Assessment, Coupling, Event, Invitation, Proposal
from assessments.rubric import Column, read_uncorrected

from . import invite


def begun_by(assessment: Assessment, contact: Contact) -> list[Column]:
    """Return the parts in which the examiner wrote, scored or completed something, in the order of the form."""
    return [column for column in read_uncorrected(assessment, contact=contact).columns if column.has_content]


def replace(
    *,
    assessment: Assessment,
    old: Contact,
    new: Contact,
    by: User | None,
    by_name: str = "",
    version: int | None = None,
    remove_begun: Collection[int] = (),
    keep_completed: bool = False,
) -> Invitation | None:
    """Replace every choice of `old` by `new`, who is invited like `old`; return that invitation, if any.

    The work of `old` no longer counts but is stored: `remove_begun` holds the ids of the assignments for which the
    docent confirmed that. With `keep_completed` the parts that `old` completed stay unchanged. It answers the open
    proposals of `old`; `by` is None when no confirmation was needed. Raises `WorkWouldBeLost` for unconfirmed work,
    `CompletedWorkLocked` for work submitted to the committee, `DomainError` when `old` is no examiner here, `new` is
    the same contact, the student or not in the address book, nothing is left to hand over, the assessment is closed, or
    it changed since `version`, and `ValueError` for a contact of another school.
    """
    if new.school_id != assessment.school_id:
        raise ValueError("A contact of another school.")
    with transaction.atomic():
        # Locked before the assessment, as corrections of an address do: the invitation goes to the current address.
        chosen = Contact.objects.select_for_update(no_key=True).get(pk=new.pk)
        with lifecycle.locked(assessment, version=version) as current:
            lifecycle.refuse_own(current.student, by=by)
            lifecycle.refuse_if_closed(current)
            _refuse(current, old, chosen)
            asked = current.invitations.standing().filter(contact=old).first()
            completed = _completed_parts(current, old) if keep_completed else set()
            _move_choices(current, old, chosen, kept=completed)
            changes = _sync(current, remove_begun)
            invitation = _invite_instead(current, asked, chosen)
            _answer_proposals(current, old, chosen, by=by)
            lifecycle.bump_version(current)
            data: dict[str, Any] = {"examiner": old.full_name, "replacement": chosen.full_name, **changes.as_json()}
            lifecycle.update_status(current, kind=Event.Kind.REPLACED, by=by, by_name=by_name, **data)
            return invitation


def _refuse(assessment: Assessment, old: Contact, new: Contact) -> None:
    if not assessment.couplings.filter(contact=old).exists():
        raise lifecycle.DomainError(
            _("%(name)s is geen examinator meer van deze beoordeling.") % {"name": old.full_name}
        )
    if old == new:
        raise lifecycle.DomainError(_("%(name)s is nu al de examinator. Kies iemand anders.") % {"name": old.full_name})
    if new.removed_at:
        raise lifecycle.DomainError(_("Staat niet meer in het adresboek: %(name)s.") % {"name": new.full_name})


def _completed_parts(assessment: Assessment, contact: Contact) -> set[int]:
    """Return the ids of the completed parts; raise `DomainError` when all parts are."""
    assignments = assessment.live_assignments.filter(contact=contact)
    if not assignments.filter(completed_at__isnull=True).exists():
        raise lifecycle.DomainError(
            _("%(name)s heeft alles al afgerond; er is niets om over te nemen.") % {"name": contact.full_name}
        )
    return set(assignments.filter(completed_at__isnull=False).values_list("part_id", flat=True))


def _move_choices(assessment: Assessment, old: Contact, new: Contact, *, kept: set[int]) -> None:
    """Replace `old` by `new` at every level; the parts in `kept` get their current examiners as own choice."""
    chosen_apart = set(assessment.couplings.filter(part__in=kept).values_list("part_id", flat=True))
    pinned = assessment.live_assignments.filter(part__in=kept - chosen_apart).values_list("contact_id", "part_id")
    stay = [Coupling(assessment=assessment, contact_id=contact, part_id=part) for contact, part in pinned]
    places = set(assessment.couplings.filter(contact=new).values_list("work_process_id", "part_id"))
    for coupling in assessment.couplings.filter(contact=old).exclude(part__in=kept):
        if (coupling.work_process_id, coupling.part_id) in places:
            coupling.delete()
        else:
            coupling.contact = new
            coupling.save(update_fields=["contact"])
    Coupling.objects.bulk_create(stay)


def _sync(assessment: Assessment, remove_begun: Collection[int]) -> couplings.AssignmentChanges:
    """Remove only the confirmed assignments, not work begun in the meantime."""
    changes = couplings.sync_assignments(assessment, remove_begun=True)
    unconfirmed = [a for a in changes.removed if a.pk not in remove_begun]
    if unconfirmed:
        raise couplings.WorkWouldBeLost(unconfirmed)
    return changes


def _invite_instead(assessment: Assessment, asked: Invitation | None, new: Contact) -> Invitation | None:
    """Invite `new` as in `asked`; None if `new` is invited already, whose link then shows the new parts too."""
    if asked is None or new not in couplings.invitable(assessment):
        return None
    return invite.invite_like(asked, contact=new)


def _answer_proposals(assessment: Assessment, old: Contact, new: Contact, *, by: User | None) -> None:
    """Confirm the open proposals of `old` that name `new`; the others lapse."""
    assessment.invitations.filter(contact=old, withdrawn_at__isnull=False).update(replaced_by=new)
    waiting = Proposal.objects.filter(
        invitation__assessment=assessment, invitation__contact=old, state=Proposal.State.OPEN
    )
    now = timezone.now()
    waiting.filter(email=new.email).update(state=Proposal.State.CONFIRMED, decided_at=now, decided_by=by)
    waiting.update(state=Proposal.State.LAPSED, decided_at=now)
