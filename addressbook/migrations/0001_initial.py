"""The address books of schools, and the lists imported into them."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def prepare_search(apps, schema_editor):
    """Sort names by bytes, as SQLite does anyway, and index every three letters of what is searched."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    schema_editor.execute('ALTER TABLE addressbook_contact ALTER COLUMN sort_key TYPE text COLLATE "C"')
    schema_editor.execute(
        "CREATE INDEX addressbook_contact_search_trgm ON addressbook_contact USING gin (search_text gin_trgm_ops)"
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_name", models.CharField(max_length=80, verbose_name="voornaam")),
                ("infix", models.CharField(blank=True, max_length=30, verbose_name="tussenvoegsel")),
                ("last_name", models.CharField(max_length=120, verbose_name="achternaam")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mailadres")),
                ("function", models.CharField(blank=True, max_length=120, verbose_name="functie")),
                ("organisation", models.CharField(blank=True, max_length=160, verbose_name="organisatie")),
                (
                    "side",
                    models.CharField(
                        choices=[("SCHOOL", "School"), ("WORKPLACE", "Beroepsonderwijs")],
                        default="WORKPLACE",
                        max_length=10,
                        verbose_name="verbonden aan",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("nl", "Nederlands"), ("en", "English")],
                        default="nl",
                        help_text="Van de mails en het formulier.",
                        max_length=2,
                        verbose_name="taal",
                    ),
                ),
                ("removed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("search_text", models.TextField(editable=False)),
                ("sort_key", models.TextField(db_default="", default="", editable=False)),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="contacts", to="accounts.school"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="contacts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "contactpersoon",
                "verbose_name_plural": "contactpersonen",
                "ordering": ["sort_key", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("school"),
                        django.db.models.functions.text.Lower("email"),
                        name="contact_email_once_per_school",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", False)),
                        fields=("school", "user"),
                        name="contact_user_once_per_school",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["nl", "en"])), name="contact_language_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="imports", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="imports", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-created_at"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("imported_at__isnull", False), ("state", "DONE")),
                            models.Q(models.Q(("state", "DONE"), _negated=True), ("imported_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="import_done_at_a_time",
                    )
                ],
            },
        ),
        migrations.RunPython(prepare_search, migrations.RunPython.noop),
    ]
