import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_school_look_and_number_forms"),
    ]

    operations = [
        migrations.CreateModel(
            name="SchoolChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("label", models.CharField(max_length=200, verbose_name="wat")),
                ("before", models.TextField(blank=True, verbose_name="was")),
                ("after", models.TextField(blank=True, verbose_name="werd")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reden")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="wanneer")),
                ("by_name", models.CharField(max_length=240, verbose_name="door")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="changes", to="accounts.school"),
                ),
                (
                    "student",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="changes",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "verbose_name": "wijziging",
                "verbose_name_plural": "wijzigingen",
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["school", "-at", "-id"], name="school_changes_newest")],
            },
        ),
        migrations.CreateModel(
            name="NumberReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, verbose_name="studentnummer")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="gemeld op")),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="number_reports", to="accounts.membership"
                    ),
                ),
            ],
            options={
                "verbose_name": "gemeld studentnummer",
                "verbose_name_plural": "gemelde studentnummers",
                "ordering": ["-at"],
            },
        ),
    ]
