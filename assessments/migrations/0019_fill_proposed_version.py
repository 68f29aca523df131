from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps: Any, editor: Any) -> None:
    """With the version of the newest proposal; what is over needs none."""
    assessments = apps.get_model("assessments", "Assessment")
    newest = apps.get_model("assessments", "FinalProposal").objects.filter(assessment=OuterRef("pk"))
    version = newest.order_by("-at", "-pk").values("version")[:1]
    proposed = assessments.objects.filter(status="ASSESSED", final_proposals__isnull=False)
    assessments.objects.filter(pk__in=proposed.values("pk")).update(proposed_version=Subquery(version))


class Migration(migrations.Migration):
    dependencies = [("assessments", "0018_proposed_version")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
