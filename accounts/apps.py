from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "accounts"

    def ready(self) -> None:
        from allauth.mfa import signals
        from django.db.models.signals import post_delete, post_save

        from digibeoordelen.outbox.links import register as resolves

        from .auth import email_change, links, mfa, password
        from .importing import job, kinds
        from .models import IdentityProvider, ImportedFile, Membership, roles_changed
        from .people import join
        from .people import links as people_links
        from .people.importing.write import PEOPLE
        from .registration import registration
        from .sessions.sessions import remember_start
        from .sso import proof, trust
        from .sso.manage import providers

        user_logged_in.connect(remember_start, dispatch_uid="accounts.remember_start")
        user_logged_in.connect(join.accept_on_login, dispatch_uid="accounts.answer_by_logging_in")
        join.invitation_accepted.connect(_accept_by_scim, dispatch_uid="accounts.scim.accept")
        resolves(links.CONFIRM_REGISTRATION.kind, registration.resolve_registration)
        signals.authenticator_added.connect(mfa.on_added)
        signals.authenticator_removed.connect(mfa.on_removed)
        signals.authenticator_used.connect(mfa.on_used)
        signals.authentication_failed.connect(mfa.on_wrong_code)
        resolves(password.LINK_KIND, password.resolve_password_link)
        post_delete.connect(providers.clean_up, sender=IdentityProvider, dispatch_uid="accounts.sso.clean_up")
        post_save.connect(trust.on_role_given, sender=Membership, dispatch_uid="accounts.sso.on_role_given")
        post_delete.connect(trust.on_role_ended, sender=Membership, dispatch_uid="accounts.sso.on_role_ended")
        roles_changed.connect(trust.on_roles_changed, dispatch_uid="accounts.sso.on_roles_changed")
        resolves(proof.LINK_KIND, proof.resolve_code)
        resolves(links.CONFIRM_EMAIL.kind, email_change.resolve_confirm)
        resolves(links.STOP_EMAIL.kind, email_change.resolve_stop)
        resolves(people_links.LINK_KIND, people_links.resolve_invitation_link)
        kinds.register(PEOPLE)
        ImportedFile.work = job.work


def _accept_by_scim(**kwargs: Any) -> None:
    from .scim import people  # scim2-models: see urls.py

    people.accept(**kwargs)
