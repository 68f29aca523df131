from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone


def date_failures(apps, schema_editor):
    """Give failed mails the nearest moment that is known of them."""
    mails = apps.get_model("outbox", "OutgoingMail").objects
    mails.filter(state="FAILED", failed_at=None).update(failed_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="outgoingmail",
            name="failed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="mislukt op"),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="is_urgent",
            field=models.BooleanField(db_default=False, default=False, verbose_name="gaat voor"),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="queued_at",
            field=models.DateTimeField(db_default=Now(), default=timezone.now, verbose_name="in de wachtrij sinds"),
        ),
        migrations.RunPython(date_failures, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(condition=models.Q(("state", "FAILED")), fields=["failed_at"], name="mail_failed"),
        ),
        migrations.RemoveIndex(model_name="outgoingmail", name="mail_queued"),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("state", "QUEUED")),
                fields=["-is_urgent", "announce_at"],
                name="mail_queued_in_order",
            ),
        ),
    ]
