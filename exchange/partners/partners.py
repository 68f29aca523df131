"""Couple a system with the school, and make and revoke its keys; each is in the school's log."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import Application

from accounts.models import School, User
from accounts.school.changes import log_change
from exchange.models import Partner, PartnerKey

FIELDS = {
    "name": "Naam",
    "initiator": "Docent",
    "reads_catalogue": "Examens opvragen",
    "plans_sittings": "Zittingen plannen",
    "is_active": "Actief",
}


@transaction.atomic
def save_partner(*, school: School, partner: Partner, by: User) -> Partner:
    """Save a new or changed partner of the school, and log each change."""
    before = Partner.objects.select_for_update(of=("self",)).filter(pk=partner.pk, school=school).first()
    partner.school = school
    partner.save()
    for name, label in FIELDS.items():
        old, new = _shown(before, name), _shown(partner, name)
        if old != new:
            log_change(
                school=school, name=f"partner_{name}", label=f"Gekoppeld systeem: {label}", before=old, after=new, by=by
            )
    return partner


def _shown(partner: Partner | None, name: str) -> str:
    if partner is None:
        return ""
    value = getattr(partner, name)
    if isinstance(value, bool):
        return f"{partner.name}: {'aan' if value else 'uit'}"
    if name == "initiator":
        return f"{partner.name}: {value.user.full_name}" if value else ""
    return str(value)


@transaction.atomic
def make_key(*, partner: Partner, by: User) -> tuple[PartnerKey, str]:
    """Make a client and return its key and secret: the secret is stored as a hash and can't be shown again."""
    secret: str = generate_client_secret()
    application = Application.objects.create(
        name=f"Partner {partner.pk}",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    key = PartnerKey.objects.create(
        partner=partner, application=application, client_id=application.client_id, by=by, by_name=by.full_name
    )
    _log_key(partner, before="", after=partner.name, by=by)
    return key, secret


@transaction.atomic
def revoke(*, key: PartnerKey, by: User) -> bool:
    """End access with the key and its tokens, at once; return False if that was done already."""
    current = PartnerKey.objects.select_for_update(of=("self",)).select_related("application", "partner").get(pk=key.pk)
    if current.revoked_at:
        return False
    if current.application:
        current.application.delete()  # its tokens too
    current.application, current.revoked_at = None, timezone.now()
    current.save(update_fields=["application", "revoked_at"])
    _log_key(current.partner, before=current.partner.name, after="", by=by)
    return True


def _log_key(partner: Partner, *, before: str, after: str, by: User) -> None:
    label = "Sleutel van een gekoppeld systeem"
    log_change(school=partner.school, name="partner_key", label=label, before=before, after=after, by=by)
