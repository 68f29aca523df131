"""The committees of a school: their programmes and members, kept by Schoolbeheer (WEB, article 7.4.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse

from accounts.models import CommitteeProgramme, ExamCommittee, Role, School, User
from accounts.people.members import listed_names, member_names, possible_members
from accounts.school.changes import ChangedMeanwhile, committee_label, fingerprint, log_change, log_committee
from accounts.school.dashboard import ToDo
from assessments.lifecycle import DomainError
from assessments.models import Assessment, Status
from exams.models import AccountExam, Exam

NAME_TAKEN = "Er is al een examencommissie met deze naam."


@dataclass(frozen=True)
class Programme:
    """A crebo or keuzedeel code that the school uses; `committee` is the one that names it, if any."""

    code: str
    title: str
    committee: ExamCommittee | None

    def __str__(self) -> str:
        return f"{self.code} {self.title}".strip()


@dataclass
class CommitteeRow:
    """A committee with what the list shows of it; `members` are active."""

    committee: ExamCommittee
    programmes: list[Programme] = field(default_factory=list)
    members: list[User] = field(default_factory=list)


@dataclass(frozen=True)
class Content:
    """What a form changes: the ids of members named by the committee, and the codes of its programmes."""

    name: str
    four_eyes: bool
    reminder_text: str
    members: frozenset[int]
    codes: frozenset[str]

    @property
    def fingerprint(self) -> str:
        return fingerprint(
            repr((self.name, self.four_eyes, self.reminder_text, sorted(self.members), sorted(self.codes)))
        )


def read_content(committee: ExamCommittee) -> Content:
    if committee._state.adding:  # noqa: SLF001 - Django's documented API
        return Content("", four_eyes=False, reminder_text="", members=frozenset(), codes=frozenset())
    members = committee.members.order_by().values_list("pk", flat=True)
    codes = committee.programmes.order_by().values_list("code", flat=True)
    return Content(
        name=committee.name,
        four_eyes=committee.four_eyes,
        reminder_text=committee.reminder_text,
        members=frozenset(members),
        codes=frozenset(codes),
    )


def read_programmes(school: School) -> list[Programme]:
    """Return the programmes of the school by title: on the account of its teachers, assessed, or of a committee."""
    named = {one.code: one.committee for one in _named(school).select_related("committee")}
    docents = school.memberships.filter(role=Role.DOCENT).order_by().values("user")
    on_account = AccountExam.objects.filter(exam=OuterRef("pk"), user__in=docents)
    assessed = Assessment.objects.filter(committee__in=list(school.committees.all()), exam=OuterRef("pk")).order_by()
    titles = dict.fromkeys(named, "")
    for exam in Exam.objects.filter(Exists(on_account) | Exists(assessed)).order_by("cohort"):
        titles[exam.code] = exam.title
    missing = [code for code, title in titles.items() if not title]
    titles |= dict(Exam.objects.filter(code__in=missing).order_by("cohort").values_list("code", "title"))
    programmes = [Programme(code, title, named.get(code)) for code, title in titles.items()]
    return sorted(programmes, key=lambda programme: (programme.title.casefold(), programme.code))


def read_rows(school: School) -> list[CommitteeRow]:
    """Return the committees, the default one first, with their programmes and members."""
    rows = {committee.pk: CommitteeRow(committee) for committee in school.committees.all()}
    [default] = [row for row in rows.values() if row.committee.is_default]
    for programme in read_programmes(school):
        (rows[programme.committee.pk] if programme.committee else default).programmes.append(programme)
    of_membership = defaultdict(list)
    named = ExamCommittee.members.through.objects.filter(examcommittee__school=school)
    for membership_id, committee_id in named.values_list("membership", "examcommittee"):
        of_membership[membership_id].append(committee_id)
    for membership in possible_members(school, Role.EXAMENCOMMISSIE):
        for committee_id in of_membership.get(membership.pk, [default.committee.pk]):
            rows[committee_id].members.append(membership.user)
    return list(rows.values())


@transaction.atomic
def save(*, committee: ExamCommittee, content: Content, opened: str, by: User) -> None:
    """Save a new or changed committee, move the assessments of its programmes, and log it for the school.

    A programme of another committee moves to this one; one that is taken out falls to the default committee. Raises
    `ChangedMeanwhile` when the stored content no longer has the fingerprint `opened`, and `DomainError` when the name
    is taken or the committee was deleted.
    """
    school = _lock(committee.school)
    stored = ExamCommittee.objects.filter(pk=committee.pk, school=school).first()
    if committee.pk and stored is None:
        raise DomainError("Deze examencommissie is intussen verwijderd.")
    before = read_content(stored or ExamCommittee(school=school))
    if stored and before.fingerprint != opened:
        raise ChangedMeanwhile
    same_name = school.committees.filter(name__iexact=content.name).exclude(pk=committee.pk)
    if same_name.exists():
        raise DomainError(NAME_TAKEN)
    was = copy(stored)
    committee.name, committee.four_eyes = content.name, content.four_eyes
    committee.reminder_text = content.reminder_text
    try:
        with transaction.atomic():
            committee.save()
    except IntegrityError as error:  # a letter that the database folds and `iexact` does not
        raise DomainError(NAME_TAKEN) from error
    if was:
        log_committee(before=was, after=committee, by=by)
    else:
        log_change(school=school, name="committees", label="Examencommissie", before="", after=committee.name, by=by)
    _save_members(committee, before.members, content.members, by=by)
    if not committee.is_default:
        _save_programmes(committee, content.codes, by=by)


def _save_members(committee: ExamCommittee, before: frozenset[int], after: frozenset[int], *, by: User) -> None:
    names = member_names(committee.school, Role.EXAMENCOMMISSIE, pks=before | after)
    committee.members.set(pk for pk in after if pk in names)
    _log(committee, "Leden", listed_names(names, before), listed_names(names, after), by=by)


def _save_programmes(committee: ExamCommittee, codes: Collection[str], *, by: User) -> None:
    """Have exactly these programmes, and log it for each committee that gains or loses one."""
    named = {one.code: one for one in _named(committee.school).select_related("committee")}
    of_committee = {code for code, one in named.items() if one.committee_id == committee.pk}
    added, removed = set(codes) - of_committee, of_committee - set(codes)
    if not added and not removed:
        return
    losing: dict[ExamCommittee, set[str]] = defaultdict(set)
    for code in added & named.keys():
        losing[named[code].committee].add(code)
    for other, lost in losing.items():
        had = {code for code, one in named.items() if one.committee_id == other.pk}
        _log(other, "Opleidingen", _listed(had), _listed(had - lost), by=by)
    _log(committee, "Opleidingen", _listed(of_committee), _listed(codes), by=by)
    CommitteeProgramme.objects.filter(pk__in=[named[code].pk for code in (added & named.keys()) | removed]).delete()
    CommitteeProgramme.objects.bulk_create(
        CommitteeProgramme(committee=committee, school=committee.school, code=code) for code in sorted(added)
    )
    _move_assessments(added, to=committee)
    _move_assessments(removed, to=committee.school.default_committee)


def _move_assessments(codes: Collection[str], *, to: ExamCommittee) -> None:
    """Move the assessments of these programmes at the school; its committees are locked.

    Those that wait for the committee get a new version: a proposal of the former committee, and a form or a batch that
    was opened there, no longer counts.
    """
    exams = list(Exam.objects.filter(code__in=codes).order_by().values_list("pk", flat=True))
    if exams:
        moved = Assessment.objects.filter(school=to.school, exam__in=exams).exclude(committee=to)
        moved.filter(status=Status.ASSESSED).update(version=F("version") + 1)
        moved.update(committee=to)


@transaction.atomic
def delete(*, committee: ExamCommittee, by: User) -> None:
    """Delete a committee; its programmes, with their assessments, fall to the default one. Does nothing twice.

    Its list of exam offices goes with it. A member of no other committee belongs to the default one from then on.
    Raises `DomainError` for the default committee.
    """
    if committee.is_default:
        raise DomainError("De standaardcommissie kan niet worden verwijderd.")
    school = _lock(committee.school)
    stored = school.committees.filter(pk=committee.pk).first()
    if stored is None:
        return
    codes = read_content(stored).codes
    stored.programmes.all().delete()
    _move_assessments(codes, to=school.default_committee)
    stored.delete()
    log_change(school=school, name="committees", label="Examencommissie", before=committee.name, after="", by=by)
    if codes:
        log_change(
            school=school,
            name="programmes",
            label=f"Opleidingen ({committee.name})",
            before=_listed(codes),
            after="",
            by=by,
        )


def only_here(committee: ExamCommittee) -> list[User]:
    """Return the active members who are in no other committee of the school, by last name."""
    elsewhere = ExamCommittee.objects.exclude(pk=committee.pk).filter(members=OuterRef("pk"))
    members = committee.members.filter(~Exists(elsewhere), user__is_active=True)
    return [membership.user for membership in members.select_related("user").order_by("sort_key", "pk")]


def without_members(school: School) -> Iterator[ToDo]:
    """Name the committees with programmes and without an active member, for Schoolbeheer."""
    if not possible_members(school, Role.EXAMENCOMMISSIE):
        return  # the school's first task is to give someone the role
    for row in read_rows(school):
        if not row.members and row.programmes:
            sentence = (
                f"De examencommissie ‘{row.committee}’ heeft geen leden: niemand beslist over haar beoordelingen."
            )
            url = reverse("committees:committee", args=[school.pk, row.committee.pk])
            yield ToDo(sentence, "Leden kiezen", url)


def _lock(school: School) -> School:
    """Lock the school's committees, so that no assessment starts while programmes move."""
    list(ExamCommittee.objects.select_for_update().filter(school=school).order_by("pk"))
    return school


def _named(school: School) -> QuerySet[CommitteeProgramme]:
    return CommitteeProgramme.objects.filter(school=school)


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))


def _log(committee: ExamCommittee, label: str, before: str, after: str, *, by: User) -> None:
    if before != after:
        name = {"Leden": "committee_members"}.get(label, "programmes")
        label = committee_label(committee, f"{label} van de examencommissie" if committee.is_default else label)
        log_change(school=committee.school, name=name, label=label, before=before, after=after, by=by)
