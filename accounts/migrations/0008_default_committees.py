"""Give each school a default committee, with the school's four eyes and exam offices."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def add_default_committees(apps: Any, schema_editor: Any) -> None:
    models = {name: apps.get_model("accounts", name) for name in ("School", "ExamCommittee", "ExamOffice")}
    committees = models["ExamCommittee"].objects.using(schema_editor.connection.alias)
    schools = models["School"].objects.using(schema_editor.connection.alias).values_list("pk", "four_eyes")
    new = (
        models["ExamCommittee"](school_id=pk, four_eyes=eyes, is_default=True) for pk, eyes in schools.order_by("pk")
    )
    committees.bulk_create(new, batch_size=500)
    default = committees.filter(school=OuterRef("school"), is_default=True).order_by().values("pk")
    models["ExamOffice"].objects.using(schema_editor.connection.alias).update(committee=Subquery(default))


def restore_school_settings(apps: Any, schema_editor: Any) -> None:
    School, ExamCommittee = apps.get_model("accounts", "School"), apps.get_model("accounts", "ExamCommittee")  # noqa: N806
    with_four_eyes = ExamCommittee.objects.filter(is_default=True, four_eyes=True).values("school")
    School.objects.filter(pk__in=with_four_eyes).update(four_eyes=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_exam_committees")]

    operations = [migrations.RunPython(add_default_committees, restore_school_settings)]
