"""Exams, their versions, and the content of each version down to its criteria."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExamUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="volgorde")),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("title", models.CharField(max_length=200, verbose_name="titel")),
            ],
            options={
                "verbose_name": "exameneenheid",
                "verbose_name_plural": "exameneenheden",
                "ordering": ["position"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True), models.Q(("title", ""), _negated=True)
                        ),
                        name="unit_has_code_and_title",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Part",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="volgorde")),
                (
                    "kind",
                    models.CharField(
                        choices=[("BEHAVIOUR", "Gedragsobservatie"), ("PRODUCT", "Productbeoordeling")],
                        max_length=10,
                        verbose_name="soort",
                    ),
                ),
            ],
            options={
                "verbose_name": "onderdeel",
                "verbose_name_plural": "onderdelen",
                "ordering": ["work_process__core_task__position", "work_process__position", "position"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["BEHAVIOUR", "PRODUCT"])), name="part_kind_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Exam",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("PROFESSION", "Beroep"), ("KEUZEDEEL", "Keuzedeel")],
                        max_length=12,
                        verbose_name="soort",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="Crebonummer, of de code van het keuzedeel (K0023).",
                        max_length=10,
                        verbose_name="code",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="titel")),
                ("cohort", models.CharField(help_text="Zoals 2025-2026.", max_length=9, verbose_name="cohort")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="1 tot en met 4.", null=True, verbose_name="niveau"
                    ),
                ),
            ],
            options={
                "verbose_name": "examen",
                "verbose_name_plural": "examens",
                "ordering": ["title", "-cohort"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "cohort"),
                        name="exam_code_once_per_cohort",
                        violation_error_message="Er is al een examen met deze code voor dit cohort.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code__regex", "^[0-9]{5}$"), ("kind", "PROFESSION")),
                            models.Q(("code__regex", "^K[0-9]{4}$"), ("kind", "KEUZEDEEL")),
                            _connector="OR",
                        ),
                        name="exam_code_fits_kind",
                        violation_error_message="De code past niet bij de soort: vijf cijfers, of een K met vier cijfers.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cohort__regex", "^20[0-9]{2}-20[0-9]{2}$")),
                        name="exam_cohort_is_school_year",
                        violation_error_message="Schrijf het cohort als schooljaar, zoals 2025-2026.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__isnull", True), ("level__range", (1, 4)), _connector="OR"),
                        name="exam_level_1_to_4",
                        violation_error_message="Het niveau is 1, 2, 3 of 4.",
                    ),
                    models.CheckConstraint(condition=models.Q(("title", ""), _negated=True), name="exam_has_title"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CoreTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="volgorde")),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("title", models.CharField(max_length=200, verbose_name="titel")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="core_tasks", to="exams.examunit"
                    ),
                ),
            ],
            options={
                "verbose_name": "kerntaak",
                "verbose_name_plural": "kerntaken",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "code"), name="core_task_code_once"),
                    models.UniqueConstraint(fields=("unit", "position"), name="core_task_position_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True), models.Q(("title", ""), _negated=True)
                        ),
                        name="core_task_has_code_and_title",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExamVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="versie")),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="Zoals het in het bestand staat; het examen krijgt het bij het publiceren.",
                        max_length=200,
                        verbose_name="titel van het examen",
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Zoals het in het bestand staat; het examen krijgt het bij het publiceren.",
                        null=True,
                        verbose_name="niveau van het examen",
                    ),
                ),
                ("prepared_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="voorbereid op")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="gepubliceerd op")),
                ("grading_rule", models.CharField(max_length=40, verbose_name="beoordelingsregel")),
                ("grading_data", models.JSONField(verbose_name="gegevens van de regel")),
                (
                    "source_sha256",
                    models.CharField(
                        blank=True,
                        help_text="SHA-256 van het ingelezen bestand.",
                        max_length=64,
                        verbose_name="vingerafdruk van het bestand",
                    ),
                ),
                (
                    "exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="exams.exam",
                        verbose_name="examen",
                    ),
                ),
                (
                    "prepared_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="voorbereid door",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="gepubliceerd door",
                    ),
                ),
            ],
            options={
                "verbose_name": "examenversie",
                "verbose_name_plural": "examenversies",
                "ordering": ["exam", "-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("exam", "number"), name="exam_version_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("source_sha256", ""), _negated=True),
                        fields=("exam", "source_sha256"),
                        name="exam_version_file_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="exam_version_number_from_1"),
                    models.CheckConstraint(
                        condition=models.Q(("level__isnull", True), ("level__range", (1, 4)), _connector="OR"),
                        name="exam_version_level_1_to_4",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source_sha256", ""), ("source_sha256__regex", "^[0-9a-f]{64}$"), _connector="OR"
                        ),
                        name="exam_version_sha256",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="examunit",
            name="exam_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="units", to="exams.examversion"
            ),
        ),
        migrations.CreateModel(
            name="Criterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="volgorde")),
                ("text", models.TextField(verbose_name="criterium")),
                ("meaning_o", models.TextField(verbose_name="O betekent")),
                ("meaning_v", models.TextField(verbose_name="V betekent")),
                ("meaning_g", models.TextField(verbose_name="G betekent")),
                (
                    "part",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="criteria", to="exams.part"
                    ),
                ),
            ],
            options={
                "verbose_name": "criterium",
                "verbose_name_plural": "criteria",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("part", "position"), name="criterion_position_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True),
                            models.Q(("meaning_o", ""), _negated=True),
                            models.Q(("meaning_v", ""), _negated=True),
                            models.Q(("meaning_g", ""), _negated=True),
                        ),
                        name="criterion_has_texts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("filename", models.CharField(max_length=150, verbose_name="bestandsnaam")),
                ("content", models.BinaryField(verbose_name="inhoud")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="ingelezen op")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="exams.examversion"
                    ),
                ),
            ],
            options={
                "verbose_name": "ingelezen bestand",
                "verbose_name_plural": "ingelezen bestanden",
            },
        ),
        migrations.CreateModel(
            name="WorkProcess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="volgorde")),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("title", models.CharField(max_length=200, verbose_name="titel")),
                ("description", models.TextField(blank=True, verbose_name="omschrijving")),
                (
                    "core_task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="work_processes", to="exams.coretask"
                    ),
                ),
            ],
            options={
                "verbose_name": "werkproces",
                "verbose_name_plural": "werkprocessen",
                "ordering": ["core_task__position", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("core_task", "code"), name="work_process_code_once"),
                    models.UniqueConstraint(fields=("core_task", "position"), name="work_process_position_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True), models.Q(("title", ""), _negated=True)
                        ),
                        name="work_process_has_code_and_title",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="part",
            name="work_process",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="exams.workprocess"
            ),
        ),
        migrations.CreateModel(
            name="AccountExam",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="account_exams",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="account_exams", to="exams.exam"
                    ),
                ),
            ],
            options={
                "verbose_name": "examen op account",
                "verbose_name_plural": "examens op account",
                "constraints": [models.UniqueConstraint(fields=("user", "exam"), name="account_exam_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="examunit",
            constraint=models.UniqueConstraint(fields=("exam_version", "code"), name="unit_code_once"),
        ),
        migrations.AddConstraint(
            model_name="examunit",
            constraint=models.UniqueConstraint(fields=("exam_version", "position"), name="unit_position_once"),
        ),
        migrations.AddConstraint(
            model_name="part",
            constraint=models.UniqueConstraint(fields=("work_process", "kind"), name="part_kind_once"),
        ),
        migrations.AddConstraint(
            model_name="part",
            constraint=models.UniqueConstraint(fields=("work_process", "position"), name="part_position_once"),
        ),
    ]
