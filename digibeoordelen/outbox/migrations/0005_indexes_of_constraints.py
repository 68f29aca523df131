"""Drop the index of a foreign key where a constraint's index starts with the same column."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0004_returned_at"),
    ]

    operations = [
        migrations.AlterField(
            model_name="mailattachment",
            name="mail",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attachments",
                to="outbox.outgoingmail",
            ),
        ),
    ]
