"""Teams of docenten, and the setting of a school with which they count."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_saml_providers"),
    ]

    operations = [
        migrations.AddField(
            model_name="school",
            name="docents_see_team_only",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Aan: een docent ziet alleen afnames die diegene zelf of een teamgenoot startte. Uit: alle afnames van de school bij de examens op het eigen account.",
                verbose_name="docenten zien alleen afnames van zichzelf en hun team",
            ),
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="naam")),
                (
                    "members",
                    models.ManyToManyField(
                        blank=True, related_name="teams", to="accounts.membership", verbose_name="leden"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="teams",
                        to="accounts.school",
                        verbose_name="school",
                    ),
                ),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": [django.db.models.functions.text.Lower("name"), "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("school"),
                        django.db.models.functions.text.Lower("name"),
                        name="team_name_once_per_school",
                    ),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="team_has_name"),
                ],
            },
        ),
    ]
