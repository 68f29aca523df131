"""A trigram index under the search column, where the database has them (PostgreSQL)."""

from django.db import migrations

NAME = "addressbook_contact_search_trgm"


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(f"CREATE INDEX {NAME} ON addressbook_contact USING gin (search_text gin_trgm_ops)")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX {NAME}")


class Migration(migrations.Migration):
    dependencies = [("addressbook", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
