"""One form of an address: its domain in ASCII, as `accounts.mailable` keeps them from now on."""

from django.db import IntegrityError, migrations, transaction
from django.utils.encoding import punycode

MAX_ADDRESS = 254
FIELDS = (
    ("accounts", "User", "email"),
    ("accounts", "SchoolInvitation", "email"),
    ("accounts", "Registration", "email"),
    ("accounts", "EmailChange", "old_email"),
    ("accounts", "EmailChange", "new_email"),
    ("accounts", "ExamOffice", "email"),
    ("addressbook", "Contact", "email"),
    ("outbox", "OutgoingMail", "to"),
)


def normalise_address(email):
    """As `accounts.mailable` does."""
    local, at, domain = email.rpartition("@")
    if not set("ßς\u200c\u200d").isdisjoint(domain):
        return email
    try:
        return local + at + punycode(domain).lower()
    except UnicodeError:
        return email


def fill(apps, schema_editor):
    for app, name, field in FIELDS:
        rows = apps.get_model(app, name).objects
        for pk, email in rows.filter(**{f"{field}__regex": r"@.*[^\x01-\x7f]"}).values_list("pk", field):
            address = normalise_address(email)
            if len(address) > MAX_ADDRESS:
                continue
            try:
                with transaction.atomic():
                    rows.filter(pk=pk).update(**{field: address})
            except IntegrityError:
                continue  # both forms are there: a person decides which one stays


class Migration(migrations.Migration):
    dependencies = [
        ("addressbook", "0008_import_understood"),
        ("accounts", "0020_import_understood"),
        ("outbox", "0005_claim"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
