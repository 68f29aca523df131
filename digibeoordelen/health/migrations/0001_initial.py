from django.db import migrations, models
from django.utils import timezone


def begin_now(apps, schema_editor):
    """Give a new site, or one that is being updated, the time to start worker and beat."""
    heartbeats = apps.get_model("health", "Heartbeat").objects
    for process in ("worker", "beat"):
        heartbeats.create(process=process, at=timezone.now())


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "process",
                    models.CharField(
                        choices=[("worker", "Worker"), ("beat", "Beat")],
                        max_length=10,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "teken van leven",
                "verbose_name_plural": "tekens van leven",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("process__in", ["worker", "beat"])), name="heartbeat_of")
                ],
            },
        ),
        migrations.RunPython(begin_now, migrations.RunPython.noop),
    ]
