"""Drop what django-otp, django-axes and our recovery codes kept: keys, and network addresses of logins."""

from django.db import migrations


def drop_tables(apps, schema_editor):
    connection = schema_editor.connection
    # In this order, since axes_accessattemptexpiration refers to axes_accessattempt.
    for table in sorted(connection.introspection.table_names(), reverse=True):
        if table.startswith(("axes_", "otp_totp_")):
            schema_editor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_second_step_on_allauth")]
    operations = [
        migrations.RunPython(drop_tables, migrations.RunPython.noop),
        migrations.DeleteModel("RecoveryCode"),
    ]
