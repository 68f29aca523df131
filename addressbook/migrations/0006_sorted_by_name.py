"""An address book in the order of last names, whatever their accents and capitals; by bytes, as students are."""

import unicodedata

from django.db import migrations, models

BATCH = 2000


def normalise(text):
    """As accounts.search does."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def fill(apps, schema_editor):
    contact = apps.get_model("addressbook", "Contact")
    last = 0
    while batch := list(contact.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for one in batch:
            one.sort_key = f"{normalise(one.last_name)}\t{normalise(one.first_name)}"
        contact.objects.bulk_update(batch, ["sort_key"], batch_size=200)
        last = batch[-1].pk


def sort_by_bytes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # SQLite does it anyway
        schema_editor.execute('ALTER TABLE addressbook_contact ALTER COLUMN sort_key TYPE text COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("addressbook", "0005_contact_language")]
    operations = [
        migrations.AddField(
            model_name="contact",
            name="sort_key",
            field=models.TextField(db_default="", default="", editable=False),
        ),
        migrations.RunPython(sort_by_bytes, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterModelOptions(
            name="contact",
            options={
                "ordering": ["sort_key", "id"],
                "verbose_name": "contactpersoon",
                "verbose_name_plural": "contactpersonen",
            },
        ),
    ]
