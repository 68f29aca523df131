"""Assessments and everything that hangs on one: examiners, scores, invitations, log, documents."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from digibeoordelen.outbox.models import OutgoingMail, StoredFile
from exams.models import SCORE_CHOICES, Criterion, Exam, ExamUnit, Part, WorkProcess

from .appeal import Appeal as Appeal  # Django looks for an app's models here
from .correction import Correction as Correction
from .data_request import DataRequest as DataRequest
from .erasure import DestroyedDocument as DestroyedDocument
from .erasure import Erasure as Erasure
from .final_proposal import FinalProposal as FinalProposal
from .imported_dates import DatesImport as DatesImport
from .mail_about import MailAbout as MailAbout
from .past import PastAssessments as PastAssessments
from .past import PastScores as PastScores
from .proposal import Proposal as Proposal
from .viewing import Viewing as Viewing


class Status(models.TextChoices):
    """The states of an assessment; `assessments.lifecycle` holds the table of moves between them."""

    NEW = "NEW", "Nieuw"
    INVITED = "INVITED", "Uitgenodigd"
    IN_PROGRESS = "IN_PROGRESS", "Wordt beoordeeld"
    ASSESSED = "ASSESSED", "Beoordeeld"
    FINAL = "FINAL", "Definitief"
    CANCELLED = "CANCELLED", "Ingetrokken"


class CancelKind(models.TextChoices):
    """Why an assessment was cancelled; the last is the initiator's, who takes back what nobody was invited for."""

    NO_SHOW = "NO_SHOW", "Niet verschenen"
    IRREGULARITY = "IRREGULARITY", "Onregelmatigheid"
    INVALID = "INVALID", "Ongeldige poging"
    OTHER = "OTHER", "Anders"
    MISTAKE = "MISTAKE", "Per ongeluk gestart"


CLOSED = (Status.FINAL, Status.CANCELLED)
REMIND_PAUSE = timedelta(hours=24)


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def of_student(self, user: User) -> AssessmentQuerySet:
        """The student's own assessments, at every school."""
        return self.filter(student__user=user)

    def for_docent(self, user: User) -> AssessmentQuerySet:
        """Assessments of the schools where `user` is Docent, for the exams on that account."""
        return self.filter(school__in=user.schools_as(Role.DOCENT), exam__account_exams__user=user)

    def for_committee(self, user: User) -> AssessmentQuerySet:
        """All assessments of the schools where `user` holds the role Examencommissie, without the own.

        Who is the student too reads of those what any student does, and decides on none (`lifecycle.refuse_own`).
        """
        return self.filter(school__in=user.schools_as(Role.EXAMENCOMMISSIE)).exclude(student__user=user)

    def visible_to(self, user: User) -> AssessmentQuerySet:
        """Whatever of the above holds; a thing of another school does not exist."""
        return self.filter(
            Q(pk__in=self.of_student(user).values("pk"))
            | Q(pk__in=self.for_docent(user).values("pk"))
            | Q(pk__in=self.for_committee(user).values("pk"))
        )

    def running(self) -> AssessmentQuerySet:
        """Those that are neither final nor cancelled."""
        return self.exclude(status__in=CLOSED)

    def proposed_to_make_final(self) -> AssessmentQuerySet:
        """Four eyes: those that a member proposed as they are now, which wait for another."""
        return self.filter(status=Status.ASSESSED, proposed_version=F("version"))

    def for_pages(self) -> AssessmentQuerySet:
        """With what every list and page names: student, exam, unit, initiator and school."""
        return self.select_related("student__user", "exam", "unit", "initiator", "school")


