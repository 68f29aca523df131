from typing import Any

from django.apps import AppConfig


class CommitteeConfig(AppConfig):
    name = "committee"
    verbose_name = "examencommissie"

    def ready(self) -> None:
        from accounts.school import dashboard
        from assessments.privacy.access_log import register_exports

        from .decisions import batch_job
        from .models import FinalBatch
        from .organisation import organisation

        register_exports(_exports_with)
        dashboard.register(organisation.without_members)
        FinalBatch.work = batch_job.work


def _exports_with(students: Any) -> Any:
    from .models import Export

    return Export.objects.filter(results__assessment__student__in=students).order_by().values("public_id")
