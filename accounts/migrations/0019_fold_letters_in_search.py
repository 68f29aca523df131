"""Fill the columns that search and order read, as `accounts.search` folds letters and punctuation now."""

from django.db import migrations

from accounts.search import search_text, sort_key

BATCH = 2000


def fold_memberships(apps, schema_editor):
    membership = apps.get_model("accounts", "Membership")
    columns = ["search_text", "sort_key", "first_name_key"]
    last = 0
    while batch := list(membership.objects.select_related("user").filter(pk__gt=last).order_by("pk")[:BATCH]):
        changed = []
        for one in batch:
            user, before = one.user, [getattr(one, column) for column in columns]
            names = [user.first_name, user.infix, user.last_name, user.email, one.student_number]
            one.search_text = search_text(names)
            one.sort_key = sort_key(user.last_name, user.first_name, one.student_number)
            one.first_name_key = sort_key(user.first_name, user.last_name, one.student_number)
            if before != [getattr(one, column) for column in columns]:
                changed.append(one)
        membership.objects.bulk_update(changed, columns, batch_size=200)
        last = batch[-1].pk


def fold_invitations(apps, schema_editor):
    invitation = apps.get_model("accounts", "SchoolInvitation")
    last = 0
    while batch := list(invitation.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for one in batch:
            one.search_text = search_text([one.first_name, one.infix, one.last_name, one.email, one.student_number])
        invitation.objects.bulk_update(batch, ["search_text"], batch_size=200)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_students_by_study_date")]
    operations = [
        migrations.RunPython(fold_memberships, migrations.RunPython.noop),
        migrations.RunPython(fold_invitations, migrations.RunPython.noop),
    ]
