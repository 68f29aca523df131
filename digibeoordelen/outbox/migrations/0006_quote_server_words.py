from typing import Any

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

NO_CONNECTION = "Geen verbinding met de mailserver: "


def quote(apps: Any, editor: Any) -> None:
    """What earlier versions kept of a server or an exception stands after a Dutch sentence, in quotes."""
    mails = apps.get_model("outbox", "OutgoingMail").objects
    mails.filter(last_error__regex=r"^[245][0-9][0-9]( |$)").update(
        last_error=Concat(Value("De mailserver antwoordde: “"), F("last_error"), Value("”."))
    )
    mails.filter(last_error__startswith=NO_CONNECTION).update(
        last_error=Concat(
            Value("Er was geen verbinding met de mailserver. De foutmelding was: “"),
            Substr("last_error", len(NO_CONNECTION) + 1),
            Value("”."),
        )
    )


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0005_claim"),
    ]

    operations = [
        migrations.RunPython(quote, migrations.RunPython.noop),
    ]
