"""Accepting an invitation, with a new password or while logged in."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import Role, SchoolInvitation, User

from . import links
from .notify import GrantedRole, notify_roles
from .roles import How, grant, locked

invitation_accepted = Signal()  # `invitation` and `user`, before the roles are granted, with the school locked


class HasAccount(Exception):
    """The address has an account with a password: its owner must log in to accept."""


class WrongAccount(Exception):
    """The user is not the one invited, or is the one who sent the invitation."""


def owner_of(invitation: SchoolInvitation) -> User | None:
    """Return the account of the address, of any school; an imported account also if its address changed since."""
    return invitation.user or User.objects.filter(email=invitation.email).first()


def needs_password(owner: User | None) -> bool:
    """Return whether the link alone is sufficient, as there is no account yet with a password.

    The link proves access to the mailbox, which is all that a password reset requires.
    """
    return owner is None or (owner.is_active and not owner.has_usable_password())


def unsaved_user(invitation: SchoolInvitation) -> User:
    """Return the new account, unsaved, for password validation against its name."""
    name = {"first_name": invitation.first_name, "infix": invitation.infix, "last_name": invitation.last_name}
    return User(email=invitation.email, **name)


def join_with_password(*, token: str, password: str) -> User:
    """Create the account if needed, set its first password, and grant the roles.

    Raise `NoInvitation` if the link was used, and `HasAccount`, also if the account was created at the same time.
    """
    school = links.open_token(token).school
    with locked(school):
        invitation = links.open_token(token, lock=True)
        owner = owner_of(invitation)
        if not needs_password(owner):
            raise HasAccount
        user = owner or unsaved_user(invitation)
        user.set_password(password)
        if owner:
            user.save(update_fields=["password"])
        else:
            _create(user)
        _accept(invitation, user)
    return user


def _create(user: User) -> None:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        if User.objects.filter(email=user.email).exists():
            raise HasAccount from None
        raise


def join_logged_in(*, token: str, user: User) -> SchoolInvitation:
    """Grant the roles to the invited account. Raise `NoInvitation` or `WrongAccount`."""
    school = links.open_token(token).school
    with locked(school):
        invitation = links.open_token(token, lock=True)
        if owner_of(invitation) != user or invitation.by_id == user.pk:
            raise WrongAccount
        _accept(invitation, user)
    return invitation


def accept_on_login(sender: object, user: User, **kwargs: object) -> None:
    """Receive `user_logged_in`: close the invitation of an imported user who set a password another way."""
    invitations = SchoolInvitation.objects.open().filter(user=user)
    invitations.update(accepted_at=timezone.now(), accepted_by=user)


def _accept(invitation: SchoolInvitation, user: User) -> None:
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    invitation_accepted.send(SchoolInvitation, invitation=invitation, user=user)
    if invitation.user_id is None:  # else the import granted the roles, and revoked ones stay revoked
        _grant_roles(invitation, user)


def _grant_roles(invitation: SchoolInvitation, user: User) -> None:
    school, by, how = invitation.school, invitation.by, How.INVITATION
    granted = []
    for role in invitation.roles:
        number = invitation.student_number if role == Role.STUDENT else ""
        if grant(school=school, user=user, role=role, by=by, how=how, student_number=number):
            granted.append(GrantedRole(user, role))
    notify_roles(school=school, granted=granted, by=by, by_name=invitation.by_name, how=how, accepted_by=user)
