"""Exam committees per school; the next migrations give each school its default one."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_scim")]

    operations = [
        migrations.CreateModel(
            name="ExamCommittee",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(default="Examencommissie", max_length=120, verbose_name="naam")),
                ("is_default", models.BooleanField(default=False, editable=False, verbose_name="standaard")),
                (
                    "four_eyes",
                    models.BooleanField(
                        default=False,
                        help_text="Aan: het ene lid van de examencommissie draagt een beoordeling voor, een ander lid "
                        "rondt die af.",
                        verbose_name="vier ogen bij het afronden",
                    ),
                ),
                (
                    "reminder_text",
                    models.TextField(
                        blank=True,
                        help_text="Staat in elke herinnering aan een examinator bij een opleiding van deze commissie. "
                        "Leeg: niets extra's.",
                        max_length=1000,
                        verbose_name="tekst in herinneringen",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="committees",
                        to="accounts.school",
                        verbose_name="school",
                    ),
                ),
                (
                    "members",
                    models.ManyToManyField(
                        blank=True, related_name="committees", to="accounts.membership", verbose_name="leden"
                    ),
                ),
            ],
            options={
                "verbose_name": "examencommissie",
                "verbose_name_plural": "examencommissies",
                "ordering": ["-is_default", django.db.models.functions.text.Lower("name"), "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("school"),
                        django.db.models.functions.text.Lower("name"),
                        name="exam_committee_name_once_per_school",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("school",),
                        name="exam_committee_one_default_per_school",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="exam_committee_has_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CommitteeProgramme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=10, verbose_name="code")),
                (
                    "committee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="programmes",
                        to="accounts.examcommittee",
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
                "verbose_name": "opleiding van een examencommissie",
                "verbose_name_plural": "opleidingen van een examencommissie",
                "ordering": ["code"],
                "constraints": [
                    models.UniqueConstraint(fields=("school", "code"), name="programme_in_one_committee_per_school")
                ],
            },
        ),
        migrations.AddField(
            model_name="examoffice",
            name="committee",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exam_offices",
                to="accounts.examcommittee",
                verbose_name="examencommissie",
            ),
        ),
    ]
