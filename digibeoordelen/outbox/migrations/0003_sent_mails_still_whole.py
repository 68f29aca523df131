from django.db import migrations, models

from digibeoordelen.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outbox", "0001_initial")]

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
