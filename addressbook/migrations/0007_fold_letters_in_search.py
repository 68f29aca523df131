"""Fill the columns that search and order read, as `accounts.search` folds letters and punctuation now."""

from django.db import migrations

from accounts.search import search_text, sort_key

BATCH = 2000


def fold(apps, schema_editor):
    contact = apps.get_model("addressbook", "Contact")
    last = 0
    while batch := list(contact.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        changed = []
        for one in batch:
            before = one.search_text, one.sort_key
            names = [one.first_name, one.infix, one.last_name]
            one.search_text = search_text([*names, one.email, one.function, one.organisation])
            one.sort_key = sort_key(one.last_name, one.first_name)
            if before != (one.search_text, one.sort_key):
                changed.append(one)
        contact.objects.bulk_update(changed, ["search_text", "sort_key"], batch_size=200)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("addressbook", "0006_sorted_by_name")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop)]
