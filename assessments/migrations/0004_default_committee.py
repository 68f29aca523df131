"""Assessments of before there were committees are the school's default one's."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill_committee(apps: Any, schema_editor: Any) -> None:
    ExamCommittee = apps.get_model("accounts", "ExamCommittee")  # noqa: N806
    default = ExamCommittee.objects.filter(school=OuterRef("school"), is_default=True).order_by().values("pk")
    assessments = apps.get_model("assessments", "Assessment").objects.using(schema_editor.connection.alias)
    assessments.filter(committee=None).update(committee=Subquery(default))


class Migration(migrations.Migration):
    dependencies = [("assessments", "0003_committee")]

    operations = [migrations.RunPython(fill_committee, migrations.RunPython.noop)]
