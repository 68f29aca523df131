from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0008_correction")]

    operations = [
        migrations.AddField(
            model_name="invitation", name="typed_signature", field=models.JSONField(blank=True, default=dict)
        )
    ]
