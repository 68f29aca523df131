"""Assessments, and all that belongs to one."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("addressbook", "0001_initial"),
        ("exams", "0001_initial"),
        ("outbox", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DestroyedDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code_sha256", models.CharField(max_length=64, null=True, unique=True)),
                ("sha256", models.CharField(blank=True, db_index=True, max_length=64)),
                ("stood", models.BooleanField()),
                ("destroyed_on", models.DateField()),
            ],
            options={
                "verbose_name": "vernietigd document",
                "verbose_name_plural": "vernietigde documenten",
            },
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "unit_code",
                    models.CharField(
                        help_text="Van de eenheid, gelijk over de versies van het examen heen.", max_length=20
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="poging")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("NEW", "Nieuw"),
                            ("INVITED", "Uitgenodigd"),
                            ("IN_PROGRESS", "Wordt beoordeeld"),
                            ("ASSESSED", "Beoordeeld"),
                            ("FINAL", "Definitief"),
                            ("CANCELLED", "Ingetrokken"),
                        ],
                        db_index=True,
                        default="NEW",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("status_since", models.DateTimeField(default=django.utils.timezone.now)),
                ("version", models.PositiveIntegerField(default=1)),
                ("proposed_version", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ("planned_on", models.DateField(blank=True, null=True, verbose_name="datum van de afname")),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="plaats van de afname")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("cancel_reason", models.TextField(blank=True, verbose_name="reden van intrekken")),
                (
                    "cancel_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NO_SHOW", "Niet verschenen"),
                            ("IRREGULARITY", "Onregelmatigheid"),
                            ("INVALID", "Ongeldige poging"),
                            ("OTHER", "Anders"),
                            ("MISTAKE", "Per ongeluk gestart"),
                        ],
                        max_length=12,
                        verbose_name="soort reden",
                    ),
                ),
                ("counts_as_attempt", models.BooleanField(default=True, verbose_name="telt als poging")),
                ("final_at", models.DateTimeField(blank=True, null=True, verbose_name="definitief op")),
                ("appeal_until", models.DateField(blank=True, null=True, verbose_name="bezwaar tot en met")),
                (
                    "ovg",
                    models.CharField(
                        blank=True,
                        choices=[("O", "Onvoldoende"), ("V", "Voldoende"), ("G", "Goed")],
                        max_length=1,
                        verbose_name="resultaat",
                    ),
                ),
                (
                    "grade",
                    models.DecimalField(blank=True, decimal_places=1, max_digits=3, null=True, verbose_name="cijfer"),
                ),
                (
                    "exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assessments", to="exams.exam"
                    ),
                ),
                (
                    "final_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finalised_assessments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "initiator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="initiated_assessments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assessments", to="accounts.school"
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assessments",
                        to="accounts.membership",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assessments", to="exams.examunit"
                    ),
                ),
            ],
            options={
                "verbose_name": "afname",
                "verbose_name_plural": "afnames",
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        fields=["school", "status_since", "id"],
                        include=("student", "initiator"),
                        name="afnames_by_date",
                    ),
                    models.Index(
                        fields=["school", "status", "status_since", "id"],
                        include=("student", "initiator"),
                        name="afnames_of_status_by_date",
                    ),
                    models.Index(
                        fields=["school", "exam", "status_since", "id"],
                        include=("student", "initiator"),
                        name="afnames_of_exam_by_date",
                    ),
                    models.Index(
                        fields=["school", "exam", "status", "status_since", "id"],
                        include=("student", "initiator"),
                        name="afnames_of_exam_status_by_date",
                    ),
                    models.Index(
                        fields=["school", "initiator", "status_since", "id"],
                        include=("student", "status"),
                        name="afnames_of_initiator_by_date",
                    ),
                    models.Index(
                        fields=["school", "created_at"],
                        include=("exam", "status", "ovg", "status_since", "student"),
                        name="afnames_by_start",
                    ),
                    models.Index(
                        condition=models.Q(("proposed_version", models.F("version")), ("status", "ASSESSED")),
                        fields=["school", "status_since", "id"],
                        include=("student", "initiator", "exam"),
                        name="afnames_proposed_by_date",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["FINAL", "CANCELLED"]), _negated=True),
                        fields=("student", "exam", "unit_code"),
                        name="assessment_one_running_per_unit",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("counts_as_attempt", True)),
                        fields=("student", "exam", "unit_code", "attempt"),
                        name="assessment_attempt_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("counts_as_attempt", True), ("status", "CANCELLED"), _connector="OR"),
                        name="assessment_uncounted_is_cancelled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["NEW", "INVITED", "IN_PROGRESS", "ASSESSED", "FINAL", "CANCELLED"])
                        ),
                        name="assessment_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("final_at__isnull", False),
                                ("final_by__isnull", False),
                                ("grade__isnull", False),
                                ("status", "FINAL"),
                                ("ovg__in", ["O", "V", "G"]),
                            ),
                            models.Q(
                                models.Q(("status", "FINAL"), _negated=True),
                                ("final_at__isnull", True),
                                ("final_by__isnull", True),
                                ("grade__isnull", True),
                                ("ovg", ""),
                            ),
                            _connector="OR",
                        ),
                        name="assessment_result_only_when_final",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("appeal_until__isnull", True), ("status", "FINAL"), _connector="OR"),
                        name="assessment_appeal_until_only_when_final",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("grade__isnull", True),
                            models.Q(("grade__gte", 1), ("grade__lt", 5.5), ("ovg", "O")),
                            models.Q(("ovg__in", ["V", "G"]), ("grade__gte", 5.5), ("grade__lte", 10)),
                            _connector="OR",
                        ),
                        name="assessment_grade_fits_ovg",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "CANCELLED"), _negated=True),
                            models.Q(("cancel_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="assessment_cancelled_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cancel_kind", ""),
                            models.Q(
                                ("cancel_kind__in", ["NO_SHOW", "IRREGULARITY", "INVALID", "OTHER", "MISTAKE"]),
                                ("status", "CANCELLED"),
                            ),
                            _connector="OR",
                        ),
                        name="assessment_kind_only_when_cancelled",
                    ),
                    models.CheckConstraint(condition=models.Q(("attempt__gte", 1)), name="assessment_attempt_from_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_on", models.DateField(verbose_name="ontvangen op")),
                ("note", models.TextField(blank=True, verbose_name="notitie")),
                ("marked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="afgehandeld op")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("UPHELD", "Gegrond"), ("DISMISSED", "Ongegrond"), ("WITHDRAWN", "Ingetrokken")],
                        max_length=10,
                        verbose_name="uitkomst",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "marked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="appeals", to="assessments.assessment"
                    ),
                ),
            ],
            options={
                "verbose_name": "bezwaar",
                "verbose_name_plural": "bezwaren",
                "ordering": ["received_on", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_on__isnull", True)), fields=("assessment",), name="appeal_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on__isnull", True), ("outcome", "")),
                            models.Q(
                                ("closed_on__isnull", False), ("outcome__in", ["UPHELD", "DISMISSED", "WITHDRAWN"])
                            ),
                            _connector="OR",
                        ),
                        name="appeal_closed_with_date_and_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_on__isnull", True), ("closed_on__gte", models.F("received_on")), _connector="OR"
                        ),
                        name="appeal_closed_after_it_came",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("justification", models.TextField(blank=True, verbose_name="onderbouwing")),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="afgerond op")),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=0)),
                ("written_by", models.CharField(blank=True, max_length=16)),
                ("cleared_by", models.JSONField(default=dict)),
                ("heard", models.JSONField(default=list)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="addressbook.contact",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="exams.part"
                    ),
                ),
            ],
            options={
                "verbose_name": "koppeling",
                "verbose_name_plural": "koppelingen",
                "indexes": [
                    models.Index(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=["assessment", "contact"],
                        name="examiners_of_assessment",
                    ),
                    models.Index(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=["contact", "assessment"],
                        name="assessments_of_examiner",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("assessment", "contact", "part"), name="assignment_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.TextField(blank=True, verbose_name="was")),
                ("after", models.TextField(blank=True, verbose_name="wordt")),
                ("covers", models.JSONField(default=dict)),
                ("reason", models.TextField(verbose_name="reden")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="gewijzigd op")),
                ("by_name", models.CharField(max_length=240, verbose_name="gewijzigd door")),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="corrections",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="corrections",
                        to="assessments.assignment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exams.criterion",
                    ),
                ),
            ],
            options={
                "verbose_name": "bewerking",
                "verbose_name_plural": "bewerkingen",
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("after__in", ["", "O", "V", "G"]),
                                ("assignment__isnull", True),
                                ("criterion__isnull", False),
                            ),
                            models.Q(("assignment__isnull", False), ("criterion__isnull", True)),
                            _connector="OR",
                        ),
                        name="correction_of_a_score_or_a_text",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="correction_with_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Coupling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="couplings",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="couplings", to="addressbook.contact"
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exams.part",
                    ),
                ),
                (
                    "work_process",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exams.workprocess",
                    ),
                ),
            ],
            options={
                "verbose_name": "keuze van examinator",
                "verbose_name_plural": "keuzes van examinator",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("work_process__isnull", True), ("part__isnull", True), _connector="OR"),
                        name="coupling_at_one_level",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("part__isnull", True), ("work_process__isnull", True)),
                        fields=("assessment", "contact"),
                        name="coupling_unit_once",
                    ),
                    models.UniqueConstraint(
                        fields=("assessment", "contact", "work_process"), name="coupling_work_process_once"
                    ),
                    models.UniqueConstraint(fields=("assessment", "contact", "part"), name="coupling_part_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DataRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="aangevraagd op")),
                ("asked_by_name", models.CharField(max_length=240, verbose_name="aangevraagd door")),
                ("made_at", models.DateTimeField(blank=True, null=True, verbose_name="gemaakt op")),
                ("claim_id", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="pogingen")),
                (
                    "downloaded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="voor het eerst gedownload op"),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outbox.storedfile",
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="outbox.outgoingmail",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="data_requests",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "verbose_name": "verzoek om inzage",
                "verbose_name_plural": "verzoeken om inzage",
                "ordering": ["-asked_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("made_at__isnull", True)),
                        fields=("student",),
                        name="data_request_one_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("file__isnull", True), ("made_at__isnull", False), _connector="OR"),
                        name="data_request_file_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DatesImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("filename", models.CharField(max_length=150, verbose_name="bestandsnaam")),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name="ingelezen op"),
                ),
                ("imported_at", models.DateTimeField(blank=True, null=True, verbose_name="geïmporteerd op")),
                ("columns", models.JSONField(default=dict)),
                ("unused", models.JSONField(default=list)),
                ("understood", models.JSONField(default=list)),
                ("warnings", models.JSONField(default=list)),
                ("counts", models.JSONField(default=dict)),
                ("packed", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("QUEUED", "Wacht om te worden gelezen"),
                            ("READING", "Wordt gelezen"),
                            ("READY", "Klaar om te bekijken"),
                            ("IMPORTING", "Wordt geïmporteerd"),
                            ("DONE", "Geïmporteerd"),
                            ("FAILED", "Kan niet worden gelezen"),
                        ],
                        default="READY",
                        max_length=10,
                        verbose_name="stand",
                    ),
                ),
                ("problem", models.TextField(blank=True, verbose_name="wat er mis is")),
                ("content", models.BinaryField(null=True)),
                ("total_rows", models.PositiveIntegerField(default=0)),
                ("done_rows", models.PositiveIntegerField(default=0)),
                ("claim_id", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="pogingen")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dates_imports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="dates_imports", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "import van datums",
                "verbose_name_plural": "imports van datums",
                "ordering": ["-created_at"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("imported_at__isnull", False), ("state", "DONE")),
                            models.Q(models.Q(("state", "DONE"), _negated=True), ("imported_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="datesimport_done_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.PositiveSmallIntegerField(verbose_name="versie")),
                ("code", models.CharField(editable=False, max_length=20, null=True, verbose_name="verificatiecode")),
                ("result", models.JSONField(verbose_name="resultaat zoals vastgesteld")),
                (
                    "exam_office_email",
                    models.EmailField(max_length=254, verbose_name="e-mailadres van het examenbureau"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("claim_id", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="pogingen")),
                ("superseded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outbox.storedfile",
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="outbox.outgoingmail",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documenten",
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("assessment", "number"), name="document_number_once"),
                    models.UniqueConstraint(fields=("code",), name="document_code_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at__isnull", True)),
                        fields=("assessment",),
                        name="document_one_current",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="gewist op")),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("DIPLOMA", "18 maanden na de diplomadatum"),
                            ("LEFT", "Vertrokken zonder diploma"),
                            ("CANCELLED", "Ingetrokken afname"),
                            ("UNFINISHED", "Nooit definitief geworden"),
                        ],
                        max_length=12,
                        verbose_name="regel",
                    ),
                ),
                ("assessments", models.PositiveIntegerField(default=0, verbose_name="afnames")),
                ("documents", models.PositiveIntegerField(default=0, verbose_name="pdf's")),
                ("mails", models.PositiveIntegerField(default=0, verbose_name="mails")),
                ("students", models.PositiveIntegerField(default=0, verbose_name="studenten")),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="erasures", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "wissing",
                "verbose_name_plural": "wissingen",
                "ordering": ["-on", "rule"],
                "constraints": [
                    models.UniqueConstraint(fields=("school", "on", "rule"), name="erasure_once_a_day_and_rule"),
                    models.CheckConstraint(
                        condition=models.Q(("rule__in", ["DIPLOMA", "LEFT", "CANCELLED", "UNFINISHED"])),
                        name="erasure_rule_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("STARTED", "Beoordeling gestart"),
                            ("TAKEN_OVER", "Beoordeling overgenomen"),
                            ("COUPLED", "Examinatoren gekozen"),
                            ("INVITED", "Examinator uitgenodigd"),
                            ("INVITED_AGAIN", "Opnieuw uitgenodigd"),
                            ("REMINDED", "Herinnering verstuurd"),
                            ("REMINDERS_OFF", "Herinneringen uitgezet"),
                            ("PROPOSED", "Collega voorgesteld"),
                            ("PROPOSAL_DECLINED", "Voorgestelde collega afgewezen"),
                            ("REPLACED", "Andere examinator gekozen"),
                            ("LINK_RENEWED", "Nieuwe link aangevraagd"),
                            ("WITHDRAWN", "Uitnodiging ingetrokken"),
                            ("SAVED", "Tussentijds opgeslagen"),
                            ("COMPLETED", "Beoordeling afgerond"),
                            ("CORRECTED", "Bewerkt namens de examencommissie"),
                            ("SENT_BACK", "Teruggestuurd naar examinator"),
                            ("FINAL_PROPOSED", "Voorgedragen om af te ronden"),
                            ("FINALISED", "Definitief gemaakt"),
                            ("FINAL_WITHDRAWN", "Definitief ingetrokken"),
                            ("CANCELLED", "Beoordeling ingetrokken"),
                            ("DOCUMENT_MADE", "Pdf gemaakt"),
                            ("SENT_AGAIN", "Pdf opnieuw verzonden"),
                            ("APPEAL_MARKED", "Bezwaar genoteerd"),
                            ("APPEAL_CLOSED", "Bezwaar afgesloten"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor_name", models.CharField(max_length=240)),
                (
                    "from_status",
                    models.CharField(
                        choices=[
                            ("NEW", "Nieuw"),
                            ("INVITED", "Uitgenodigd"),
                            ("IN_PROGRESS", "Wordt beoordeeld"),
                            ("ASSESSED", "Beoordeeld"),
                            ("FINAL", "Definitief"),
                            ("CANCELLED", "Ingetrokken"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("NEW", "Nieuw"),
                            ("INVITED", "Uitgenodigd"),
                            ("IN_PROGRESS", "Wordt beoordeeld"),
                            ("ASSESSED", "Beoordeeld"),
                            ("FINAL", "Definitief"),
                            ("CANCELLED", "Ingetrokken"),
                        ],
                        max_length=12,
                    ),
                ),
                ("data", models.JSONField(default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="assessments.assessment"
                    ),
                ),
            ],
            options={
                "verbose_name": "gebeurtenis",
                "verbose_name_plural": "gebeurtenissen",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="FinalProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="voorgedragen op")),
                ("version", models.PositiveIntegerField(verbose_name="versie van de beoordeling")),
                (
                    "exam_office_email",
                    models.EmailField(max_length=254, verbose_name="e-mailadres van het examenbureau"),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="final_proposals",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="voorgedragen door",
                    ),
                ),
            ],
            options={
                "verbose_name": "voordracht",
                "verbose_name_plural": "voordrachten",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("generation", models.PositiveIntegerField(default=1)),
                ("remark", models.TextField(blank=True, verbose_name="opmerking")),
                ("invited_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="uitgenodigd op")),
                ("expires_at", models.DateTimeField(verbose_name="geldig tot")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="ingetrokken op")),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="laatst gevraagd op"
                    ),
                ),
                ("reminded_at", models.DateTimeField(blank=True, null=True, verbose_name="herinnerd op")),
                ("reminders", models.PositiveSmallIntegerField(default=0, verbose_name="herinneringen")),
                (
                    "reminders_stopped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="herinneringen uitgezet op"),
                ),
                ("committee_remark", models.TextField(blank=True, verbose_name="opmerking van de examencommissie")),
                ("signed_name", models.CharField(blank=True, max_length=240, verbose_name="naam")),
                ("signed_function", models.CharField(blank=True, max_length=120, verbose_name="functie")),
                ("signed_organisation", models.CharField(blank=True, max_length=160, verbose_name="organisatie")),
                ("assessed_on", models.DateField(blank=True, null=True, verbose_name="beoordeeld op")),
                ("assessed_place", models.CharField(blank=True, max_length=120, verbose_name="plaats")),
                ("typed_signature", models.JSONField(blank=True, default=dict)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="addressbook.contact",
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="outbox.outgoingmail",
                    ),
                ),
                (
                    "replaced_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="addressbook.contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "uitnodiging",
                "verbose_name_plural": "uitnodigingen",
                "constraints": [
                    models.UniqueConstraint(fields=("assessment", "contact"), name="invitation_once"),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("invited_at"))), name="invitation_expires_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("assessed_on__isnull", False), models.Q(("signed_name", ""), _negated=True)),
                            models.Q(
                                ("assessed_on__isnull", True),
                                ("assessed_place", ""),
                                ("signed_function", ""),
                                ("signed_name", ""),
                                ("signed_organisation", ""),
                            ),
                            _connector="OR",
                        ),
                        name="invitation_signed_with_name_and_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_by__isnull", True), ("withdrawn_at__isnull", False), _connector="OR"
                        ),
                        name="invitation_replaced_is_withdrawn",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvitationAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=200, verbose_name="bestandsnaam")),
                ("content_type", models.CharField(max_length=100)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="outbox.storedfile"
                    ),
                ),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="assessments.invitation",
                    ),
                ),
            ],
            options={
                "verbose_name": "bijlage",
                "verbose_name_plural": "bijlagen",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="MailAbout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_watched", models.BooleanField(db_default=False, default=False)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mails", to="assessments.assessment"
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="about",
                        to="outbox.outgoingmail",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail over een afname",
                "verbose_name_plural": "mails over afnames",
                "indexes": [
                    models.Index(condition=models.Q(("is_watched", True)), fields=["mail"], name="mails_watched")
                ],
                "constraints": [models.UniqueConstraint(fields=("mail", "assessment"), name="mail_about_once")],
            },
        ),
        migrations.CreateModel(
            name="PastAssessments",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="schooljaar")),
                ("status", models.CharField(max_length=12)),
                (
                    "ovg",
                    models.CharField(
                        blank=True,
                        choices=[("O", "Onvoldoende"), ("V", "Voldoende"), ("G", "Goed")],
                        max_length=1,
                        verbose_name="resultaat",
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                (
                    "exam",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exams.exam"),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "telling van afnames",
                "verbose_name_plural": "tellingen van afnames",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("school", "exam", "year", "status", "ovg"), name="past_assessments_counted_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PastScores",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="schooljaar")),
                (
                    "value",
                    models.CharField(
                        choices=[("O", "Onvoldoende"), ("V", "Voldoende"), ("G", "Goed")],
                        max_length=1,
                        verbose_name="score",
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                (
                    "criterion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exams.criterion"
                    ),
                ),
                (
                    "exam",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exams.exam"),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "telling van scores",
                "verbose_name_plural": "tellingen van scores",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("school", "exam", "criterion", "year", "value"), name="past_scores_counted_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PlannedReminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("generation", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("BEFORE", "Voor de afname"),
                            ("DAY_7", "Een week na de uitnodiging"),
                            ("DAY_14", "Twee weken na de uitnodiging"),
                        ],
                        max_length=8,
                        verbose_name="soort",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("is_sent", models.BooleanField(verbose_name="verstuurd")),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="planned_reminders",
                        to="assessments.invitation",
                    ),
                ),
            ],
            options={
                "verbose_name": "geplande herinnering",
                "verbose_name_plural": "geplande herinneringen",
                "constraints": [
                    models.UniqueConstraint(fields=("invitation", "generation", "kind"), name="planned_reminder_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_name", models.CharField(max_length=80, verbose_name="voornaam")),
                ("infix", models.CharField(blank=True, max_length=30, verbose_name="tussenvoegsel")),
                ("last_name", models.CharField(max_length=120, verbose_name="achternaam")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mailadres")),
                ("organisation", models.CharField(blank=True, max_length=160, verbose_name="organisatie")),
                ("function", models.CharField(blank=True, max_length=120, verbose_name="functie")),
                ("word", models.TextField(blank=True, verbose_name="bericht")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "Wacht op antwoord"),
                            ("CONFIRMED", "Bevestigd"),
                            ("DECLINED", "Afgewezen"),
                            ("LAPSED", "Vervallen"),
                        ],
                        default="OPEN",
                        max_length=10,
                    ),
                ),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="voorgesteld op")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="decided_proposals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="assessments.invitation",
                    ),
                ),
            ],
            options={
                "verbose_name": "voorgestelde collega",
                "verbose_name_plural": "voorgestelde collega's",
                "ordering": ["proposed_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "OPEN")), fields=("invitation",), name="proposal_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["OPEN", "CONFIRMED", "DECLINED", "LAPSED"])),
                        name="proposal_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "OPEN")),
                            models.Q(models.Q(("state", "OPEN"), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="proposal_decided_at_some_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "value",
                    models.CharField(
                        choices=[("O", "Onvoldoende"), ("V", "Voldoende"), ("G", "Goed")],
                        max_length=1,
                        verbose_name="score",
                    ),
                ),
                ("written_by", models.CharField(blank=True, max_length=16)),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scores", to="assessments.assignment"
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scores", to="exams.criterion"
                    ),
                ),
            ],
            options={
                "verbose_name": "score",
                "verbose_name_plural": "scores",
                "constraints": [
                    models.UniqueConstraint(fields=("assignment", "criterion"), name="score_once"),
                    models.CheckConstraint(condition=models.Q(("value__in", ["O", "V", "G"])), name="score_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Viewing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("export", models.UUIDField(null=True)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("RESULT", "De beoordeling"),
                            ("CORRECT", "De beoordeling om te bewerken"),
                            ("FINALISE", "De beoordeling om af te ronden"),
                            ("HISTORY", "De bewerkhistorie"),
                            ("DOCUMENT", "De pdf"),
                            ("EXPORT", "Een export van resultaten"),
                        ],
                        max_length=10,
                        verbose_name="wat",
                    ),
                ),
                ("by_name", models.CharField(max_length=240, verbose_name="wie")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="wanneer")),
                ("slot", models.PositiveBigIntegerField()),
                (
                    "assessment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="viewings",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.school",
                    ),
                ),
            ],
            options={
                "verbose_name": "inzage",
                "verbose_name_plural": "inzagen",
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["school", "-at", "-id"], name="viewings_newest_first")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("assessment__isnull", False)),
                        fields=("assessment", "by", "what", "slot"),
                        name="viewing_of_assessment_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("export__isnull", False)),
                        fields=("export", "by", "what", "slot"),
                        name="viewing_of_export_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("assessment__isnull", False), ("export__isnull", True)),
                            models.Q(("assessment__isnull", True), ("export__isnull", False), ("what", "EXPORT")),
                            _connector="OR",
                        ),
                        name="viewing_of_one_thing",
                    ),
                ],
            },
        ),
    ]
