"""The course of one assessment of the demo: each step is the product's own function, dated afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db import models
from django.db.models import F
from django.utils import timezone

from accounts.models import ExamOffice, Membership, School, User
from addressbook.models import Contact
from assessments import corrections
from assessments.coupling import couplings
from assessments.examiner import saving, signature
from assessments.invitations import invite, proposals, reminders, send_back, working_hours
from assessments.models import (
    Appeal,
    Assessment,
    Assignment,
    CancelKind,
    Correction,
    Document,
    Event,
    Invitation,
    Proposal,
    Score,
)
from assessments.rubric import Column, read_rubric, read_uncorrected
from assessments.start import start
from committee.decisions import cancel, finalise
from committee.decisions.withdraw_final import withdraw_final
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from committee.models import Export
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit, Part

from .texts import JUSTIFICATIONS

# What a step may write besides the assessment, its log and its mails: moments, and the way to the assessment.
MOMENTS: dict[type[models.Model], tuple[str, tuple[str, ...]]] = {
    Invitation: ("assessment", ("invited_at", "asked_at", "reminded_at")),
    Assignment: ("assessment", ("completed_at",)),
    Proposal: ("invitation__assessment", ("proposed_at",)),
    Correction: ("assessment", ("at",)),
    Appeal: ("assessment", ("marked_at",)),
    Document: ("assessment", ("created_at", "superseded_at")),
}
ALWAYS: dict[type[models.Model], tuple[str, tuple[str, ...]]] = {
    Assessment: ("pk", ("status_since",)),
    Event: ("assessment", ("at",)),
    OutgoingMail: ("about__assessment", ("created_at",)),
}
# Between which shares of G a tendency lies, in percent; the rest is V. 'O' gives two criteria an O besides.
SHARE_OF_G = {"O": (5, 20), "V": (10, 40), "G": (70, 95)}
FIRST_HOUR = 9
KINDS_TO_READ = ("invitation", "sent_back")  # to examiners, with a link to try
BOUNCED = "De mailserver meldde later: “550 5.1.1 Recipient address rejected: User unknown”."


@dataclass(frozen=True)
class Cast:
    """The people of the demo's school, and `began`: the moment at which loading began."""

    school: School
    office: ExamOffice
    contacts: dict[str, Contact]  # by first name
    units: dict[str, ExamUnit]  # by code
    students: dict[str, Membership]  # by number
    began: datetime


def working_day(cast: Cast, days: int) -> date:
    """Return the day that was `days` ago, or the last working day before it."""
    return working_hours.working_day_until(timezone.localdate(cast.began) - timedelta(days=days))


