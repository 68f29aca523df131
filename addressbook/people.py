"""Contacts of accounts, kept in sync, and contacts added by hand (source text, appendix)."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.mail.addresses import normalise_address
from accounts.models import Membership, Role, School, User
from accounts.people.enrol import NAME_FIELDS

from .models import Contact
from .signals import address_corrected

EXAMINER_ROLES = (Role.DOCENT, Role.PRAKTIJKOPLEIDER)
SHOWN_FIELDS = ("email", *NAME_FIELDS)  # which follow the account


class AlreadyListed(Exception):
    """`contact` in the school's address book already has the e-mail address."""

    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        name = contact.full_name
        if contact.removed_at:
            super().__init__(
                f"Dit e-mailadres is van {name}, die niet meer in het adresboek staat. Voeg met ‘+’ iemand toe met "
                "dit e-mailadres; dan komt die terug."
            )
        else:
            super().__init__(f"{name} staat al in het adresboek met dit e-mailadres.")


def sync_account(user: User) -> None:
    """Add, update or remove the account's contact in the address book of each school.

    Teachers and Praktijkopleiders are listed while they have the role at the school. A contact added by hand with the
    same address is linked to the account, and keeps function and organisation.
    """
    roles: dict[int, list[str]] = {}
    for membership in Membership.objects.filter(user=user, role__in=EXAMINER_ROLES).order_by("role"):
        roles.setdefault(membership.school_id, []).append(membership.role)
    linked = set(Contact.objects.filter(user=user).values_list("school", flat=True))
    for school in School.objects.filter(pk__in=linked | roles.keys()):
        with transaction.atomic():
            _sync_at_school(school, user, roles.get(school.pk, []) if user.is_active else [])


@transaction.atomic
def sync_accounts(users: Collection[User], *, school: School) -> None:
    """Do the same for many accounts at one school, in a few queries but for the accounts that share or move address."""
    roles: dict[int, list[str]] = {}
    held = Membership.objects.filter(school=school, user__in=users, role__in=EXAMINER_ROLES).order_by("role")
    for user_id, role in held.values_list("user", "role"):
        roles.setdefault(user_id, []).append(role)
    emails = [user.email for user in users]
    locked = school.contacts.select_for_update(no_key=True).filter(Q(user__in=users) | Q(email__in=emails))
    contacts = list(locked.order_by("pk"))
    by_user = {contact.user_id: contact for contact in contacts if contact.user_id}
    by_email = {contact.email: contact for contact in contacts}
    new, listed, removed = list[Contact](), list[Contact](), list[Contact]()
    for user in users:
        listed_as = roles.get(user.pk, []) if user.is_active else []
        contact, same_address = by_user.get(user.pk), by_email.get(user.email)
        if contact != same_address or (contact and not _is_shown(contact, user)):
            _sync_at_school(school, user, listed_as)
        elif contact is None and listed_as:
            new.append(_show(_new_contact(school, listed_as), user))
            new[-1].set_derived()
        elif contact and bool(listed_as) == bool(contact.removed_at):
            (listed if listed_as else removed).append(contact)
    Contact.objects.bulk_create(new)
    for changed, removed_at in ((listed, None), (removed, timezone.now())):
        if changed:
            school.contacts.filter(pk__in=[contact.pk for contact in changed]).update(removed_at=removed_at)


def _is_shown(contact: Contact, user: User) -> bool:
    """Return whether the contact has the name and the address of the account."""
    return all(getattr(contact, name) == getattr(user, name) for name in SHOWN_FIELDS)


def _new_contact(school: School, roles: Collection[str]) -> Contact:
    contact = Contact(school=school, organisation=school.name, function=Role(next(iter(roles))).label)
    contact.side = Contact.Side.SCHOOL if Role.DOCENT in roles else Contact.Side.WORKPLACE
    return contact


def _show(contact: Contact, user: User) -> Contact:
    """Let the contact be the account, as the address book lists it; the caller saves it."""
    contact.user, contact.email, contact.removed_at = user, user.email, None
    contact.first_name, contact.infix, contact.last_name = user.first_name, user.infix, user.last_name
    return contact


def _sync_at_school(school: School, user: User, roles: Collection[str]) -> None:
    # Locked as in `correct`, so that a concurrent edit is not overwritten.
    locked = school.contacts.select_for_update(no_key=True).filter(Q(user=user) | Q(email=user.email)).order_by("pk")
    contacts = list(locked)
    linked = next((contact for contact in contacts if contact.user_id == user.pk), None)
    same_address = next((contact for contact in contacts if contact.user_id != user.pk), None)
    if not roles:
        if linked:
            moved = user.is_active and not same_address and linked.email != user.email
            _remove(linked, email=linked.email if same_address else user.email)
            if moved:
                address_corrected.send(Contact, contact=linked, by=None)
        return
    if linked and same_address:
        # An address is unique per address book: the contact that has it gets the account.
        linked.user = None
        _remove(linked, email=linked.email)
    contact = same_address or linked
    if contact is None:
        contact = _new_contact(school, roles)
    moved = contact.pk is not None and contact.email != user.email
    _show(contact, user).save()
    if moved:
        address_corrected.send(Contact, contact=contact, by=None)


def _remove(contact: Contact, *, email: str) -> None:
    contact.email, contact.removed_at = email, contact.removed_at or timezone.now()
    contact.save()


def add_by_hand(*, school: School, contact: Contact) -> Contact:
    """Add an unsaved `contact`, or restore a removed one with its details; raise `AlreadyListed`."""
    contact.school = school
    existing = school.contacts.filter(email=normalise_address(contact.email)).first()
    if existing and existing.removed_at is None:
        raise AlreadyListed(existing)
    if existing:
        contact.pk, contact.removed_at = existing.pk, None
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        raise AlreadyListed(school.contacts.get(Q(email=contact.email))) from None
    return contact
