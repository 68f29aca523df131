"""What a change of roles does to the link of an account with a school's provider: a school speaks for itself alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from allauth.socialaccount.models import SocialAccount

from accounts.models import IdentityProvider, IdentityProviderQuerySet, Membership, School


def on_role_given(sender: type[Membership], instance: Membership, *, created: bool, **kwargs: object) -> None:
    """Receive `post_save`: a role at one school ends the links at others, whose next login proves the address again.

    A link may rest on a school's word alone, and that does not open what another school entrusts.
    """
    if created:
        _unlink_elsewhere({instance.user_id}, school=instance.school_id)


def on_role_ended(sender: type[Membership], instance: Membership, **kwargs: object) -> None:
    """Receive `post_delete`: the last role at a school ends the links there."""
    if not instance.in_bulk:
        _unlink_here({instance.user_id}, school=instance.school_id)


def on_roles_changed(
    sender: type[Membership], school: School, given: Iterable[Membership], ended: Iterable[Membership], **kwargs: object
) -> None:
    """Receive `roles_changed`: the same for many at once."""
    _unlink_elsewhere({membership.user_id for membership in given}, school=school.pk)
    _unlink_here({membership.user_id for membership in ended}, school=school.pk)


def _unlink_elsewhere(users: Collection[int], *, school: int) -> None:
    _unlink(users, IdentityProvider.objects.exclude(school=school))


def _unlink_here(users: Collection[int], *, school: int) -> None:
    held = Membership.objects.filter(school=school, user__in=users)
    _unlink(set(users).difference(held.values_list("user", flat=True)), IdentityProvider.objects.filter(school=school))


def _unlink(users: Collection[int], providers: IdentityProviderQuerySet) -> None:
    links = SocialAccount.objects.filter(user__in=users)
    if linked := set(links.values_list("provider", flat=True)):
        ids = {str(public_id) for public_id in providers.values_list("public_id", flat=True)}
        links.filter(provider__in=ids & linked).delete()