class Course:
    """One assessment, as it goes from step to step; `days` is always how many days ago a step was."""

    def __init__(self, cast: Cast, *, student: str, unit: str, initiator: User, member: User) -> None:
        self.cast = cast
        self.student, self.unit = cast.students[student], cast.units[unit]
        self.initiator, self.member = initiator, member
        self.random = Random(f"{student} {unit} {initiator.email}")  # noqa: S311 - the same demo each time
        self.unused: dict[tuple[str, ...], list[str]] = {}
        self.minute = self.random.randrange(50)
        self.clock = cast.began - timedelta(days=365)
        self.assessment: Assessment

    # --- The docent --------------------------------------------------------------------------------

    def start(self, days: int, *, planned: int | None = None, place: str = "") -> None:
        """`planned` is in days ago as well: below zero the exam is still to come."""
        with self._at(days):
            self.assessment = start.start(
                unit=self.unit,
                student=self.student,
                by=self.initiator,
                planned_on=None if planned is None else working_day(self.cast, planned),
                place=place,
            )
            if days > 0:
                Assessment.objects.filter(pk=self.assessment.pk).update(created_at=self.clock)

    def choose(self, days: int, *names: str, part_of: str = "", products_by: str = "") -> None:
        """Choose for the whole unit; `part_of` for the first work process, `products_by` for the products."""
        contacts = [self.cast.contacts[name] for name in names]
        parts = list(Part.objects.filter(work_process__core_task__unit=self.unit).select_related("work_process"))
        targets: list[tuple[couplings.Target, Collection[Contact]]] = [(couplings.Target(), contacts)]
        if part_of:
            first = parts[0].work_process
            targets.append((couplings.Target(work_process=first), [self.cast.contacts[part_of]]))
        if products_by:
            products = [part for part in parts if part.kind == Part.Kind.PRODUCT]
            targets += [(couplings.Target(part=part), [self.cast.contacts[products_by]]) for part in products]
        with self._at(days):
            for target, chosen in targets:
                couplings.choose_examiners(
                    assessment=self.assessment, target=target, contacts=chosen, by=self.initiator
                )

    def invite(self, days: int, *, remark: str = "") -> None:
        with self._at(days, Invitation):
            contacts = couplings.invitable(self.assessment)
            invite.invite(assessments=[self.assessment], contacts=contacts, by=self.initiator, remark=remark)

    def remind(self, days: int, name: str) -> None:
        with self._at(days, Invitation):
            reminders.remind(invitation=self._invitation(name), by=self.initiator)

    def undo(self, days: int) -> None:
        with self._at(days):
            start.undo_start(assessment=self.assessment, by=self.initiator)

    # --- The examiner ------------------------------------------------------------------------------

    def fill_in(self, days: int, name: str, *, tendency: str = "V", share: float = 1.0) -> None:
        """Score the first `share` of the examiner's parts, with a justification where one is required."""
        invitation = self._invitation(name)
        rubric = read_uncorrected(self.assessment, contact=invitation.contact)
        columns = list(rubric.columns)[: max(1, round(len(rubric.columns) * share))]
        criteria = [criterion.pk for column in columns for criterion in column.criteria]
        letters = dict.fromkeys(criteria, "V")
        for pk in self.random.sample(criteria, len(criteria) * self.random.randint(*SHARE_OF_G[tendency]) // 100):
            letters[pk] = "G"
        if tendency == "O":
            letters.update(dict.fromkeys(self.random.sample(criteria, 2), "O"))
        self._save(days, invitation, columns, letters)

    def _save(self, days: int, invitation: Invitation, columns: list[Column], letters: dict[int, str]) -> None:
        entries = {}
        for column in columns:
            scores = {criterion.pk: letters[criterion.pk] for criterion in column.criteria}
            words = self._justify(set(scores.values()))
            entries[column.assignment.pk] = saving.Entry(base=column.base, justification=words, scores=scores)
        with self._at(days):
            saving.save(invitation=invitation, entries=entries)

    def complete(self, days: int, name: str) -> None:
        with self._at(days, Assignment):
            invitation = self._invitation(name)
            contact, on = invitation.contact, timezone.localdate(self.clock)
            signed = signature.Signature(
                assessed_on=on,
                place=self.assessment.place,
                function=contact.function,
                organisation=contact.organisation,
            )
            saving.complete(invitation=invitation, signature=signed)

    def assess(self, days: int, name: str, tendency: str = "V") -> None:
        self.fill_in(days, name, tendency=tendency)
        self.complete(days, name)

    def assess_otherwise(self, days: int, name: str) -> None:
        """Give the scores that another gave, but for two: the committee has to decide on those."""
        scores = Score.objects.filter(assignment__assessment=self.assessment)
        letters = dict(scores.values_list("criterion", "value"))
        for pk in self.random.sample(sorted(letters), 2):
            letters[pk] = "O" if letters[pk] == "V" else "V"
        invitation = self._invitation(name)
        self._save(days, invitation, read_uncorrected(self.assessment, contact=invitation.contact).columns, letters)
        self.complete(days, name)

    def propose_colleague(self, days: int, name: str, proposal: Proposal) -> None:
        with self._at(days, Proposal):
            proposals.propose(invitation=self._invitation(name), proposal=proposal)

    def _justify(self, letters: set[str]) -> str:
        texts = JUSTIFICATIONS[self.unit.exam_version.exam.code]
        needed = [letter for letter in ("O", "G") if letter in letters]
        if not needed and self.random.random() < 0.4:  # the examiner may leave it out where all is V
            return ""
        return " ".join(self._next(texts[letter]) for letter in (needed or "V"))

    def _next(self, texts: tuple[str, ...]) -> str:
        """Return one of `texts`, each once before any comes again."""
        left = self.unused.setdefault(texts, [])
        if not left:
            left += self.random.sample(texts, len(texts))
        return left.pop()

    # --- The committee -----------------------------------------------------------------------------

    def correct(self, days: int, *, reason: str) -> None:
        """Make the first G a V."""
        rubric = read_rubric(self.assessment)
        first = next(
            criterion.pk
            for part in rubric.parts
            for criterion in part.criteria
            if part.effective_letter(criterion.pk) == "G"
        )
        changes = corrections.Changes(scores={first: corrections.Change("V", reason)}, texts={})
        with self._at(days, Correction):
            corrections.correct(
                assessment=self.assessment, by=self.member, changes=changes, fingerprint=rubric.result_fingerprint
            )

    def send_back(self, days: int, name: str, *, remark: str) -> None:
        with self._at(days, Invitation):
            contacts = [self.cast.contacts[name]]
            send_back.send_back(assessment=self.assessment, contacts=contacts, by=self.member, remark=remark)

    def finalise(self, days: int) -> None:
        """Make it final, and make its PDF at once: a worker would mail it out."""
        with self._at(days, Document):
            document = finalise.finalise(
                assessment=self.assessment, by=self.member, exam_office_email=self.cast.office.email
            )
            self._date_result(document)
        with self._at(days):
            Document.objects.run(document.pk)

    def _date_result(self, document: Document) -> None:
        on = timezone.localdate(self.clock)
        Assessment.objects.filter(pk=self.assessment.pk).update(
            final_at=self.clock, appeal_until=on + timedelta(days=self.cast.school.appeal_days)
        )
        document.result["final"]["at"] = timezone.localtime(self.clock).isoformat()
        document.save(update_fields=["result"])

    def withdraw(self, days: int, *, reason: str) -> None:
        with self._at(days, Document):
            withdraw_final(assessment=self.assessment, by=self.member, reason=reason)

    def cancel(self, days: int, *, kind: CancelKind, reason: str) -> None:
        with self._at(days):
            cancel.cancel(assessment=self.assessment, by=self.member, kind=kind, reason=reason)

    def appeal(self, days: int, *, note: str) -> Appeal:
        with self._at(days, Appeal):
            return cancel.mark_appeal(
                assessment=self.assessment, by=self.member, received_on=timezone.localdate(self.clock), note=note
            )

    def close_appeal(self, days: int, appeal: Appeal, outcome: Appeal.Outcome) -> None:
        with self._at(days):
            cancel.close_appeal(
                appeal=appeal, by=self.member, closed_on=timezone.localdate(self.clock), outcome=outcome
            )

    def export(self, days: int) -> None:
        """Export the exam's results so far."""
        exam = self.unit.exam_version.exam
        with self._at(days):
            final = Assessment.objects.filter(final_at__lte=self.clock)
            made = create_export(results=final, school=self.cast.school, exam=exam, by=self.member, shape=PLAIN)
            Export.objects.filter(pk=made.pk).update(at=self.clock)

    def bounce(self, kind: str) -> None:
        """Let the last mail of this kind have come back."""
        mail = OutgoingMail.objects.filter(about__assessment=self.assessment, kind=kind).latest("pk")
        bounced = {"state": MailState.FAILED, "sent_at": None, "last_error": BOUNCED}
        OutgoingMail.objects.filter(pk=mail.pk).update(**bounced, failed_at=mail.sent_at, returned_at=mail.sent_at)

    # --- Time --------------------------------------------------------------------------------------

    @contextmanager
    def _at(self, days: int, *written: type[models.Model]) -> Iterator[None]:
        """Take a step, and date what it wrote: some minutes after the last one at the earliest."""
        if days > 0:
            morning = time(FIRST_HOUR, self.minute)
            begin = timezone.make_aware(datetime.combine(working_day(self.cast, days), morning))
            self.clock = max(begin, self.clock + timedelta(minutes=7))
        else:
            self.clock = self.cast.began
        yield
        self._count_mails_as_sent(but=KINDS_TO_READ if days == 0 else ())
        if days > 0:
            self._date({**ALWAYS, **{model: MOMENTS[model] for model in written}})
        self.assessment.refresh_from_db()

    def _count_mails_as_sent(self, *, but: Collection[str]) -> None:
        queued = OutgoingMail.objects.filter(about__assessment=self.assessment, state=MailState.QUEUED)
        pks = list(queued.exclude(kind__in=but).values_list("pk", flat=True))
        if pks:
            OutgoingMail.objects.filter(pk__in=pks).update(state=MailState.SENT, sent_at=self.clock, attempts=1)

    def _date(self, moments: dict[type[models.Model], tuple[str, tuple[str, ...]]]) -> None:
        """Move what was written since loading began to the step's moment, as if the product had run then.

        The product takes no moment from outside, and logs and decisions refuse changes: hence plain querysets.
        """
        for model, (path, names) in moments.items():
            rows: Any = models.QuerySet(model).filter(**{path: self.assessment.pk})
            for name in names:
                rows.filter(**{f"{name}__gte": self.cast.began}).update(**{name: self.clock})
        if Invitation in moments:
            valid = timedelta(days=self.cast.school.link_days)
            self.assessment.invitations.update(expires_at=F("asked_at") + valid)

    def _invitation(self, name: str) -> Invitation:
        invitations = self.assessment.invitations.select_related("contact", "assessment")
        return invitations.get(contact=self.cast.contacts[name])
