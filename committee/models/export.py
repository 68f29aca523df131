"""Export profiles of a school, and the exports with their results."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import LineField
from accounts.models import ExamCommittee, Role, School, User
from assessments.models import Assessment
from committee.export_format import DateForm, DecimalSign, Encoding, Separator, Shape
from exams.models import SCORE_CHOICES, Exam

WORD_LENGTH = 30


class ExportProfileQuerySet(models.QuerySet["ExportProfile"]):
    def for_committee(self, user: User) -> ExportProfileQuerySet:
        """Filter by the schools where `user` has the role Examencommissie."""
        return self.filter(school__in=user.schools_as(Role.EXAMENCOMMISSIE))


class ExportProfile(models.Model):
    """A school's format of exports; `columns` is a list of [key, header], `version` counts the saves."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.CASCADE, related_name="export_profiles")
    name = LineField("naam", max_length=60)
    columns = models.JSONField("kolommen", default=list)
    separator = models.CharField(
        "scheidingsteken", max_length=10, choices=Separator.choices, default=Separator.SEMICOLON
    )
    decimal_sign = models.CharField(
        "decimaalteken", max_length=10, choices=DecimalSign.choices, default=DecimalSign.COMMA
    )
    date_form = models.CharField("datums", max_length=10, choices=DateForm.choices, default=DateForm.DMY_DASH)
    encoding = models.CharField("codering", max_length=12, choices=Encoding.choices, default=Encoding.UTF8_BOM)
    has_headers = models.BooleanField("eerste regel met de namen van de kolommen", default=True)
    word_o = LineField("O wordt", max_length=WORD_LENGTH, default="O")
    word_v = LineField("V wordt", max_length=WORD_LENGTH, default="V")
    word_g = LineField("G wordt", max_length=WORD_LENGTH, default="G")
    version = models.PositiveIntegerField(default=1)

    objects = ExportProfileQuerySet.as_manager()

    class Meta:
        verbose_name = "exportprofiel"
        verbose_name_plural = "exportprofielen"
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint("school", Lower("name"), name="export_profile_name_once_per_school"),
            models.CheckConstraint(condition=~Q(name=""), name="export_profile_has_name"),
            models.CheckConstraint(condition=~Q(columns=[]), name="export_profile_has_columns"),
            models.CheckConstraint(
                condition=Q(separator__in=Separator.values)
                & Q(decimal_sign__in=DecimalSign.values)
                & Q(date_form__in=DateForm.values)
                & Q(encoding__in=Encoding.values),
                name="export_profile_choices_known",
            ),
            models.CheckConstraint(
                condition=~(Q(word_o="") | Q(word_v="") | Q(word_g=""))
                & ~(Q(word_o=F("word_v")) | Q(word_o=F("word_g")) | Q(word_v=F("word_g"))),
                name="export_profile_words_differ",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shape(self) -> Shape:
        return Shape(
            name=self.name,
            columns=tuple((key, header) for key, header in self.columns),
            words={"O": self.word_o, "V": self.word_v, "G": self.word_g},
            separator=self.separator,
            decimal_sign=self.decimal_sign,
            date_form=self.date_form,
            encoding=self.encoding,
            has_headers=self.has_headers,
        )


class ExportQuerySet(models.QuerySet["Export"]):
    def for_committee(self, user: User) -> ExportQuerySet:
        """Filter the exports of programmes of the committees that `user` is a member of."""
        return self.filter(ExamCommittee.objects.visible_to(user).covers())


class Export(models.Model):
    """A download of results of one exam; `results` are its rows, so that it can be downloaded again."""

    class File(models.TextChoices):
        CSV = "CSV", "CSV"
        XLSX = "XLSX", "Excel (.xlsx)"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.PROTECT, related_name="exports")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="exports")
    at = models.DateTimeField("geëxporteerd op", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=240)
    only_new = models.BooleanField("alleen nieuw")
    count = models.PositiveIntegerField("aantal", default=0)
    file = models.CharField("bestand", max_length=4, choices=File)
    shape = models.JSONField()

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = "export"
        verbose_name_plural = "exports"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["school", "-at", "-id"], name="exports_newest_first")]
        constraints = [models.CheckConstraint(condition=Q(file__in=["CSV", "XLSX"]), name="export_file_known")]

    def __str__(self) -> str:
        return f"{self.exam}: {self.count}"


class ExportedResultQuerySet(models.QuerySet["ExportedResult"]):
    def changed_since(self) -> ExportedResultQuerySet:
        """Filter the results that were withdrawn, or made final again, after the export."""
        unchanged = Assessment.objects.filter(pk=OuterRef("assessment"), final_at=OuterRef("final_at"))
        return self.filter(~Exists(unchanged))

    def newest_of_each(self) -> ExportedResultQuerySet:
        """Filter the last export of each result."""
        later = ExportedResult.objects.filter(assessment=OuterRef("assessment"), export_id__gt=OuterRef("export_id"))
        return self.filter(~Exists(later))

    def for_pages(self) -> ExportedResultQuerySet:
        """Annotate whether the current result was exported later, select related, order by the last change first."""
        later = ExportedResult.objects.filter(
            assessment=OuterRef("assessment"), final_at=OuterRef("assessment__final_at")
        )
        related = ("export__school", "assessment__student__user", "assessment__exam", "assessment__unit")
        queryset = self.annotate(in_a_later_export=Exists(later)).select_related(*related)
        return queryset.order_by("-assessment__status_since", "-assessment_id")


class ExportedResult(models.Model):
    """One result as it was exported; `final_at` distinguishes one finalisation from the next.

    An export may have a million rows, hence a composite key and no other.
    """

    pk = models.CompositePrimaryKey("export_id", "assessment_id")
    export = models.ForeignKey(Export, models.CASCADE, related_name="results", db_index=False)  # the key begins with it
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="exported")
    final_at = models.DateTimeField("definitief op")
    final_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    ovg = models.CharField("resultaat", max_length=1, choices=SCORE_CHOICES)
    grade = models.DecimalField("cijfer", max_digits=3, decimal_places=1)

    objects = ExportedResultQuerySet.as_manager()

    class Meta:
        verbose_name = "geëxporteerd resultaat"
        verbose_name_plural = "geëxporteerde resultaten"

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.grade}"
