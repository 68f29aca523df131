"""A user's calendar feed: what is planned of the assessments they start, assess or take."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from assessments.models import Assessment, AssessmentQuerySet, CalendarFeed, Status

PAST = timedelta(days=60)  # what was planned longer ago is left out
MAX_ASSESSMENTS = 2_000


def make(user: User) -> str:
    """Make the user's feed and return its token, which is not stored; an earlier one stops working."""
    token = secrets.token_urlsafe(32)
    values = {"token_sha256": _hash(token), "created_at": timezone.now()}
    CalendarFeed.objects.update_or_create(user=user, defaults=values)
    return token


def stop(user: User) -> None:
    CalendarFeed.objects.filter(user=user).delete()


def find_user(token: str) -> User | None:
    """Return the active user of a token."""
    feed = CalendarFeed.objects.filter(token_sha256=_hash(token), user__is_active=True).select_related("user").first()
    return feed.user if feed else None


def planned_for(user: User) -> AssessmentQuerySet:
    """Return the planned assessments that `user` started, assesses or takes, as far as still theirs to see."""
    since = timezone.now() - PAST
    is_planned = Q(planned_on__gte=timezone.localdate(since)) | Q(participation__sitting__ends_at__gte=since)
    started = Q(pk__in=Assessment.objects.for_docent(user).filter(initiator=user).values("pk"))
    assesses = Q(assignments__contact__user=user, assignments__removed_at__isnull=True)
    found = Assessment.objects.filter(is_planned, started | assesses | Q(student__user=user))
    planned: AssessmentQuerySet = found.exclude(status=Status.CANCELLED).select_related("unit", "school").distinct()
    return planned[:MAX_ASSESSMENTS]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
