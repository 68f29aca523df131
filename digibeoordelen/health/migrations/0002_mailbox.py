from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("health", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="heartbeat", name="heartbeat_of"),
        migrations.AlterField(
            model_name="heartbeat",
            name="process",
            field=models.CharField(
                choices=[("worker", "Worker"), ("beat", "Beat"), ("mailbox", "Mailbox")],
                max_length=10,
                primary_key=True,
                serialize=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="heartbeat",
            constraint=models.CheckConstraint(
                condition=models.Q(("process__in", ["worker", "beat", "mailbox"])), name="heartbeat_of"
            ),
        ),
    ]
