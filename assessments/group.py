"""Several students at once: the same examiners for all, and their invitations ('Toepassen op meer studenten')."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.models import User
from addressbook.models import Contact
from digibeoordelen.outbox.queue import Attachment

from . import couple, lifecycle
from .invite import invite
from .models import Assessment, Assignment, Invitation


@dataclass
class Member:
    """One student's assessment: who assesses it, and who of them has no invitation yet."""

    assessment: Assessment
    examiners: list[Contact] = field(default_factory=list)
    invitable: list[Contact] = field(default_factory=list)


@dataclass
class Group:
    members: list[Member]

    @property
    def invitable(self) -> list[tuple[Contact, list[Assessment]]]:
        """Each examiner who can be invited, with the assessments that is for; sorted by last name."""
        found: dict[Contact, list[Assessment]] = {}
        for member in self.members:
            for contact in member.invitable:
                found.setdefault(contact, []).append(member.assessment)
        return sorted(found.items(), key=lambda item: (item[0].last_name, item[0].first_name, item[0].pk))


@dataclass
class Outcome:
    """For whom it was done, and in words why not for the others."""

    done: list[Assessment] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def refuse(self, assessment: Assessment, error: lifecycle.DomainError) -> None:
        self.refused.append(f"{assessment.student.user.full_name}: {error}")


def read_group(assessments: Sequence[Assessment]) -> Group:
    """Who assesses and who can be invited, in two queries; examiners sorted by last name."""
    members = {assessment.pk: Member(assessment) for assessment in assessments}
    standing = Invitation.objects.standing().filter(assessment__in=members)
    invited = set(standing.values_list("assessment_id", "contact_id"))
    assignments = Assignment.objects.live().filter(assessment__in=members).select_related("contact")
    for assignment in assignments.order_by("contact__last_name", "contact__first_name", "contact_id"):
        member = members[assignment.assessment_id]
        if assignment.contact in member.examiners:
            continue
        member.examiners.append(assignment.contact)
        if not member.assessment.is_closed and (assignment.assessment_id, assignment.contact_id) not in invited:
            member.invitable.append(assignment.contact)
    return Group(list(members.values()))


def chosen_for_unit(assessments: Sequence[Assessment]) -> list[Contact]:
    """Whoever was chosen for the whole exam of any of them, sorted by last name."""
    whole = {"couplings__work_process": None, "couplings__part": None}
    return list(Contact.objects.filter(couplings__assessment__in=assessments, **whole).distinct())


def choose_for_all(
    *, assessments: Sequence[Assessment], contacts: Collection[Contact], versions: Mapping[int, int], by: User
) -> Outcome:
    """Makes `contacts` the choice for the whole exam of each, one transaction a student.

    `versions` (an assessment's id → the version that the teacher saw) keeps what someone else
    changed meanwhile: that student is refused and the others go on.
    """
    outcome = Outcome()
    for assessment in assessments:
        version = versions.get(assessment.pk, 0)
        try:
            couple.choose_examiners(
                assessment=assessment, target=couple.Target(), contacts=contacts, by=by, version=version
            )
            outcome.done.append(assessment)
        except lifecycle.DomainError as error:
            outcome.refuse(assessment, error)
    return outcome


def invite_for_all(
    *,
    assessments: Sequence[Assessment],
    contacts: Collection[Contact],
    by: User,
    remark: str = "",
    attachments: Sequence[Attachment] = (),
) -> Outcome:
    """Invites each of `contacts` to the assessments they can be invited to: a mail each, one transaction a student.

    A form that is posted twice invites nobody twice.
    """
    outcome = Outcome()
    for member in read_group(assessments).members:
        wanted = [contact for contact in member.invitable if contact in contacts]
        if not wanted:
            continue
        try:
            invite(assessment=member.assessment, contacts=wanted, by=by, remark=remark, attachments=attachments)
            outcome.done.append(member.assessment)
        except lifecycle.DomainError as error:
            outcome.refuse(member.assessment, error)
    return outcome
