"""Drop the index of a foreign key where a constraint's index starts with the same column."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0010_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="assignment",
            name="assessment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="assessments.assessment",
            ),
        ),
        migrations.AlterField(
            model_name="coupling",
            name="assessment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="couplings",
                to="assessments.assessment",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="assessment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="invitations",
                to="assessments.assessment",
            ),
        ),
        migrations.AlterField(
            model_name="score",
            name="assignment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="scores",
                to="assessments.assignment",
            ),
        ),
    ]
