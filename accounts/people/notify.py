"""Who keeps a school's roles, or sees its results, hears of whoever is given one of these roles.

So nobody gets in unseen: not by a second mailbox of a Schoolbeheer, nor by a line in a long list.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from accounts.mail_rendering import one_line
from accounts.models import Role, RoleChange, School, User

from .mails import queue_roles_given

logger = logging.getLogger(__name__)
WATCHED = (Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER)


@dataclass(frozen=True)
class Given:
    """A role that someone has from now on."""

    user: User
    role: str

    @property
    def label(self) -> str:
        return str(Role(self.role).label)

    @property
    def name(self) -> str:
        return one_line(self.user.full_name)


def tell_of_roles(
    *, school: School, given: Sequence[Given], by: User | None, by_name: str, how: str, accepted_by: User | None = None
) -> None:
    """One mail to each who is to hear of it, in the transaction that gave the roles; other roles need none.

    Not to who gave them, nor to who took them on by accepting.
    """
    watched = [one for one in given if one.role in WATCHED]
    if not watched:
        return
    knowing = {user.pk for user in (by, accepted_by) if user}
    in_words = str(RoleChange.How(how).label)
    managers = set(holders(school, Role.SCHOOLBEHEER).values_list("pk", flat=True))
    for reader in holders(school, *WATCHED).exclude(pk__in=knowing):
        try:
            queue_roles_given(
                to=reader,
                school=school,
                given=watched,
                by_name=by_name,
                how=in_words,
                sees_log=reader.pk in managers,
            )
        except ValueError:  # one who can't be mailed keeps nobody else from hearing, and no role from being given
            logger.exception("Account %s can't be mailed", reader.pk)


def holders(school: School, *roles: str) -> QuerySet[User]:
    """Each once, of those who ever got in and still can."""
    found = User.objects.filter(is_active=True, memberships__school=school, memberships__role__in=roles)
    return found.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).order_by("pk").distinct()
