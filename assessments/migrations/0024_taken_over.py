from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0023_import_understood"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("STARTED", "Beoordeling gestart"),
                    ("TAKEN_OVER", "Beoordeling overgenomen"),
                    ("COUPLED", "Examinatoren gekozen"),
                    ("INVITED", "Examinator uitgenodigd"),
                    ("INVITED_AGAIN", "Opnieuw uitgenodigd"),
                    ("REMINDED", "Herinnering verstuurd"),
                    ("REMINDERS_OFF", "Herinneringen uitgezet"),
                    ("PROPOSED", "Collega voorgesteld"),
                    ("PROPOSAL_DECLINED", "Voorgestelde collega afgewezen"),
                    ("REPLACED", "Andere examinator gekozen"),
                    ("LINK_RENEWED", "Nieuwe link aangevraagd"),
                    ("WITHDRAWN", "Uitnodiging ingetrokken"),
                    ("SAVED", "Tussentijds opgeslagen"),
                    ("COMPLETED", "Beoordeling afgerond"),
                    ("CORRECTED", "Bewerkt namens de examencommissie"),
                    ("SENT_BACK", "Teruggestuurd naar examinator"),
                    ("FINAL_PROPOSED", "Voorgedragen om af te ronden"),
                    ("FINALISED", "Definitief gemaakt"),
                    ("FINAL_WITHDRAWN", "Definitief ingetrokken"),
                    ("CANCELLED", "Beoordeling ingetrokken"),
                    ("DOCUMENT_MADE", "Pdf gemaakt"),
                    ("SENT_AGAIN", "Pdf opnieuw verzonden"),
                    ("APPEAL_MARKED", "Bezwaar genoteerd"),
                    ("APPEAL_CLOSED", "Bezwaar afgesloten"),
                ],
                max_length=20,
            ),
        ),
    ]
