"""Correcting, taking out and putting back a contact (source text, appendix: the pencil and the bin)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.mailable import normalise_address
from accounts.models import User

from .models import Contact
from .people import AlreadyListed
from .signals import address_corrected


class Changed(Exception):
    """Someone else changed the contact since the form was opened; `contact` is as it is now."""

    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        super().__init__(f"De gegevens van {contact.full_name} zijn intussen gewijzigd.")


def fingerprint(contact: Contact, fields: Iterable[str]) -> str:
    """What a form carries of the values it was opened with; who gets an account meanwhile has another one."""
    values = [contact.user_id, *(f"{name}={getattr(contact, name)}" for name in sorted(fields))]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def correct(*, contact: Contact, values: Mapping[str, Any], opened: str, by: User) -> int:
    """Gives a listed contact new `values`; how many invitations go to a new address because of that.

    `opened` is the `fingerprint` of the form's fields when it was opened. Raises `Changed` when they
    are others by now, `AlreadyListed` when someone has the new address already, and `DoesNotExist`
    when the contact was taken out meanwhile.
    """
    with transaction.atomic():
        # No key: whoever couples this contact at the same time waits for no one, and no one for them.
        current = Contact.objects.listed().select_for_update(no_key=True).get(pk=contact.pk)
        if fingerprint(current, values) != opened:
            raise Changed(current)
        before = current.email
        for name, value in values.items():
            setattr(current, name, value)
        _save(current)
        if current.email == before:
            return 0
        return sum(int(sent or 0) for _, sent in address_corrected.send(Contact, contact=current, by=by))


def take_out(*, contact: Contact) -> bool:
    """Takes a contact that was added by hand out of the address book; assessments keep the name.

    False, and nothing done, when someone else was first, or the contact has an account by now.
    """
    listed = Contact.objects.listed().by_hand().filter(pk=contact.pk)
    return bool(listed.update(removed_at=timezone.now()))


def put_back(*, contact: Contact) -> None:
    """'Ongedaan maken' of `take_out`; nothing changes for who is back already."""
    Contact.objects.by_hand().filter(pk=contact.pk).update(removed_at=None)


def _save(contact: Contact) -> None:
    same_address = contact.school.contacts.exclude(pk=contact.pk)
    there = same_address.filter(email=normalise_address(contact.email)).first()
    if there:
        raise AlreadyListed(there)
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        raise AlreadyListed(same_address.get(email=contact.email)) from None
