"""Mails that wait to be sent, with their attachments."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutgoingMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="soort")),
                ("to", models.CharField(max_length=320, verbose_name="aan")),
                ("to_name", models.CharField(blank=True, max_length=255, verbose_name="naam van de ontvanger")),
                ("from_name", models.CharField(blank=True, max_length=255, verbose_name="naam van de afzender")),
                ("subject", models.CharField(max_length=255, verbose_name="onderwerp")),
                ("text", models.TextField(verbose_name="tekst")),
                ("html", models.TextField(verbose_name="opgemaakte tekst")),
                ("reply_to", models.CharField(blank=True, max_length=320, verbose_name="antwoordadres")),
                ("message_id", models.CharField(max_length=255, unique=True, verbose_name="Message-ID")),
                ("links", models.JSONField(blank=True, default=dict)),
                ("headers", models.JSONField(blank=True, default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("QUEUED", "In de wachtrij"),
                            ("IN_FLIGHT", "Wordt verzonden"),
                            ("WAITING", "Wacht op nieuwe poging"),
                            ("SENT", "Verzonden"),
                            ("FAILED", "Mislukt"),
                        ],
                        default="QUEUED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="aangemaakt op")),
                ("announce_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("claim_id", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="pogingen")),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True, verbose_name="volgende poging")),
                ("last_error", models.TextField(blank=True, verbose_name="laatste fout")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="verzonden op")),
                ("dropped_at", models.DateTimeField(blank=True, null=True, verbose_name="vervallen op")),
            ],
            options={
                "verbose_name": "uitgaande mail",
                "verbose_name_plural": "uitgaande mails",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "QUEUED")), fields=["announce_at"], name="mail_queued"),
                    models.Index(
                        condition=models.Q(("state", "WAITING")), fields=["next_attempt_at"], name="mail_waiting"
                    ),
                    models.Index(
                        condition=models.Q(("state", "IN_FLIGHT")), fields=["lease_until"], name="mail_in_flight"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["QUEUED", "IN_FLIGHT", "WAITING", "SENT", "FAILED"])),
                        name="mail_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("claim_id__isnull", False), ("lease_until__isnull", False), ("state", "IN_FLIGHT")
                            ),
                            models.Q(
                                models.Q(("state", "IN_FLIGHT"), _negated=True),
                                ("claim_id__isnull", True),
                                ("lease_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="mail_in_flight_has_claim_and_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "SENT")),
                            models.Q(models.Q(("state", "SENT"), _negated=True), ("sent_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="mail_sent_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_attempt_at__isnull", False), ("state", "WAITING")),
                            models.Q(models.Q(("state", "WAITING"), _negated=True), ("next_attempt_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="mail_waiting_has_next_attempt",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["WAITING", "FAILED"]), _negated=True),
                            models.Q(("last_error", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="mail_failure_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("size", models.PositiveBigIntegerField(verbose_name="grootte")),
                ("file", models.FileField(max_length=120, upload_to="", verbose_name="bestand")),
                (
                    "kept_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="voor het laatst bewaard op"),
                ),
            ],
            options={
                "verbose_name": "bestand",
                "verbose_name_plural": "bestanden",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="stored_file_sha256_is_hex"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MailAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("filename", models.CharField(max_length=255, verbose_name="bestandsnaam")),
                ("content_type", models.CharField(max_length=127)),
                (
                    "mail",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="outbox.outgoingmail",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="outbox.storedfile"
                    ),
                ),
            ],
            options={
                "verbose_name": "bijlage",
                "verbose_name_plural": "bijlagen",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("mail", "position"), name="mail_attachment_position_once")
                ],
            },
        ),
    ]
