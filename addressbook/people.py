"""Who is in the address book by themselves, and who is added by hand (source text, appendix)."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.mailable import normalise_address
from accounts.models import Membership, Role, School, User

from .models import Contact
from .signals import address_corrected

EXAMINER_ROLES = (Role.DOCENT, Role.PRAKTIJKOPLEIDER)


class AlreadyListed(Exception):
    """The e-mail address stands in the school's address book already, as `contact`."""

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


def follow_user(user: User) -> None:
    """Brings every school's address book in line with an account: in, up to date, or out.

    Teachers and Praktijkopleiders with an account are in it by themselves and leave when the role
    ends, or moves to another school. Someone who was added by hand with the same address becomes
    the one with the account, and keeps function and organisation.
    """
    roles: dict[int, list[str]] = {}
    for membership in Membership.objects.filter(user=user, role__in=EXAMINER_ROLES).order_by("role"):
        roles.setdefault(membership.school_id, []).append(membership.role)
    own = set(Contact.objects.filter(user=user).values_list("school", flat=True))
    for school in School.objects.filter(pk__in=own | roles.keys()):
        with transaction.atomic():
            _follow_at(school, user, roles.get(school.pk, []) if user.is_active else [])


def _follow_at(school: School, user: User, roles: Collection[str]) -> None:
    # Held, so that what someone edits at this moment is not written over; see `correct` for the kind of lock.
    own = school.contacts.select_for_update(no_key=True).filter(Q(user=user) | Q(email=user.email)).order_by("pk")
    held = list(own)
    linked = next((contact for contact in held if contact.user_id == user.pk), None)
    same_address = next((contact for contact in held if contact.user_id != user.pk), None)
    if not roles:
        if linked:
            moved = user.is_active and not same_address and linked.email != user.email
            _take_out(linked, email=linked.email if same_address else user.email)
            if moved:
                address_corrected.send(Contact, contact=linked, by=None)
        return
    if linked and same_address:
        # An address stands in an address book once: whoever has it here is this account from now on.
        linked.user = None
        _take_out(linked, email=linked.email)
    contact = same_address or linked
    if contact is None:
        contact = Contact(school=school, organisation=school.name, function=Role(next(iter(roles))).label)
        contact.side = Contact.Side.SCHOOL if Role.DOCENT in roles else Contact.Side.WORKPLACE
    moved = contact.pk is not None and contact.email != user.email
    contact.user, contact.email, contact.removed_at = user, user.email, None
    contact.first_name, contact.infix, contact.last_name = user.first_name, user.infix, user.last_name
    contact.save()
    if moved:
        address_corrected.send(Contact, contact=contact, by=None)


def _take_out(contact: Contact, *, email: str) -> None:
    contact.email, contact.removed_at = email, contact.removed_at or timezone.now()
    contact.save()


def add_by_hand(*, school: School, contact: Contact) -> Contact:
    """Adds an unsaved `contact` to the school's address book.

    Someone who was taken out earlier comes back with the new details. Raises `AlreadyListed`.
    """
    contact.school = school
    earlier = school.contacts.filter(email=normalise_address(contact.email)).first()
    if earlier and earlier.removed_at is None:
        raise AlreadyListed(earlier)
    if earlier:
        contact.pk, contact.removed_at = earlier.pk, None
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        raise AlreadyListed(school.contacts.get(Q(email=contact.email))) from None
    return contact
