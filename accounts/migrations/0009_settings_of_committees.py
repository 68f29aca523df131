"""Four eyes and exam offices are a committee's, no longer the school's."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_default_committees")]

    operations = [
        migrations.AlterField(
            model_name="examoffice",
            name="committee",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exam_offices",
                to="accounts.examcommittee",
                verbose_name="examencommissie",
            ),
        ),
        migrations.RemoveConstraint(model_name="examoffice", name="exam_office_once_per_school"),
        migrations.AddConstraint(
            model_name="examoffice",
            constraint=models.UniqueConstraint(
                models.F("committee"),
                django.db.models.functions.text.Lower("email"),
                name="exam_office_once_per_committee",
            ),
        ),
        migrations.RemoveField(model_name="examoffice", name="school"),
        migrations.RemoveField(model_name="school", name="four_eyes"),
    ]
