"""What django-allauth asks of the site about school accounts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError
from django.http import HttpRequest, HttpResponse

from accounts.auth import adapter as auth
from accounts.auth import mails, mfa
from accounts.auth.rate_limits import client_key
from accounts.models import IdentityProvider, User
from accounts.sessions import sessions

from . import people, proof
from .common import ProviderError, log_in_at_school, refused
from .http import ProviderSession
from .identity import Identity
from .rules import Refused, Step

logger = logging.getLogger(__name__)
SCHOOL_LOGIN = "school_login"  # session key: the provider's public id, and what logging out there takes


class SchoolAccountAdapter(DefaultSocialAccountAdapter):
    """Providers are rows of `IdentityProvider`; accounts are found and made by `people`, never by allauth."""

    def get_identity_provider(self, provider_id: str) -> IdentityProvider:
        """Return an active provider by its public id; raise `SocialApp.DoesNotExist`."""
        try:
            return IdentityProvider.objects.active().get(public_id=UUID(str(provider_id)))
        except (IdentityProvider.DoesNotExist, ValueError):
            raise SocialApp.DoesNotExist from None

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Return the app of one provider, by its public id; a list of all is of no use here."""
        try:
            found = self.get_identity_provider(provider)
        except SocialApp.DoesNotExist:
            return []
        if found.is_saml:
            return [SocialApp(provider="saml", provider_id=str(found.public_id), name=found.name)]
        app = SocialApp(
            provider="openid_connect",
            provider_id=str(found.public_id),
            name=found.name,
            client_id=found.client_id,
            secret=found.client_secret,
            settings={"server_url": found.issuer, "preset": found.preset},
        )
        return [app]

    def get_requests_session(self) -> ProviderSession:
        return ProviderSession()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def is_email_verified(self, provider: Any, email: str) -> bool:
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let the person in, ask for proof of the address, or refuse."""
        sociallogin.token = None  # no use is made of it
        provider = self.get_identity_provider(sociallogin.account.provider)
        identity = _identity(sociallogin.state)
        proven = sociallogin.state.pop("proven", "")
        try:
            if sociallogin.is_existing:
                people.come_in_again(provider=provider, identity=identity, user=sociallogin.user)
                return
            account = sociallogin.account
            user, step = people.come_in_first(provider=provider, identity=identity, account=account, proven=proven)
        except Refused as no:
            raise ImmediateHttpResponse(refused(request, no.reason, provider)) from None
        if step == Step.PROVE:
            raise ImmediateHttpResponse(proof.ask(request, sociallogin, provider=provider, email=identity.email))
        if step == Step.LINK:
            mails.queue_notice("school_account_linked", user=user, device=sessions.device_of(request))
        sociallogin.user = user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        reason = exception.reason if isinstance(exception, ProviderError) else "invalid"
        if error == AuthError.CANCELLED:
            reason = "cancelled"
        # Not the exception itself, which may hold the provider's whole answer.
        detail = str(exception) if isinstance(exception, ProviderError) else type(exception).__name__
        logger.warning("Login at provider %s failed: %s, %s.", provider.app.provider_id, reason, detail)
        school_provider = self.get_identity_provider(provider.app.provider_id)
        raise ImmediateHttpResponse(refused(request, reason, school_provider))


def _identity(state: dict[str, Any]) -> Identity:
    data = state["identity"]
    return Identity(**{**data, "affiliations": tuple(data["affiliations"])})


class AccountAdapter(auth.AccountAdapter):
    """Adds that a school can require its provider."""

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        required = IdentityProvider.objects.required_of(user)
        used = _provider_of(kwargs.get("signal_kwargs"))
        is_by_school = not required or used in {str(provider.public_id) for provider in required}
        if not is_by_school and not _is_manager_with_second_step(user, required):
            logger.info("Account %s has to log in at its school, from %s", user.pk, client_key(request))
            raise ImmediateHttpResponse(log_in_at_school(request, required))
        return super().pre_login(request, user, **kwargs)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        if used := _provider_of(kwargs.get("signal_kwargs")):
            state = kwargs["signal_kwargs"]["sociallogin"].state
            to_log_out = {name: state[name] for name in ("id_token", "saml") if name in state}
            request.session[SCHOOL_LOGIN] = {"provider": used, **to_log_out}
        return super().post_login(request, user, **kwargs)


def _is_manager_with_second_step(user: User, required: Sequence[IdentityProvider]) -> bool:
    """Return whether the user comes in while the provider is down; the second step follows."""
    return mfa.is_on(user) and all(provider.lets_in_with_password(user) for provider in required)


def _provider_of(signal_kwargs: dict[str, Any] | None) -> str:
    """Return the public id of the provider that a login came by; '' for another login."""
    sociallogin = (signal_kwargs or {}).get("sociallogin")
    return sociallogin.account.provider if sociallogin else ""
