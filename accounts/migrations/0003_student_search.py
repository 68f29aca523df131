"""Searching students takes as long in a large school as in a small one.

Students in the order that they are shown in, by bytes; and the trigram index holds the school, too.
"""

import unicodedata

from django.db import migrations, models

BATCH = 2000
KEYS = ["sort_key", "first_name_key"]
OLD, NEW = "accounts_membership_search_trgm", "accounts_membership_school_search"


def normalise(text):
    """As accounts.search does."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def fill(apps, schema_editor):
    membership = apps.get_model("accounts", "Membership")
    last = 0
    while batch := list(membership.objects.select_related("user").filter(pk__gt=last).order_by("pk")[:BATCH]):
        for one in batch:
            first, last, number = map(normalise, (one.user.first_name, one.user.last_name, one.student_number))
            one.sort_key, one.first_name_key = f"{last}\t{first}\t{number}", f"{first}\t{last}\t{number}"
        membership.objects.bulk_update(batch, KEYS, batch_size=200)
        last = batch[-1].pk


def sort_by_bytes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # SQLite does it anyway
        for key in KEYS:
            schema_editor.execute(f'ALTER TABLE accounts_membership ALTER COLUMN {key} TYPE text COLLATE "C"')


def index_school(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
        schema_editor.execute(
            f"CREATE INDEX {NEW} ON accounts_membership USING gin (school_id, search_text gin_trgm_ops)"
        )
        schema_editor.execute(f"DROP INDEX {OLD}")


def scan_alone(apps, schema_editor):
    """Starting workers takes longer than what a search reads of this table; the planner thinks otherwise."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE accounts_membership SET (parallel_workers = 0)")


def scan_with_workers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE accounts_membership RESET (parallel_workers)")


def index_text_alone(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX {OLD} ON accounts_membership USING gin (search_text gin_trgm_ops)")
        schema_editor.execute(f"DROP INDEX {NEW}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_trigram_search")]
    operations = [
        *[
            migrations.AddField(
                model_name="membership", name=key, field=models.TextField(db_default="", default="", editable=False)
            )
            for key in KEYS
        ],
        migrations.RunPython(sort_by_bytes, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index_school, index_text_alone),
        migrations.RunPython(scan_alone, scan_with_workers),
        *[
            migrations.AddIndex(
                model_name="membership",
                index=models.Index(
                    condition=models.Q(("role", "STUDENT"), models.Q(("student_number", ""), _negated=True)),
                    fields=["school", key],
                    name=name,
                ),
            )
            for key, name in (("sort_key", "students_by_last_name"), ("first_name_key", "students_by_first_name"))
        ],
    ]
