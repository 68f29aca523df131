"""The exam committee of an assessment; the next migrations fill it and have the indexes begin with it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_default_committees"), ("assessments", "0002_selection")]

    operations = [
        migrations.AddField(
            model_name="assessment",
            name="committee",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessments",
                to="accounts.examcommittee",
            ),
        ),
    ]
