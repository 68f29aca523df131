from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbox", "0003_sent_mails_still_whole")]

    operations = [
        migrations.AddField(
            model_name="outgoingmail",
            name="returned_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="teruggekomen op"),
        ),
    ]
