"""Carry authenticator apps over from django-otp to django-allauth.

Recovery codes were stored as hashes, from which allauth cannot make its own: who had some gets new ones, shown once in
the profile.
"""

import base64
from datetime import UTC, datetime

from django.db import migrations


def aware(date):
    """SQLite returns text, or a datetime without a time zone."""
    date = datetime.fromisoformat(date) if isinstance(date, str) else date
    return date.replace(tzinfo=date.tzinfo or UTC) if date else None


def carry_over(apps, schema_editor):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.utils import encrypt

    Authenticator = apps.get_model("mfa", "Authenticator")
    connection = schema_editor.connection
    if "otp_totp_totpdevice" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id, key, created_at, last_used_at FROM otp_totp_totpdevice WHERE confirmed ORDER BY id"
        )
        devices = {row[0]: row for row in cursor.fetchall()}
    for user_id, key, created_at, last_used_at in devices.values():
        secret = base64.b32encode(bytes.fromhex(key)).decode()
        dates = {"created_at": aware(created_at), "last_used_at": aware(last_used_at)}
        dates = {name: date for name, date in dates.items() if date}
        Authenticator.objects.create(user_id=user_id, type="totp", data={"secret": encrypt(secret)}, **dates)
        codes = {"seed": encrypt(RecoveryCodes.generate_seed()), "used_mask": 0}
        Authenticator.objects.create(user_id=user_id, type="recovery_codes", data=codes)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_people_import_ends"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
