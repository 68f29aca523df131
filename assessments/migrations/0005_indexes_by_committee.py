"""The indexes of the committee's list and statistics begin with the committee instead of the school."""

import django.db.models.deletion
from django.db import migrations, models

INDEXES = [
    models.Index(fields=["committee", *of, "status_since", "id"], include=about, name=name)
    for of, about, name in (
        ([], ["student", "initiator"], "afnames_by_date"),
        (["status"], ["student", "initiator"], "afnames_of_status_by_date"),
        (["exam"], ["student", "initiator"], "afnames_of_exam_by_date"),
        (["exam", "status"], ["student", "initiator"], "afnames_of_exam_status_by_date"),
        (["initiator"], ["student", "status"], "afnames_of_initiator_by_date"),
    )
] + [
    models.Index(
        fields=["committee", "created_at"],
        include=["exam", "status", "ovg", "status_since", "student"],
        name="afnames_by_start",
    ),
    models.Index(
        fields=["committee", "status_since", "id"],
        include=["student", "initiator", "exam"],
        condition=models.Q(status="ASSESSED", proposed_version=models.F("version")),
        name="afnames_proposed_by_date",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("assessments", "0004_default_committee")]

    operations = [
        migrations.AlterField(
            model_name="assessment",
            name="committee",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessments",
                to="accounts.examcommittee",
            ),
        ),
        *(migrations.RemoveIndex(model_name="assessment", name=index.name) for index in INDEXES),
        *(migrations.AddIndex(model_name="assessment", index=index) for index in INDEXES),
    ]
