"""Exports of results, and batches of assessments made final together."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("assessments", "0001_initial"),
        ("exams", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="geëxporteerd op")),
                ("by_name", models.CharField(max_length=240)),
                ("only_new", models.BooleanField(verbose_name="alleen nieuw")),
                ("count", models.PositiveIntegerField(default=0, verbose_name="aantal")),
                (
                    "file",
                    models.CharField(
                        choices=[("CSV", "CSV"), ("XLSX", "Excel (.xlsx)")], max_length=4, verbose_name="bestand"
                    ),
                ),
                ("shape", models.JSONField()),
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
                    "exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="exams.exam"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["school", "-at", "-id"], name="exports_newest_first")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("file__in", ["CSV", "XLSX"])), name="export_file_known")
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportedResult",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "export_id", "assessment_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("final_at", models.DateTimeField(verbose_name="definitief op")),
                (
                    "ovg",
                    models.CharField(
                        choices=[("O", "Onvoldoende"), ("V", "Voldoende"), ("G", "Goed")],
                        max_length=1,
                        verbose_name="resultaat",
                    ),
                ),
                ("grade", models.DecimalField(decimal_places=1, max_digits=3, verbose_name="cijfer")),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exported",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "export",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="committee.export",
                    ),
                ),
                (
                    "final_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "geëxporteerd resultaat",
                "verbose_name_plural": "geëxporteerde resultaten",
            },
        ),
        migrations.CreateModel(
            name="ExportProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60, verbose_name="naam")),
                ("columns", models.JSONField(default=list, verbose_name="kolommen")),
                (
                    "separator",
                    models.CharField(
                        choices=[("SEMICOLON", "puntkomma ( ; )"), ("COMMA", "komma ( , )"), ("TAB", "tab")],
                        default="SEMICOLON",
                        max_length=10,
                        verbose_name="scheidingsteken",
                    ),
                ),
                (
                    "decimal_sign",
                    models.CharField(
                        choices=[("COMMA", "komma (7,5)"), ("POINT", "punt (7.5)")],
                        default="COMMA",
                        max_length=10,
                        verbose_name="decimaalteken",
                    ),
                ),
                (
                    "date_form",
                    models.CharField(
                        choices=[
                            ("DMY_DASH", "23-11-2026"),
                            ("DMY_SLASH", "23/11/2026"),
                            ("DMY_POINT", "23.11.2026"),
                            ("DMY", "23112026"),
                            ("YMD_DASH", "2026-11-23"),
                            ("YMD", "20261123"),
                        ],
                        default="DMY_DASH",
                        max_length=10,
                        verbose_name="datums",
                    ),
                ),
                (
                    "encoding",
                    models.CharField(
                        choices=[
                            ("UTF8_BOM", "UTF-8 met BOM (Excel herkent het)"),
                            ("UTF8", "UTF-8 zonder BOM"),
                            ("WINDOWS_1252", "Windows-1252 (wat daar niet in past, wordt een vraagteken)"),
                        ],
                        default="UTF8_BOM",
                        max_length=12,
                        verbose_name="codering",
                    ),
                ),
                (
                    "has_headers",
                    models.BooleanField(default=True, verbose_name="eerste regel met de namen van de kolommen"),
                ),
                ("word_o", models.CharField(default="O", max_length=30, verbose_name="O wordt")),
                ("word_v", models.CharField(default="V", max_length=30, verbose_name="V wordt")),
                ("word_g", models.CharField(default="G", max_length=30, verbose_name="G wordt")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="export_profiles",
                        to="accounts.school",
                    ),
                ),
            ],
            options={
                "verbose_name": "exportprofiel",
                "verbose_name_plural": "exportprofielen",
                "ordering": [django.db.models.functions.text.Lower("name")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("school"),
                        django.db.models.functions.text.Lower("name"),
                        name="export_profile_name_once_per_school",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="export_profile_has_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("columns", []), _negated=True), name="export_profile_has_columns"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("separator__in", ["SEMICOLON", "COMMA", "TAB"]),
                            ("decimal_sign__in", ["COMMA", "POINT"]),
                            ("date_form__in", ["DMY_DASH", "DMY_SLASH", "DMY_POINT", "DMY", "YMD_DASH", "YMD"]),
                            ("encoding__in", ["UTF8_BOM", "UTF8", "WINDOWS_1252"]),
                        ),
                        name="export_profile_choices_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("word_o", ""), ("word_v", ""), ("word_g", ""), _connector="OR", _negated=True),
                            models.Q(
                                ("word_o", models.F("word_v")),
                                ("word_o", models.F("word_g")),
                                ("word_v", models.F("word_g")),
                                _connector="OR",
                                _negated=True,
                            ),
                        ),
                        name="export_profile_words_differ",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FinalBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "exam_office_email",
                    models.EmailField(max_length=254, verbose_name="e-mailadres van het examenbureau"),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="gestart op")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="klaar op")),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("claim_id", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="pogingen")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="final_batches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="final_batches", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "afronding van meer tegelijk",
                "verbose_name_plural": "afrondingen van meer tegelijk",
                "ordering": ["-started_at", "-pk"],
                "indexes": [
                    models.Index(fields=["by", "-started_at"], name="final_batches_newest_first"),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["started_at"],
                        name="final_batches_under_way",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FinalBatchItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(verbose_name="versie van de beoordeling")),
                ("proposing", models.BooleanField(verbose_name="voordragen")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("WAITING", "Wacht"),
                            ("FINAL", "Definitief"),
                            ("PROPOSED", "Voorgedragen"),
                            ("REFUSED", "Niet afgerond"),
                        ],
                        default="WAITING",
                        max_length=8,
                        verbose_name="uitkomst",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="reden")),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="final_batch_items",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="committee.finalbatch",
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="assessments.finalproposal",
                    ),
                ),
            ],
            options={
                "verbose_name": "beoordeling in een afronding",
                "verbose_name_plural": "beoordelingen in een afronding",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "assessment"), name="final_batch_item_once"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["WAITING", "FINAL", "PROPOSED", "REFUSED"])),
                        name="final_batch_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "REFUSED"), models.Q(("reason", ""), _negated=True)),
                            models.Q(models.Q(("outcome", "REFUSED"), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="final_batch_refused_with_reason",
                    ),
                ],
            },
        ),
    ]
