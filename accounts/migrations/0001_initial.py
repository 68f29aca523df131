"""Schools, accounts and roles. On PostgreSQL a search finds a student of a school by any part of a name."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

SORTED = ("sort_key", "first_name_key")


def prepare_search(apps, schema_editor):
    """Sort names by bytes, as SQLite does anyway, and index every three letters of what is searched, by school."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    for column in SORTED:
        schema_editor.execute(f'ALTER TABLE accounts_membership ALTER COLUMN {column} TYPE text COLLATE "C"')
    schema_editor.execute(
        "CREATE INDEX accounts_membership_school_search"
        " ON accounts_membership USING gin (school_id, search_text gin_trgm_ops)"
    )
    # Starting workers takes longer than reading all that a search reads of this table.
    schema_editor.execute("ALTER TABLE accounts_membership SET (parallel_workers = 0)")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("outbox", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("first_name", models.CharField(max_length=80, verbose_name="voornaam")),
                ("infix", models.CharField(blank=True, max_length=30, verbose_name="tussenvoegsel")),
                ("last_name", models.CharField(max_length=120, verbose_name="achternaam")),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mailadres")),
                ("is_active", models.BooleanField(default=True, verbose_name="actief")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Heeft toegang tot het beheer van scholen en examens.",
                        verbose_name="medewerker Consortium",
                    ),
                ),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="aangemaakt op")),
                (
                    "details_checked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="gegevens gecontroleerd op"),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "gebruiker",
                "verbose_name_plural": "gebruikers",
                "ordering": ["last_name", "first_name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="user_email_lower_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old_email", models.EmailField(max_length=254, verbose_name="oud e-mailadres")),
                ("new_email", models.EmailField(max_length=254, verbose_name="nieuw e-mailadres")),
                (
                    "asked_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name="gevraagd op"),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="bevestigd op")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="ingetrokken op")),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="gestopt op")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="email_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "wijziging van een e-mailadres",
                "verbose_name_plural": "wijzigingen van een e-mailadres",
                "ordering": ["-asked_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at", None), ("stopped_at", None), ("withdrawn_at", None)),
                        fields=("user",),
                        name="one_open_email_change",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmed_at", None), ("withdrawn_at", None), _connector="OR"),
                        name="email_change_confirmed_or_withdrawn",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("STUDENT", "Student"),
                            ("DOCENT", "Docent"),
                            ("PRAKTIJKOPLEIDER", "Praktijkopleider"),
                            ("EXAMENCOMMISSIE", "Examencommissie"),
                            ("SCHOOLBEHEER", "Schoolbeheer"),
                        ],
                        max_length=20,
                        verbose_name="rol",
                    ),
                ),
                ("student_number", models.CharField(blank=True, max_length=20, verbose_name="studentnummer")),
                ("diploma_on", models.DateField(blank=True, null=True, verbose_name="diplomadatum")),
                ("left_on", models.DateField(blank=True, null=True, verbose_name="vertrokken zonder diploma op")),
                ("study_dates_set_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="uit de school gehaald op"
                    ),
                ),
                ("search_text", models.TextField(editable=False)),
                ("sort_key", models.TextField(db_default="", default="", editable=False)),
                ("first_name_key", models.TextField(db_default="", default="", editable=False)),
                (
                    "study_dates_set_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "rol",
                "verbose_name_plural": "rollen",
                "ordering": ["user__last_name", "user__first_name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("role", "STUDENT"), ("student_number", ""), _connector="OR"),
                        name="student_number_only_for_students",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role", "STUDENT"),
                            models.Q(("diploma_on__isnull", True), ("left_on__isnull", True)),
                            _connector="OR",
                        ),
                        name="study_dates_only_for_students",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role", "STUDENT"), ("ended_at__isnull", True), _connector="OR"),
                        name="ended_only_for_students",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "STUDENT"), _negated=True),
                            ("ended_at__isnull", True),
                            ("diploma_on__isnull", False),
                            ("left_on__isnull", False),
                            _connector="OR",
                        ),
                        name="ended_has_a_study_date",
                    ),
                ],
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="number_reports",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "verbose_name": "gemeld studentnummer",
                "verbose_name_plural": "gemelde studentnummers",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "herstelcode",
                "verbose_name_plural": "herstelcodes",
                "constraints": [models.UniqueConstraint(fields=("user", "digest"), name="recovery_code_once")],
            },
        ),
        migrations.CreateModel(
            name="School",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "left_months",
                    models.PositiveSmallIntegerField(
                        default=84,
                        help_text="Zoveel maanden na de datum van vertrek worden de beoordelingen gewist van een student zonder diploma.",
                        validators=[
                            django.core.validators.MinValueValidator(12, "Kies ten minste 12 maanden."),
                            django.core.validators.MaxValueValidator(600, "Kies hooguit 600 maanden."),
                        ],
                        verbose_name="vertrokken zonder diploma (maanden)",
                    ),
                ),
                (
                    "cancelled_months",
                    models.PositiveSmallIntegerField(
                        default=84,
                        help_text="Zoveel maanden na het intrekken. Met de andere beoordelingen van de student kan dat eerder zijn.",
                        validators=[
                            django.core.validators.MinValueValidator(12, "Kies ten minste 12 maanden."),
                            django.core.validators.MaxValueValidator(600, "Kies hooguit 600 maanden."),
                        ],
                        verbose_name="ingetrokken afnames (maanden)",
                    ),
                ),
                (
                    "unfinished_months",
                    models.PositiveSmallIntegerField(
                        default=84,
                        help_text="Zoveel maanden nadat er voor het laatst iets mee gebeurde. Met de andere beoordelingen van de student kan dat eerder zijn.",
                        validators=[
                            django.core.validators.MinValueValidator(12, "Kies ten minste 12 maanden."),
                            django.core.validators.MaxValueValidator(600, "Kies hooguit 600 maanden."),
                        ],
                        verbose_name="nooit definitief geworden (maanden)",
                    ),
                ),
                (
                    "views_months",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Zolang kunt u nagaan wie een beoordeling heeft ingezien. Die regels verdwijnen in elk geval met de beoordeling zelf.",
                        validators=[
                            django.core.validators.MinValueValidator(12, "Kies ten minste 12 maanden."),
                            django.core.validators.MaxValueValidator(600, "Kies hooguit 600 maanden."),
                        ],
                        verbose_name="wie wat heeft ingezien (maanden)",
                    ),
                ),
                ("terms_set_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="naam")),
                (
                    "digital_assessment_active",
                    models.BooleanField(
                        default=False,
                        help_text="Wordt aangezet door een medewerker ICT van het Consortium.",
                        verbose_name="Digitaal beoordelen geactiveerd",
                    ),
                ),
                (
                    "link_days",
                    models.PositiveSmallIntegerField(
                        default=60,
                        help_text="Na zoveel dagen vervalt de link van een examinator.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="geldigheid van een link (dagen)",
                    ),
                ),
                (
                    "confirm_proposals",
                    models.BooleanField(
                        default=True,
                        help_text="Een examinator kan een collega voorstellen. Aan: de docent bevestigt dat eerst. Uit: de collega krijgt meteen een eigen link.",
                        verbose_name="voorgestelde collega's bevestigen",
                    ),
                ),
                (
                    "reminders_on",
                    models.BooleanField(
                        default=True,
                        help_text="Examinatoren krijgen vanzelf een herinnering: 3 dagen voor de afname, en 7 en 14 dagen na de uitnodiging zolang er niets is afgerond.",
                        verbose_name="herinneringen versturen",
                    ),
                ),
                (
                    "mail_domains",
                    models.CharField(
                        blank=True,
                        help_text="Met spaties ertussen, zoals: school.nl examens.school.nl. Gaat een pdf naar een ander domein, dat ook niet in de lijst van examenbureaus staat, dan vraagt het systeem of het adres klopt.",
                        max_length=500,
                        verbose_name="eigen maildomeinen",
                    ),
                ),
                (
                    "four_eyes",
                    models.BooleanField(
                        default=False,
                        help_text="Aan: het ene lid van de examencommissie draagt een beoordeling voor, een ander lid rondt die af.",
                        verbose_name="vier ogen bij het afronden",
                    ),
                ),
                (
                    "appeal_text",
                    models.TextField(
                        blank=True,
                        help_text="Staat bij de student onder een definitief resultaat: bij wie en hoe, gewone tekst. De uiterste datum komt er vanzelf bij.",
                        verbose_name="hoe een student bezwaar maakt",
                    ),
                ),
                (
                    "appeal_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        help_text="Zoveel kalenderdagen nadat het resultaat definitief werd kan een student bezwaar maken.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="termijn voor bezwaar (dagen)",
                    ),
                ),
                (
                    "register_on",
                    models.BooleanField(
                        default=False,
                        help_text="Aan: wie ‘Account aanmaken’ kiest kan deze school kiezen, en wordt student. Uit: alleen Schoolbeheer maakt accounts.",
                        verbose_name="studenten maken zelf een account",
                    ),
                ),
                (
                    "register_domains",
                    models.CharField(
                        blank=True,
                        help_text="Met spaties ertussen, zoals: student.school.nl. Alleen met een e-mailadres van zo'n domein kan een student zelf een account maken, en wie dat deed kan daarna niet naar een ander domein, zolang diegene hier student is. Leeg: met elk e-mailadres; controleer dan zelf wie zich als student meldt.",
                        max_length=500,
                        verbose_name="maildomeinen voor een eigen account",
                    ),
                ),
                (
                    "second_factor_for_committee",
                    models.BooleanField(
                        default=False,
                        help_text="Aan: wie hier in de examencommissie zit, ziet van deze school pas iets na inloggen met een code van een app.",
                        verbose_name="examencommissie logt in met een code",
                    ),
                ),
                (
                    "number_forms",
                    models.CharField(
                        blank=True,
                        help_text="Schrijf een 9 voor elk cijfer en een A voor elke letter; wat altijd hetzelfde is schrijft u zoals het is. Zo staat 999999 voor zes cijfers en s999999 voor een s met zes cijfers. Meer vormen mogen, met spaties ertussen. Leeg: elk nummer mag. Nummers die er al zijn blijven zoals ze zijn.",
                        max_length=200,
                        verbose_name="vorm van het studentnummer",
                    ),
                ),
                (
                    "colour",
                    models.CharField(
                        blank=True,
                        help_text="De huiskleur voor koppen, links en knoppen, zoals #1d5fa8. Leeg: het paars van Digitaal beoordelen. De kleuren van O, V en G blijven zoals ze zijn.",
                        max_length=7,
                        verbose_name="kleur",
                    ),
                ),
                (
                    "logo",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outbox.storedfile",
                        verbose_name="logo",
                    ),
                ),
            ],
            options={
                "verbose_name": "school",
                "verbose_name_plural": "scholen",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("link_days__gte", 1)), name="school_link_days_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("appeal_days__gte", 1)), name="school_appeal_days_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("colour", ""), ("colour__regex", "^#[0-9a-f]{6}$"), _connector="OR"),
                        name="school_colour_is_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("left_months__gte", 12), ("left_months__lte", 600)),
                        name="school_left_months_in_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cancelled_months__gte", 12), ("cancelled_months__lte", 600)),
                        name="school_cancelled_months_in_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unfinished_months__gte", 12), ("unfinished_months__lte", 600)),
                        name="school_unfinished_months_in_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("views_months__gte", 12), ("views_months__lte", 600)),
                        name="school_views_months_in_bounds",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_name", models.CharField(max_length=240, verbose_name="wie")),
                ("role", models.CharField(max_length=20, verbose_name="rol")),
                (
                    "change",
                    models.CharField(
                        choices=[("GIVEN", "kreeg"), ("TAKEN", "heeft niet meer")], max_length=5, verbose_name="wat"
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("BY_HAND", "met de hand"),
                            ("INVITATION", "uitnodiging aangenomen"),
                            ("IMPORT", "lijst geïmporteerd"),
                            ("REGISTERED", "zelf aangemeld"),
                            ("LEFT", "uit de school gehaald"),
                            ("CONSORTIUM", "door het Consortium"),
                        ],
                        max_length=10,
                        verbose_name="hoe",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="wanneer")),
                ("by_name", models.CharField(max_length=240, verbose_name="door")),
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
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="role_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="role_changes", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "wijziging van een rol",
                "verbose_name_plural": "wijzigingen van rollen",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["school", "-id"], name="role_changes_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("change__in", ["GIVEN", "TAKEN"])), name="role_change_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Registration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_name", models.CharField(max_length=80, verbose_name="voornaam")),
                ("infix", models.CharField(blank=True, max_length=30, verbose_name="tussenvoegsel")),
                ("last_name", models.CharField(max_length=120, verbose_name="achternaam")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mailadres")),
                ("password", models.CharField(max_length=128, verbose_name="wachtwoord")),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="aangevraagd op"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="registrations", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "aanvraag van een account",
                "verbose_name_plural": "aanvragen van een account",
                "ordering": ["-asked_at", "-pk"],
                "indexes": [models.Index(fields=["email"], name="registration_email")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="registration_email_lower_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PeopleImport",
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
                ("mails_now", models.BooleanField(default=True, verbose_name="mails meteen versturen")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people_imports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="people_imports", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "import van mensen",
                "verbose_name_plural": "imports van mensen",
                "ordering": ["-created_at"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("imported_at__isnull", False), ("state", "DONE")),
                            models.Q(models.Q(("state", "DONE"), _negated=True), ("imported_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="peopleimport_done_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="membership",
            name="school",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="accounts.school"
            ),
        ),
        migrations.CreateModel(
            name="ExamOffice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="naam")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mailadres")),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exam_offices", to="accounts.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "examenbureau",
                "verbose_name_plural": "examenbureaus",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("school"),
                        django.db.models.functions.text.Lower("email"),
                        name="exam_office_once_per_school",
                    )
                ],
            },
        ),
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
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="accounts.school"
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
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
            name="SchoolInvitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_name", models.CharField(max_length=80, verbose_name="voornaam")),
                ("infix", models.CharField(blank=True, max_length=30, verbose_name="tussenvoegsel")),
                ("last_name", models.CharField(max_length=120, verbose_name="achternaam")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mailadres")),
                ("roles", models.JSONField(default=list, verbose_name="rollen")),
                ("student_number", models.CharField(blank=True, max_length=20, verbose_name="studentnummer")),
                (
                    "language",
                    models.CharField(
                        choices=[("nl", "Nederlands"), ("en", "English")],
                        default="nl",
                        max_length=2,
                        verbose_name="taal van de mail",
                    ),
                ),
                ("by_name", models.CharField(max_length=240, verbose_name="door")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="uitgenodigd op")),
                ("generation", models.PositiveSmallIntegerField(default=1)),
                ("wanted_at", models.DateTimeField(blank=True, null=True, verbose_name="verzenden gevraagd op")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="verloopt op")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="aangenomen op")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="ingetrokken op")),
                ("search_text", models.TextField(editable=False)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="school_invitations",
                        to="accounts.school",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="school_invitations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "uitnodiging voor een school",
                "verbose_name_plural": "uitnodigingen voor een school",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=["school", "-id"],
                        name="open_school_invitations",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("accepted_at__isnull", True),
                            ("expires_at__isnull", True),
                            ("wanted_at__isnull", False),
                            ("withdrawn_at__isnull", True),
                        ),
                        fields=["id"],
                        name="school_invitations_to_send",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("wanted_at__isnull", True), ("withdrawn_at__isnull", True)
                        ),
                        fields=["school"],
                        name="unsent_school_invitations",
                    ),
                    models.Index(
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=["school", "expires_at"],
                        name="school_invitations_expiry",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=("school", "email"),
                        name="school_invitation_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="school_invitation_email_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                        ),
                        name="school_invitation_accepted_or_withdrawn",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["nl", "en"])), name="school_invitation_language_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="laatst gezien op")),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "sessie",
                "verbose_name_plural": "sessies",
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("role", "STUDENT"), models.Q(("student_number", ""), _negated=True)),
                fields=["school", "sort_key"],
                name="students_by_last_name",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("role", "STUDENT"), models.Q(("student_number", ""), _negated=True)),
                fields=["school", "first_name_key"],
                name="students_by_first_name",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("role", "STUDENT"), _negated=True),
                fields=["school", "user"],
                name="staff_of_school",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["school", "sort_key", "id"], name="people_by_last_name"),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("diploma_on__isnull", False)),
                fields=["school", "diploma_on"],
                name="students_by_diploma_date",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("left_on__isnull", False)),
                fields=["school", "left_on"],
                name="students_by_leaving_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("user", "school", "role"), name="membership_once"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("student_number", ""), _negated=True),
                fields=("school", "student_number"),
                name="student_number_once_per_school",
                violation_error_message="Een andere student van deze school heeft dit studentnummer al.",
            ),
        ),
        migrations.RunPython(prepare_search, migrations.RunPython.noop),
    ]
