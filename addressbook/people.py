"""Who is in the address book by themselves, and who is added by hand (source text, appendix)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, Role, School

from .models import Contact

EXAMINER_ROLES = (Role.DOCENT, Role.PRAKTIJKOPLEIDER)


class AlreadyListed(Exception):
    """The e-mail address stands in the school's address book already, as `contact`."""

    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        super().__init__(f"{contact.full_name} staat al in het adresboek met dit e-mailadres.")


def follow_membership(membership: Membership) -> None:
    """Brings the address book in line with one role of an account: in, up to date, or out.

    Teachers and Praktijkopleiders with an account are in it by themselves and leave when the role
    ends. Someone who was added by hand with the same address becomes the one with the account,
    and keeps function and organisation.
    """
    if membership.role not in EXAMINER_ROLES:
        return
    user, school = membership.user, membership.school
    roles = set(
        Membership.objects.filter(user=user, school=school, role__in=EXAMINER_ROLES).values_list("role", flat=True)
    )
    contact = school.contacts.filter(user=user).first() or school.contacts.filter(email=user.email, user=None).first()
    if not roles or not user.is_active:
        if contact and contact.user_id == user.pk:
            contact.removed_at = contact.removed_at or timezone.now()
            contact.save(update_fields=["removed_at", "search_text"])
        return
    if contact is None:
        contact = Contact(school=school, organisation=school.name)
        contact.function = Role(membership.role).label
        contact.side = Contact.Side.SCHOOL if Role.DOCENT in roles else Contact.Side.WORKPLACE
    contact.user, contact.removed_at = user, None
    contact.first_name, contact.infix, contact.last_name = user.first_name, user.infix, user.last_name
    contact.email = user.email
    contact.save()


def add_by_hand(*, school: School, contact: Contact) -> Contact:
    """Adds an unsaved `contact` to the school's address book.

    Someone who was taken out earlier comes back with the new details. Raises `AlreadyListed`.
    """
    contact.school = school
    earlier = school.contacts.filter(email=contact.email.strip().lower()).first()
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
