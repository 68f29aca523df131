"""The keys with which a directory reaches a school."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, ScimKey, User
from accounts.models.directory import token_hash
from accounts.school.changes import log_change

USED_EVERY = timedelta(minutes=5)


def base_url(school_id: int) -> str:
    """Return the absolute URL below which a school's endpoints are."""
    return settings.SITE_URL + reverse("scim:root", args=[school_id]).rstrip("/")


@transaction.atomic
def make_key(*, school: School, key: ScimKey, by: User) -> str:
    """Save a new key, which is logged, and return its token: it is not stored and can't be shown again."""
    token = secrets.token_urlsafe(32)
    key.school, key.token_sha256, key.by, key.by_name = school, token_hash(token), by, by.full_name
    key.save()
    log_change(school=school, name="scim_key", label="Sleutel voor SCIM", before="", after=key.name, by=by)
    return token


def find_key(token: str) -> ScimKey | None:
    """Return the active key of a token, with its school, and note that it is used."""
    key = ScimKey.objects.active().select_related("school", "by").filter(token_sha256=token_hash(token)).first()
    now = timezone.now()
    if key and (key.last_used_at is None or now - key.last_used_at > USED_EVERY):
        ScimKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


@transaction.atomic
def revoke(*, key: ScimKey, by: User) -> bool:
    """End access with the key, and log it; return False if that was done already."""
    if not ScimKey.objects.active().filter(pk=key.pk).update(revoked_at=timezone.now()):
        return False
    log_change(school=key.school, name="scim_key", label="Sleutel voor SCIM", before=key.name, after="", by=by)
    return True
