"""What a change of roles does to the link of an account with a school's provider: a school speaks for itself alone."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount

from accounts.models import IdentityProvider, IdentityProviderQuerySet, Membership


def on_role_given(sender: type[Membership], instance: Membership, *, created: bool, **kwargs: object) -> None:
    """Receive `post_save`: a role at one school ends the links at others, whose next login proves the address again.

    A link may rest on a school's word alone, and that does not open what another school entrusts.
    """
    if created:
        _unlink(instance, IdentityProvider.objects.exclude(school=instance.school_id))


def on_role_ended(sender: type[Membership], instance: Membership, **kwargs: object) -> None:
    """Receive `post_delete`: the last role at a school ends the links there."""
    if not Membership.objects.filter(user=instance.user_id, school=instance.school_id).exists():
        _unlink(instance, IdentityProvider.objects.filter(school=instance.school_id))


def _unlink(membership: Membership, providers: IdentityProviderQuerySet) -> None:
    links = SocialAccount.objects.filter(user=membership.user_id)
    if linked := list(links.values_list("provider", flat=True)):
        ids = {str(public_id) for public_id in providers.values_list("public_id", flat=True)}
        links.filter(provider__in=ids.intersection(linked)).delete()
