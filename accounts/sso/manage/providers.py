"""Keep the identity providers of a school: each change is logged, and who may no longer come in is logged out."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from celery import shared_task
from django.apps import apps
from django.conf import settings
from django.db import transaction

from accounts.fields import EncryptedField
from accounts.models import IdentityProvider, School, Session, User
from accounts.school.changes import display_value, log_change
from accounts.sso.adapter import SCHOOL_LOGIN

NAME = "identity_providers"  # in the log of changes


@transaction.atomic
def save_provider(provider: IdentityProvider, *, by: User) -> bool:
    """Save a new or changed provider; return whether anything changed. One that is switched off ends its sessions."""
    before = IdentityProvider.objects.select_for_update().filter(pk=provider.pk).first()
    was, now = _description(before), _description(provider)
    is_new_secret = before is not None and before.client_secret != provider.client_secret
    if was == now and not is_new_secret:
        return False
    provider.save()
    after = f"{now}\nclient secret vervangen" if is_new_secret else now
    log_change(school=provider.school, name=NAME, label="Schoolaccount", before=was, after=after, by=by)
    if not provider.is_active:
        end_sessions(provider)
    return True


@transaction.atomic
def remove_provider(provider: IdentityProvider, *, by: User) -> None:
    """Delete a provider with the links to it; people keep their account, and can choose a password by mail."""
    was = _description(provider)
    log_change(school=provider.school, name=NAME, label="Schoolaccount", before=was, after="", by=by)
    provider.delete()


def clean_up(sender: object, instance: IdentityProvider, **kwargs: object) -> None:
    """Receive `post_delete`, also of a deleted school."""
    end_sessions(instance)
    instance.accounts.delete()


def end_sessions(provider: IdentityProvider) -> int:
    """End the sessions that began at the provider, and return how many."""
    sessions = Session.objects.filter(user__in=provider.accounts.values("user"))
    keys = [session.session_key for session in sessions.iterator() if _began_at(session, provider)]
    return Session.objects.filter(session_key__in=keys).delete()[0]


@transaction.atomic
def unlink(*, user: User, school: School, by: User) -> bool:
    """Remove a person's links to the school's providers, and the sessions that began there; return if there were any.

    For instance when a mailbox got another owner. The next login with a school account is checked by the rules again.
    """
    providers = {str(provider.public_id): provider for provider in school.identity_providers.all()}
    deleted, _ = SocialAccount.objects.filter(user=user, provider__in=providers).delete()
    if not deleted:
        return False
    log_change(school=school, name=NAME, label="Koppeling met schoolaccount", before=str(user), after="", by=by)
    sessions = Session.objects.filter(user=user)
    began_there = [row.pk for row in sessions if any(_began_at(row, provider) for provider in providers.values())]
    sessions.filter(pk__in=began_there).delete()
    return True


def _began_at(session: Session, provider: IdentityProvider) -> bool:
    return session.get_decoded().get(SCHOOL_LOGIN, {}).get("provider") == str(provider.public_id)


def _description(provider: IdentityProvider | None) -> str:
    """Return the settings as the log shows them, one a line, without the secret."""
    if provider is None:
        return ""
    fields: list[Any] = [
        field
        for field in provider._meta.concrete_fields  # noqa: SLF001 - Django's documented API
        if field.name not in ("id", "public_id", "school", "client_secret", "created_at")
    ]
    values = {field.verbose_name: display_value(field.value_from_object(provider)) for field in fields}
    return "\n".join(f"{name}: {value}" for name, value in values.items() if value)


@shared_task(name="accounts.tasks.encrypt_client_secrets")
def encrypt_client_secrets() -> None:
    """Encrypt with the present `SECRET_KEY` what a former one encrypted, so that the former can be dropped."""
    if not settings.SECRET_KEY_FALLBACKS:
        return
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedField)]  # noqa: SLF001 - Django's documented API
        for pk in list(model._default_manager.values_list("pk", flat=True)) if names else ():  # noqa: SLF001
            with transaction.atomic():
                row = model._default_manager.select_for_update().filter(pk=pk).first()  # noqa: SLF001
                readable = [name for name in names if getattr(row, name, "")]  # '' also if no key reads it
                if row and readable:
                    row.save(update_fields=readable)
