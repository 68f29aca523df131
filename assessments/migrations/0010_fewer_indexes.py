import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_role_by_exchange"),
        ("assessments", "0009_calendar_feed"),
        ("exams", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="assessment",
            name="exam",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="assessments", to="exams.exam"
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="school",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessments",
                to="accounts.school",
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="status",
            field=models.CharField(
                choices=[
                    ("NEW", "Nieuw"),
                    ("INVITED", "Uitgenodigd"),
                    ("IN_PROGRESS", "Wordt beoordeeld"),
                    ("ASSESSED", "Beoordeeld"),
                    ("FINAL", "Definitief"),
                    ("CANCELLED", "Ingetrokken"),
                ],
                default="NEW",
                max_length=12,
                verbose_name="status",
            ),
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(fields=["school", "exam"], name="afnames_of_school_exam"),
        ),
    ]
