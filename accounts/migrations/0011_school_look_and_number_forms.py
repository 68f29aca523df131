from django.core.validators import MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_register_and_change_email"),
        ("outbox", "0003_dropped"),
    ]

    operations = [
        migrations.AddField(
            model_name="school",
            name="colour",
            field=models.CharField(
                blank=True,
                help_text="De huiskleur voor koppen, links en knoppen, zoals #1d5fa8. Leeg: het paars van Digitaal beoordelen. De kleuren van O, V en G blijven zoals ze zijn.",
                max_length=7,
                verbose_name="kleur",
            ),
        ),
        migrations.AddField(
            model_name="school",
            name="logo",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to="outbox.storedfile",
                verbose_name="logo",
            ),
        ),
        migrations.AddField(
            model_name="school",
            name="number_forms",
            field=models.CharField(
                blank=True,
                help_text="Schrijf een 9 voor elk cijfer en een A voor elke letter; wat altijd hetzelfde is schrijft u zoals het is. Zo staat 999999 voor zes cijfers en s999999 voor een s met zes cijfers. Meer vormen mogen, met spaties ertussen. Leeg: elk nummer mag. Nummers die er al zijn blijven zoals ze zijn.",
                max_length=200,
                verbose_name="vorm van het studentnummer",
            ),
        ),
        migrations.AlterField(
            model_name="school",
            name="appeal_days",
            field=models.PositiveSmallIntegerField(
                default=14,
                help_text="Zoveel kalenderdagen nadat het resultaat definitief werd kan een student bezwaar maken.",
                validators=[MinValueValidator(1)],
                verbose_name="termijn voor bezwaar (dagen)",
            ),
        ),
        migrations.AlterField(
            model_name="school",
            name="link_days",
            field=models.PositiveSmallIntegerField(
                default=60,
                help_text="Na zoveel dagen vervalt de link van een examinator.",
                validators=[MinValueValidator(1)],
                verbose_name="geldigheid van een link (dagen)",
            ),
        ),
        migrations.AddConstraint(
            model_name="school",
            constraint=models.CheckConstraint(
                condition=models.Q(("colour", ""), ("colour__regex", "^#[0-9a-f]{6}$"), _connector="OR"),
                name="school_colour_is_one",
            ),
        ),
    ]
