"""The log of calls: written at each request, forgotten after 30 days."""

from __future__ import annotations

from celery import shared_task
from oauth2_provider.models import clear_expired

from exchange.models import Call


@shared_task(name="exchange.tasks.forget_calls")
def forget_calls() -> None:
    """Delete old calls and expired tokens."""
    Call.objects.forget_old()
    clear_expired()
