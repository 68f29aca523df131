from django.db import migrations, models

from digibeoordelen.migration_operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outbox", "0002_urgent_and_failed_at")]

    operations = [
        AddIndexConcurrently(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("state", "SENT"), models.Q(("html", ""), _negated=True)),
                fields=["sent_at"],
                name="mail_sent_whole",
            ),
        ),
    ]
