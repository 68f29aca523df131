"""`/gezondheid/`: the public health check, for load balancers and monitoring."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from assessments.models import Document

from .celery import app
from .outbox.models import OutgoingMail

BROKER_SECONDS = 1


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Return 200 if the database answers, else 503; not for the broker, as pages work without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        waits, failing = oldest_queued_mail_seconds(), Document.objects.failing().count()
    except DatabaseError:
        return JsonResponse({"status": "database", "database": False}, status=503)
    details = {"status": "ok", "database": True, "broker": broker_answers(), "oldest_queued_mail_seconds": waits}
    return JsonResponse({**details, "failing_pdfs": failing})


def oldest_queued_mail_seconds() -> int | None:
    """Return the age of the oldest queued mail; None if the queue is empty."""
    oldest = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED).aggregate(at=Min("created_at"))["at"]
    return None if oldest is None else int((timezone.now() - oldest).total_seconds())


def broker_answers() -> bool:
    """Return whether the broker accepts a connection within `BROKER_SECONDS`."""
    with app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS, interval_start=0)
        except OperationalError:
            return False
    return True
