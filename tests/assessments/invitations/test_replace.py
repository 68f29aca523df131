"""Replacing an examiner: choices move, texts are kept and the replacement is invited."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import School, User
from addressbook.correct import correct, fingerprint
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.coupling import couplings
from assessments.examiner import saving
from assessments.invitations.replace import begun_by, replace
from assessments.invitations.send_back import send_back
from assessments.models import Assessment, Assignment, Coupling, Event, Invitation, Status
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Attachment
from digibeoordelen.outbox.storage import keep
from exams.models import Part
from tests import steps
from tests.concurrency import at_once
from tests.factories import ContactFactory


def parts_of(assessment: Assessment) -> list[Part]:
    parts = Part.objects.filter(work_process__core_task__unit=assessment.unit).select_related("work_process")
    return list(parts.order_by("work_process__position", "position"))


def examiners_by_part(assessment: Assessment) -> dict[int, set[int]]:
    """Return the ids of the examiners by the id of the part."""
    ids_by_part: dict[int, set[int]] = {part.pk: set() for part in parts_of(assessment)}
    for part, contact in assessment.live_assignments.values_list("part_id", "contact_id"):
        ids_by_part[part].add(contact)
    return ids_by_part


def all_of(assessment: Assessment, contact: Contact) -> list[int]:
    return list(assessment.assignments.filter(contact=contact).values_list("pk", flat=True))


def swap(examiners: set[int], old: Contact, new: Contact) -> set[int]:
    return {new.pk if pk == old.pk else pk for pk in examiners}


# --- Choices ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(25))
def test_replacement_gets_every_part_of_the_old_examiner(
    seed: int, assessment: Assessment, school: School, docent: User
) -> None:
    draw = random.Random(seed)
    people = ContactFactory.create_batch(4, school=school)
    _choose_at_random(assessment, people[:3], draw)
    old, new = people[0], draw.choice(people[1:])
    if old in couplings.invitable(assessment):
        steps.send_invitation(assessment, old)
    for row in assessment.live_assignments.filter(contact=old):
        if draw.random() < 0.4:
            Assignment.objects.filter(pk=row.pk).update(justification="Iets.")
        if draw.random() < 0.3:
            Assignment.objects.filter(pk=row.pk).update(completed_at=timezone.now())
    done = set(
        assessment.live_assignments.filter(contact=old, completed_at__isnull=False).values_list("part", flat=True)
    )
    before, keep_completed = examiners_by_part(assessment), draw.random() < 0.5
    written = dict(assessment.assignments.values_list("pk", "justification"))
    nothing_left = (
        keep_completed and not {part for part, examiner_ids in before.items() if old.pk in examiner_ids} - done
    )

    def act() -> None:
        replace(
            assessment=assessment,
            old=old,
            new=new,
            by=docent,
            remove_begun=all_of(assessment, old),
            keep_completed=keep_completed,
        )

    if nothing_left:
        with pytest.raises(lifecycle.DomainError, match="heeft alles al afgerond"):
            act()
        assert examiners_by_part(assessment) == before
        return
    act()
    stays = done if keep_completed else set()
    assert examiners_by_part(assessment) == {
        part: examiner_ids if part in stays else swap(examiner_ids, old, new) for part, examiner_ids in before.items()
    }
    kept = dict(assessment.assignments.values_list("pk", "justification"))
    assert {pk: text for pk, text in written.items() if text}.items() <= kept.items()
    assert not assessment.couplings.filter(contact=old).exclude(part__in=stays).exists()


def _choose_at_random(assessment: Assessment, people: list[Contact], draw: random.Random) -> None:
    """Create random choices at all three levels, at least one for the first of `people`."""
    parts = parts_of(assessment)
    places = [(None, None), *((part.work_process, None) for part in parts[::2]), *((None, part) for part in parts)]
    chosen = {(person.pk, number) for person in people for number in range(len(places)) if draw.random() < 0.3}
    chosen.add((people[0].pk, draw.randrange(len(places))))
    Coupling.objects.bulk_create(
        Coupling(assessment=assessment, contact_id=pk, work_process=places[number][0], part=places[number][1])
        for pk, number in sorted(chosen)
    )
    with lifecycle.locked(assessment) as current:
        couplings.sync_assignments(current)


def test_co_examiner_is_unchanged(
    assessment: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.send_invitation(assessment, second_examiner)
    new = ContactFactory(school=assessment.school)
    replace(assessment=assessment, old=examiner, new=new, by=docent)
    assert all(examiner_ids == {second_examiner.pk, new.pk} for examiner_ids in examiners_by_part(assessment).values())
    assert assessment.invitations.standing().get().contact == second_examiner


def test_existing_choice_is_not_duplicated(
    assessment: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    replace(assessment=assessment, old=examiner, new=second_examiner, by=docent)
    assert assessment.couplings.get().contact == second_examiner


# --- The invitation ----------------------------------------------------------------------------------
def test_replacement_is_invited_alike_and_old_link_is_void(
    assessment: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner)
    report = Attachment(filename="toelichting.pdf", content_type="application/pdf", file=keep(b"%PDF-1.7"))
    [first_invitation] = steps.invite_for_one(
        assessment, contacts=[examiner], by=docent, remark="Graag vrijdag.", attachments=[report]
    )
    invitation = replace(assessment=assessment, old=examiner, new=second_examiner, by=docent)
    assert invitation is not None
    mail = OutgoingMail.objects.latest("pk")
    assert (mail.to, mail.attachments.get().filename) == ("tineke@bedrijf.test", "toelichting.pdf")
    assert "Graag vrijdag." in mail.text
    assert [a.filename for a in invitation.attachments.all()] == ["toelichting.pdf"]
    with pytest.raises(links.NoAccess) as refused:
        links.open_token(links.token_for(invitation=first_invitation))
    assert refused.value.reason == "replaced"
    assessment.refresh_from_db()
    assert assessment.status == Status.INVITED
    event = assessment.events.latest("pk")
    assert (event.kind, event.actor) == (Event.Kind.REPLACED, docent)
    assert event.data == {
        "examiner": "Erik Examinator",
        "replacement": "Tineke Tweede",
        "withdrawn": ["Erik Examinator"],
    }


def test_replacing_an_uninvited_examiner_mails_no_one(
    assessment: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner)
    assert replace(assessment=assessment, old=examiner, new=second_examiner, by=docent) is None
    assert not OutgoingMail.objects.exists()
    assert couplings.invitable(assessment) == [second_examiner]


def test_already_invited_replacement_gets_no_second_mail(
    assessment: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    first, *_ = parts_of(assessment)
    steps.choose(assessment, examiner)
    steps.choose(assessment, second_examiner, part=first)
    steps.send_invitation(assessment, examiner)
    invitation = steps.send_invitation(assessment, second_examiner)
    assert replace(assessment=assessment, old=examiner, new=second_examiner, by=docent) is None
    invitation.refresh_from_db()
    assert (invitation.generation, OutgoingMail.objects.count()) == (1, 2)


def test_reinstated_examiner_gets_a_new_link(invitation: Invitation, docent: User, second_examiner: Contact) -> None:
    old_link = links.token_for(invitation=invitation)
    assessment, examiner = invitation.assessment, invitation.contact
    replace(assessment=assessment, old=examiner, new=second_examiner, by=docent)
    again = replace(assessment=assessment, old=second_examiner, new=examiner, by=docent)
    assert again == invitation
    with pytest.raises(links.NoAccess) as refused:
        links.open_token(old_link)
    assert refused.value.reason == "void"


# --- Work of the old examiner ----------------------------------------------------------------------------
def test_begun_work_is_removed_only_when_confirmed(
    invitation: Invitation, docent: User, second_examiner: Contact
) -> None:
    assessment, examiner = invitation.assessment, invitation.contact
    first, second, *_ = parts_of(assessment)
    steps.fill_in(invitation, "G", "Al getypt.", parts=[first])
    seen = [column.assignment.pk for column in begun_by(assessment, examiner)]
    assert len(seen) == 1
    steps.fill_in(invitation, "V", parts=[second])  # begun while the teacher read the page
    before = examiners_by_part(assessment)
    for confirmed in ([], seen):
        with pytest.raises(couplings.WorkWouldBeLost):
            replace(assessment=assessment, old=examiner, new=second_examiner, by=docent, remove_begun=confirmed)
    assert examiners_by_part(assessment) == before
    assert OutgoingMail.objects.count() == 1
    both = [column.assignment.pk for column in begun_by(assessment, examiner)]
    replace(assessment=assessment, old=examiner, new=second_examiner, by=docent, remove_begun=both)
    kept = assessment.assignments.get(contact=examiner, part=first)
    assert (kept.removed_at is not None, kept.justification, kept.scores.count()) == (True, "Al getypt.", 2)
    assert len(assessment.events.latest("pk").data["removed"]) == 2


def test_kept_completed_parts_count(invitation: Invitation, docent: User, second_examiner: Contact) -> None:
    assessment, examiner = invitation.assessment, invitation.contact
    first, *others = parts_of(assessment)
    steps.fill_in(invitation, "V")
    assessment.assignments.filter(part=first).update(completed_at=timezone.now(), version=F("version") + 1)
    added = replace(
        assessment=assessment,
        old=examiner,
        new=second_examiner,
        by=docent,
        remove_begun=all_of(assessment, examiner),
        keep_completed=True,
    )
    assert added is not None
    assert examiners_by_part(assessment) == {
        first.pk: {examiner.pk},
        **{part.pk: {second_examiner.pk} for part in others},
    }
    assert links.open_token(links.token_for(invitation=invitation)) == invitation  # to read on
    steps.fill_in(added, "V")
    saving.complete(invitation=added)
    assessment.refresh_from_db()
    assert assessment.status == Status.ASSESSED


def test_completed_examiner_is_replaced_after_sending_back(
    assessed: Assessment, invitation: Invitation, docent: User, committee_member: User, second_examiner: Contact
) -> None:
    old, confirmed = invitation.contact, all_of(assessed, invitation.contact)
    with pytest.raises(couplings.CompletedWorkLocked):
        replace(assessment=assessed, old=old, new=second_examiner, by=docent, remove_begun=confirmed)
    send_back(assessment=assessed, contacts=[old], by=committee_member, remark="Door een ander.")
    replace(assessment=assessed, old=old, new=second_examiner, by=docent, remove_begun=confirmed)
    assessed.refresh_from_db()
    assert assessed.status == Status.INVITED


# --- Refused ----------------------------------------------------------------------------------------------
def test_invalid_replacements_are_refused(
    invitation: Invitation, docent: User, second_examiner: Contact, other_school: School
) -> None:
    assessment, examiner = invitation.assessment, invitation.contact
    with pytest.raises(lifecycle.DomainError, match="is nu al de examinator"):
        replace(assessment=assessment, old=examiner, new=examiner, by=docent)
    with pytest.raises(lifecycle.DomainError, match="Tineke Tweede is geen examinator meer"):
        replace(assessment=assessment, old=second_examiner, new=examiner, by=docent)
    with pytest.raises(ValueError, match="another school"):
        replace(assessment=assessment, old=examiner, new=ContactFactory(school=other_school), by=docent)
    Contact.objects.filter(pk=second_examiner.pk).update(removed_at=timezone.now())
    with pytest.raises(lifecycle.DomainError, match="niet meer in het adresboek: Tineke Tweede"):
        replace(assessment=assessment, old=examiner, new=second_examiner, by=docent)
    assert assessment.couplings.get().contact == examiner


def test_stale_version_is_refused(invitation: Invitation, docent: User, second_examiner: Contact) -> None:
    opened = invitation.assessment.version
    steps.choose(invitation.assessment, invitation.contact, second_examiner)
    with pytest.raises(lifecycle.DomainError, match="Iemand anders"):
        replace(
            assessment=invitation.assessment, old=invitation.contact, new=second_examiner, by=docent, version=opened
        )


def test_closed_assessment_is_unchanged(invitation: Invitation, docent: User, second_examiner: Contact) -> None:
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    with pytest.raises(lifecycle.TransitionRefused):
        replace(assessment=invitation.assessment, old=invitation.contact, new=second_examiner, by=docent)


# --- Concurrency --------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_second_concurrent_replacement_is_refused(
    invitation: Invitation, docent: User, colleague: User, second_examiner: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    assessment, old = invitation.assessment, invitation.contact
    third = ContactFactory(school=assessment.school)
    opened: dict[str, Any] = {"assessment": assessment, "old": old, "version": assessment.version}
    results = at_once(
        lambda: replace(**opened, new=second_examiner, by=docent),
        lambda: replace(**opened, new=third, by=colleague),
    )
    [error] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(error, lifecycle.DomainError), error
    assert OutgoingMail.objects.count() == 2
    assert assessment.invitations.standing().get().contact == assessment.couplings.get().contact


@pytest.mark.django_db(transaction=True)
def test_address_corrected_meanwhile_gets_the_invitation(
    invitation: Invitation, docent: User, second_examiner: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    opened = fingerprint(second_examiner, ["email"])
    values = {"email": "nieuw@bedrijf.test"}
    results = at_once(
        lambda: replace(assessment=invitation.assessment, old=invitation.contact, new=second_examiner, by=docent),
        lambda: correct(contact=second_examiner, values=values, opened=opened, by=docent),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert OutgoingMail.objects.latest("pk").to == "nieuw@bedrijf.test"