class Assessment(models.Model):
    """One student, one exam unit, one attempt.

    `version` counts the changes to couplings and invitations, so that a form that was opened
    before such a change can be refused.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.PROTECT, related_name="assessments")
    student = models.ForeignKey(Membership, models.PROTECT, related_name="assessments")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="assessments")
    unit = models.ForeignKey(ExamUnit, models.PROTECT, related_name="assessments")
    unit_code = models.CharField(max_length=20, help_text="Van de eenheid, gelijk over de versies van het examen heen.")
    attempt = models.PositiveSmallIntegerField("poging", default=1)
    initiator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="initiated_assessments")
    status = models.CharField("status", max_length=12, choices=Status, default=Status.NEW, db_index=True)
    status_since = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    # Of the newest `FinalProposal`, which stands while this is `version` and the state ASSESSED.
    proposed_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    planned_on = models.DateField("datum van de afname", null=True, blank=True)
    place = models.CharField("plaats van de afname", max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    cancel_reason = models.TextField("reden van intrekken", blank=True)
    cancel_kind = models.CharField("soort reden", max_length=12, choices=CancelKind, blank=True)  # '' in older ones
    counts_as_attempt = models.BooleanField("telt als poging", default=True)
    final_at = models.DateTimeField("definitief op", null=True, blank=True)
    final_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="finalised_assessments"
    )
    ovg = models.CharField("resultaat", max_length=1, choices=SCORE_CHOICES, blank=True)
    grade = models.DecimalField("cijfer", max_digits=3, decimal_places=1, null=True, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = "afname"
        verbose_name_plural = "afnames"
        ordering = ["-created_at"]
        # The committee's list in its order, of all exams or one, of all states or one; who it is about lies in the
        # index, so that a search by name reads this alone.
        indexes = [
            models.Index(fields=["school", *of, "status_since", "id"], include=about, name=name)
            for of, about, name in (
                ([], ["student", "initiator"], "afnames_by_date"),
                (["status"], ["student", "initiator"], "afnames_of_status_by_date"),
                (["exam"], ["student", "initiator"], "afnames_of_exam_by_date"),
                (["exam", "status"], ["student", "initiator"], "afnames_of_exam_status_by_date"),
                (["initiator"], ["student", "status"], "afnames_of_initiator_by_date"),
            )
        ] + [
            # All that the picture of a school year counts.
            models.Index(
                fields=["school", "created_at"],
                include=["exam", "status", "ovg", "status_since", "student"],
                name="afnames_by_start",
            ),
            models.Index(
                fields=["school", "status_since", "id"],
                include=["student", "initiator", "exam"],
                condition=Q(status="ASSESSED", proposed_version=F("version")),
                name="afnames_proposed_by_date",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "exam", "unit_code"],
                condition=~Q(status__in=["FINAL", "CANCELLED"]),
                name="assessment_one_running_per_unit",
            ),
            models.UniqueConstraint(
                fields=["student", "exam", "unit_code", "attempt"],
                condition=Q(counts_as_attempt=True),
                name="assessment_attempt_once",
            ),
            models.CheckConstraint(
                condition=Q(counts_as_attempt=True) | Q(status="CANCELLED"), name="assessment_uncounted_is_cancelled"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="assessment_status_known"),
            models.CheckConstraint(
                condition=(
                    Q(status="FINAL", final_at__isnull=False, final_by__isnull=False, grade__isnull=False)
                    & Q(ovg__in=["O", "V", "G"])
                )
                | (~Q(status="FINAL") & Q(final_at__isnull=True, final_by__isnull=True, grade__isnull=True, ovg="")),
                name="assessment_result_only_when_final",
            ),
            models.CheckConstraint(
                condition=Q(grade__isnull=True)
                | Q(ovg="O", grade__gte=1, grade__lt=5.5)
                | (Q(ovg__in=["V", "G"]) & Q(grade__gte=5.5, grade__lte=10)),
                name="assessment_grade_fits_ovg",
            ),
            models.CheckConstraint(
                condition=~Q(status="CANCELLED") | ~Q(cancel_reason=""), name="assessment_cancelled_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(cancel_kind="") | Q(cancel_kind__in=CancelKind.values, status="CANCELLED"),
                name="assessment_kind_only_when_cancelled",
            ),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="assessment_attempt_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.student.user} – {self.unit}"

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def appeal_until(self) -> date | None:
        """The last day on which the student can appeal against the result; None while there is none."""
        if self.final_at is None:
            return None
        return timezone.localdate(self.final_at) + timedelta(days=self.school.appeal_days)

    @property
    def can_be_appealed(self) -> bool:
        """Whether the term is not over yet."""
        until = self.appeal_until
        return until is not None and timezone.localdate() <= until

    @property
    def live_assignments(self) -> AssignmentQuerySet:
        return self.assignments.live()


class Coupling(models.Model):
    """The teacher's choice of one examiner: for the whole unit, a work process, or a part.

    Source text, part A, 'Examinator(en) kiezen': (1) neither `work_process` nor `part` is set,
    (2) `work_process` is, (3) `part` is.
    """

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="couplings")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="couplings")
    work_process = models.ForeignKey(WorkProcess, models.PROTECT, null=True, blank=True, related_name="+")
    part = models.ForeignKey(Part, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "keuze van examinator"
        verbose_name_plural = "keuzes van examinator"
        constraints = [
            models.CheckConstraint(
                condition=Q(work_process__isnull=True) | Q(part__isnull=True), name="coupling_at_one_level"
            ),
            models.UniqueConstraint(
                fields=["assessment", "contact"],
                condition=Q(work_process__isnull=True, part__isnull=True),
                name="coupling_unit_once",
            ),
            models.UniqueConstraint(
                fields=["assessment", "contact", "work_process"], name="coupling_work_process_once"
            ),
            models.UniqueConstraint(fields=["assessment", "contact", "part"], name="coupling_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.part or self.work_process or 'het hele examen'}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> AssignmentQuerySet:
        """Those that count: not taken off."""
        return self.filter(removed_at__isnull=True)


class Assignment(models.Model):
    """One examiner on one part: the justification, the scores, and whether it is completed.

    Derived from the couplings by `assessments.couple`. One that has content is never deleted: it
    gets `removed_at` and keeps what was written. `version` counts the saves of its content.
    `written_by` is the open page that wrote the justification, `heard` what `assessments.merge`
    remembers of the pages that save here.
    """

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="assignments")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="assignments")
    part = models.ForeignKey(Part, models.PROTECT, related_name="assignments")
    justification = models.TextField("onderbouwing", blank=True)
    completed_at = models.DateTimeField("afgerond op", null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    written_by = models.CharField(max_length=16, blank=True)
    heard = models.JSONField(default=list)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "koppeling"
        verbose_name_plural = "koppelingen"
        indexes = [
            models.Index(fields=fields, condition=Q(removed_at__isnull=True), name=name)
            for fields, name in (
                (["assessment", "contact"], "examiners_of_assessment"),
                (["contact", "assessment"], "assessments_of_examiner"),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "contact", "part"], name="assignment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.part}"


class Score(models.Model):
    """O, V or G for one criterion in one assignment; `written_by` is the open page that gave it."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="scores")
    value = models.CharField("score", max_length=1, choices=SCORE_CHOICES)
    written_by = models.CharField(max_length=16, blank=True)

    class Meta:
        verbose_name = "score"
        verbose_name_plural = "scores"
        constraints = [
            models.UniqueConstraint(fields=["assignment", "criterion"], name="score_once"),
            models.CheckConstraint(condition=Q(value__in=["O", "V", "G"]), name="score_known"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.value}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def standing(self) -> InvitationQuerySet:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Invitation(models.Model):
    """One examiner's access to one assessment; the link signs (this, `generation`).

    The fields `signed_…`, `assessed_on` and `assessed_place` hold what the examiner signed with the last
    time they completed (`assessments.sign`): the PDF says that, whatever the address book says later.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="invitations")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="invitations")
    generation = models.PositiveIntegerField(default=1)
    remark = models.TextField("opmerking", blank=True)
    invited_at = models.DateTimeField("uitgenodigd op", default=timezone.now)
    expires_at = models.DateTimeField("geldig tot")
    withdrawn_at = models.DateTimeField("ingetrokken op", null=True, blank=True)
    replaced_by = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    mail = models.ForeignKey(OutgoingMail, models.SET_NULL, null=True, blank=True, related_name="+")  # the latest
    asked_at = models.DateTimeField("laatst gevraagd op", default=timezone.now, db_index=True)  # of this generation
    reminded_at = models.DateTimeField("herinnerd op", null=True, blank=True)
    reminders = models.PositiveSmallIntegerField("herinneringen", default=0)
    reminders_stopped_at = models.DateTimeField("herinneringen uitgezet op", null=True, blank=True)
    committee_remark = models.TextField("opmerking van de examencommissie", blank=True)  # until it is completed again
    signed_name = models.CharField("naam", max_length=240, blank=True)
    signed_function = models.CharField("functie", max_length=120, blank=True)
    signed_organisation = models.CharField("organisatie", max_length=160, blank=True)
    assessed_on = models.DateField("beoordeeld op", null=True, blank=True)
    assessed_place = models.CharField("plaats", max_length=120, blank=True)
    typed_signature = models.JSONField(default=dict, blank=True)  # on the summary, not signed yet (`sign.keep_typed`)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "uitnodiging"
        verbose_name_plural = "uitnodigingen"
        constraints = [
            models.UniqueConstraint(fields=["assessment", "contact"], name="invitation_once"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("invited_at")), name="invitation_expires_later"),
            models.CheckConstraint(
                condition=(Q(assessed_on__isnull=False) & ~Q(signed_name=""))
                | Q(assessed_on__isnull=True, assessed_place="")
                & Q(signed_name="", signed_function="", signed_organisation=""),
                name="invitation_signed_with_name_and_date",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | Q(withdrawn_at__isnull=False),
                name="invitation_replaced_is_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.assessment}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_just_reminded(self) -> bool:
        """Whether the last reminder is so recent that another would be one too many."""
        return self.reminded_at is not None and self.reminded_at > timezone.now() - REMIND_PAUSE

    @property
    def is_just_asked(self) -> bool:
        """Whether the invitation itself is so recent that there is nothing to remind of yet."""
        return self.asked_at > timezone.now() - REMIND_PAUSE


class InvitationAttachment(models.Model):
    """A file that went along with an invitation; the bytes are kept once, however many got them."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="attachments")
    filename = models.CharField("bestandsnaam", max_length=200)
    content_type = models.CharField(max_length=100)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "bijlage"
        verbose_name_plural = "bijlagen"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.filename


class PlannedReminder(models.Model):
    """One of the reminders that go out by themselves has had its turn: sent, or skipped for another mail.

    The constraint is what keeps two workers from sending it twice. A new link (`generation`) is a
    new request, and begins anew.
    """

    class Kind(models.TextChoices):
        BEFORE = "BEFORE", "Voor de afname"
        DAY_7 = "DAY_7", "Een week na de uitnodiging"
        DAY_14 = "DAY_14", "Twee weken na de uitnodiging"

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="planned_reminders")
    generation = models.PositiveIntegerField()
    kind = models.CharField("soort", max_length=8, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    is_sent = models.BooleanField("verstuurd")

    class Meta:
        verbose_name = "geplande herinnering"
        verbose_name_plural = "geplande herinneringen"
        constraints = [
            models.UniqueConstraint(fields=["invitation", "generation", "kind"], name="planned_reminder_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.invitation}"


class EventQuerySet(models.QuerySet["Event"]):
    def update(self, **kwargs: Any) -> int:
        raise PermissionDenied("The log is append-only.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise PermissionDenied("The log is append-only.")


class Event(models.Model):
    """One line of the append-only log: who did what to an assessment, when.

    `data` holds what the line needs to be read later (names, states), never a link or a score.
    """

    class Kind(models.TextChoices):
        STARTED = "STARTED", "Beoordeling gestart"
        COUPLED = "COUPLED", "Examinatoren gekozen"
        INVITED = "INVITED", "Examinator uitgenodigd"
        INVITED_AGAIN = "INVITED_AGAIN", "Opnieuw uitgenodigd"
        REMINDED = "REMINDED", "Herinnering verstuurd"
        REMINDERS_OFF = "REMINDERS_OFF", "Herinneringen uitgezet"
        PROPOSED = "PROPOSED", "Collega voorgesteld"
        PROPOSAL_DECLINED = "PROPOSAL_DECLINED", "Voorgestelde collega afgewezen"
        REPLACED = "REPLACED", "Examinator vervangen"
        LINK_RENEWED = "LINK_RENEWED", "Nieuwe link aangevraagd"
        WITHDRAWN = "WITHDRAWN", "Uitnodiging ingetrokken"
        SAVED = "SAVED", "Tussentijds opgeslagen"
        COMPLETED = "COMPLETED", "Beoordeling afgerond door examinator"
        CORRECTED = "CORRECTED", "Bewerkt door de examencommissie"
        SENT_BACK = "SENT_BACK", "Teruggestuurd naar examinator"
        FINAL_PROPOSED = "FINAL_PROPOSED", "Voorgedragen om af te ronden"
        FINALISED = "FINALISED", "Definitief gemaakt"
        FINAL_WITHDRAWN = "FINAL_WITHDRAWN", "Definitief ingetrokken"
        CANCELLED = "CANCELLED", "Beoordeling ingetrokken"
        DOCUMENT_MADE = "DOCUMENT_MADE", "Pdf gemaakt"
        APPEAL_MARKED = "APPEAL_MARKED", "Bezwaar genoteerd"
        APPEAL_CLOSED = "APPEAL_CLOSED", "Bezwaar afgesloten"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=240)
    from_status = models.CharField(max_length=12, choices=Status)
    to_status = models.CharField(max_length=12, choices=Status)
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = "gebeurtenis"
        verbose_name_plural = "gebeurtenissen"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.actor_name})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise PermissionDenied("The log is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise PermissionDenied("The log is append-only.")


FAILING_ATTEMPTS = 4  # of making a PDF, within half an hour; after that someone should look


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: User) -> DocumentQuerySet:
        """PDFs that are ready: the committee's all, for others those that stand (not superseded)."""
        everything = Q(assessment__in=Assessment.objects.for_committee(user))
        standing = Q(assessment__in=Assessment.objects.visible_to(user), superseded_at__isnull=True)
        return self.filter(everything | standing, file__isnull=False)

    def current(self) -> DocumentQuerySet:
        return self.filter(superseded_at__isnull=True)

    def pending(self) -> DocumentQuerySet:
        """Those whose PDF is still to be made."""
        return self.current().filter(file__isnull=True)

    def failing(self) -> DocumentQuerySet:
        """Those of them that went wrong so often that someone should look."""
        return self.pending().filter(attempts__gte=FAILING_ATTEMPTS)


class Document(models.Model):
    """The PDF of a final result: made once, from `result`, and kept with its SHA-256.

    Pending while `file` is empty; `lease_until` is when a maker that said nothing more is taken
    for dead, or the next of its `attempts` may begin. A final result that is withdrawn leaves its
    document here, superseded.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="documents")
    number = models.PositiveSmallIntegerField("versie")
    # As it is printed, without its dashes; documents from before there were codes have none.
    code = models.CharField("verificatiecode", max_length=20, null=True, editable=False)
    result = models.JSONField("resultaat zoals vastgesteld")
    exam_office_email = models.EmailField("e-mailadres van het examenbureau")
    created_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("pogingen", default=0)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    mail = models.ForeignKey(OutgoingMail, models.SET_NULL, null=True, blank=True, related_name="+")
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        verbose_name_plural = "documenten"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "number"], name="document_number_once"),
            models.UniqueConstraint(fields=["code"], name="document_code_once"),
            models.UniqueConstraint(
                fields=["assessment"], condition=Q(superseded_at__isnull=True), name="document_one_current"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def filename(self) -> str:
        """'beoordeling-123456-25656-b1-k1-poging1-v1.pdf': number, exam, unit, attempt, version; no name."""
        said = self.result
        whose = f"{said['student']['number']}-{said['exam']['code']}-{said['unit']['code']}"
        return f"beoordeling-{slugify(whose)}-poging{said['attempt']}-v{self.number}.pdf"

    @property
    def is_failing(self) -> bool:
        """Whether making it went wrong so often that someone should look; it is tried again all the same."""
        return self.file_id is None and self.attempts >= FAILING_ATTEMPTS

    @property
    def is_on_its_way(self) -> bool:
        """Whether its PDF is still being made, or its mail not at the end of its road."""
        if self.file_id is None:
            return not self.is_failing
        return self.mail is not None and self.mail.state not in (OutgoingMail.State.SENT, OutgoingMail.State.FAILED)
