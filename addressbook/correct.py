"""Edit, remove and restore a contact (source text, appendix: the pencil and the bin)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.mail.addresses import normalise_address
from accounts.models import User

from .models import Contact
from .people import AlreadyListed
from .signals import address_corrected


class ContactChanged(Exception):
    """Someone else changed the contact since the form was opened; `contact` is the stored one."""

    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        super().__init__(f"De gegevens van {contact.full_name} zijn intussen gewijzigd.")


def fingerprint(contact: Contact, fields: Iterable[str]) -> str:
    """Return a hash of the field values and the linked account, by which a form detects concurrent changes."""
    values = [contact.user_id, *(f"{name}={getattr(contact, name)}" for name in sorted(fields))]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def correct(*, contact: Contact, values: Mapping[str, Any], opened: str, by: User) -> int:
    """Change a listed contact; return how many invitations are sent to its new address.

    `opened` is the `fingerprint` of the form's fields when it was opened. Raise `ContactChanged` if it is outdated,
    `AlreadyListed` if another contact has the new address, and `DoesNotExist` if the contact was removed.
    """
    with transaction.atomic():
        # no_key: does not block coupling the contact, which locks its key.
        current = Contact.objects.listed().select_for_update(no_key=True).get(pk=contact.pk)
        if fingerprint(current, values) != opened:
            raise ContactChanged(current)
        before = current.email
        for name, value in values.items():
            setattr(current, name, value)
        _save(current)
        if current.email == before:
            return 0
        return sum(int(sent or 0) for _, sent in address_corrected.send(Contact, contact=current, by=by))


def remove_contact(*, contact: Contact) -> bool:
    """Remove a contact that was added by hand; assessments keep the name.

    Return False if it was already removed or has an account by now.
    """
    listed = Contact.objects.listed().by_hand().filter(pk=contact.pk)
    return bool(listed.update(removed_at=timezone.now()))


def restore_contact(*, contact: Contact) -> None:
    """Undo `remove_contact`; idempotent."""
    Contact.objects.by_hand().filter(pk=contact.pk).update(removed_at=None)


def _save(contact: Contact) -> None:
    same_address = contact.school.contacts.exclude(pk=contact.pk)
    existing = same_address.filter(email=normalise_address(contact.email)).first()
    if existing:
        raise AlreadyListed(existing)
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        raise AlreadyListed(same_address.get(email=contact.email)) from None
