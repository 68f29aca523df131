"""Accepting an invitation: by a new password, or by who is logged in."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role, SchoolInvitation, User

from . import links
from .notify import Given, tell_of_roles
from .roles import How, grant, locked


class HasAccount(Exception):
    """The address has an account with a password: its owner logs in and accepts."""


class NotYours(Exception):
    """Someone else accepts than who was asked, or who asked."""


def owner_of(invitation: SchoolInvitation) -> User | None:
    """The account of the address, whichever school it is of; also of one that a list made and that changed it since."""
    return invitation.user or User.objects.filter(email=invitation.email).first()


def needs_password(owner: User | None) -> bool:
    """Whether the link itself is enough, since there is nobody yet who could log in.

    Who opens it reads the mail of that address, which is all that a forgotten password asks, too.
    """
    return owner is None or (owner.is_active and not owner.has_usable_password())


def unsaved(invitation: SchoolInvitation) -> User:
    """The account that a new password is for, not saved yet: what it may not resemble."""
    name = {"first_name": invitation.first_name, "infix": invitation.infix, "last_name": invitation.last_name}
    return User(email=invitation.email, **name)


def join_with_password(*, token: str, password: str) -> User:
    """Makes the account, if there is none, sets its first password, and gives the roles.

    Raises `NoInvitation`: a link works once; and `HasAccount`, also when the address got one at this very moment.
    """
    school = links.open_token(token).school
    with locked(school):
        invitation = links.open_token(token, lock=True)
        owner = owner_of(invitation)
        if not needs_password(owner):
            raise HasAccount
        user = owner or unsaved(invitation)
        user.set_password(password)
        if owner:
            user.save(update_fields=["password"])
        else:
            _make(user)
        _accept(invitation, user)
    return user


def _make(user: User) -> None:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        if User.objects.filter(email=user.email).exists():
            raise HasAccount from None
        raise


def join_logged_in(*, token: str, user: User) -> SchoolInvitation:
    """Gives the roles to the account that was asked. Raises `NoInvitation`, or `NotYours`."""
    school = links.open_token(token).school
    with locked(school):
        invitation = links.open_token(token, lock=True)
        if owner_of(invitation) != user or invitation.by_id == user.pk:
            raise NotYours
        _accept(invitation, user)
    return invitation


def answer_by_logging_in(sender: object, user: User, **kwargs: object) -> None:
    """Receives `user_logged_in`: whom a list put in and who got in by a new password asks nothing more."""
    asked = SchoolInvitation.objects.open().filter(user=user)
    asked.update(accepted_at=timezone.now(), accepted_by=user)


def _accept(invitation: SchoolInvitation, user: User) -> None:
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if invitation.user_id is None:  # else the list gave the roles, and what was taken since stays taken
        _give(invitation, user)


def _give(invitation: SchoolInvitation, user: User) -> None:
    school, by = invitation.school, invitation.by
    given = []
    for role in invitation.roles:
        number = invitation.student_number if role == Role.STUDENT else ""
        if grant(school=school, user=user, role=role, by=by, how=How.INVITATION, student_number=number):
            given.append(Given(user, role))
    tell_of_roles(school=school, given=given, by=by, by_name=invitation.by_name, how=How.INVITATION, accepted_by=user)
