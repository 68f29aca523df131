from datetime import timedelta
from itertools import groupby, islice
from typing import Any

from django.db import migrations, models
from django.utils import timezone

AT_ONCE = 2000


def keep_last_days(apps: Any, editor: Any) -> None:
    """Of each final result the last day to appeal, as the school's setting has it today."""
    assessments = apps.get_model("assessments", "Assessment")
    final = assessments.objects.filter(status="FINAL").order_by("final_at")
    found = final.values_list("pk", "final_at", "school__appeal_days").iterator(AT_ONCE)
    while rows := list(islice(found, AT_ONCE)):
        last_days = sorted((timezone.localdate(at) + timedelta(days=days), pk) for pk, at, days in rows)
        for last_day, same in groupby(last_days, key=lambda row: row[0]):
            assessments.objects.filter(pk__in=[pk for _, pk in same]).update(appeal_until=last_day)


def watch_what_was_not_sent(apps: Any, editor: Any) -> None:
    """The mails around a result that were not sent yet."""
    about = apps.get_model("assessments", "MailAbout").objects
    unsent = about.filter(mail__kind__startswith="result", mail__dropped_at__isnull=True).exclude(mail__state="SENT")
    about.filter(pk__in=list(unsent.values_list("pk", flat=True))).update(is_watched=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_school_appeals"),
        ("assessments", "0020_document_attempts"),
        ("outbox", "0005_claim"),
    ]

    operations = [
        migrations.AddField(
            model_name="assessment",
            name="appeal_until",
            field=models.DateField(blank=True, null=True, verbose_name="bezwaar tot en met"),
        ),
        migrations.RunPython(keep_last_days, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("appeal_until__isnull", True), ("status", "FINAL"), _connector="OR"),
                name="assessment_appeal_until_only_when_final",
            ),
        ),
        migrations.AddField(
            model_name="mailabout",
            name="is_watched",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(watch_what_was_not_sent, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="mailabout",
            index=models.Index(condition=models.Q(("is_watched", True)), fields=["mail"], name="mails_watched"),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("STARTED", "Beoordeling gestart"),
                    ("COUPLED", "Examinatoren gekozen"),
                    ("INVITED", "Examinator uitgenodigd"),
                    ("INVITED_AGAIN", "Opnieuw uitgenodigd"),
                    ("REMINDED", "Herinnering verstuurd"),
                    ("REMINDERS_OFF", "Herinneringen uitgezet"),
                    ("PROPOSED", "Collega voorgesteld"),
                    ("PROPOSAL_DECLINED", "Voorgestelde collega afgewezen"),
                    ("REPLACED", "Examinator vervangen"),
                    ("LINK_RENEWED", "Nieuwe link aangevraagd"),
                    ("WITHDRAWN", "Uitnodiging ingetrokken"),
                    ("SAVED", "Tussentijds opgeslagen"),
                    ("COMPLETED", "Beoordeling afgerond door examinator"),
                    ("CORRECTED", "Bewerkt door de examencommissie"),
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
    ]
