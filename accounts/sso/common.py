"""What OpenID Connect and SAML share, and the pages on which a login ends early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import IdentityProvider


class ProviderError(OAuth2Error):
    """The login fails on what the provider sends; `reason` is one of `templates/accounts/sso/refused.html`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


def login_arguments(request: HttpRequest) -> dict[str, Any]:
    """Take `next` from the URL alone; allauth would let it set scopes and parameters as well."""
    return {"process": AuthProcess.LOGIN, "next_url": get_next_redirect_url(request)}


def refused(request: HttpRequest, reason: str, provider: IdentityProvider) -> HttpResponse:
    """Explain why a log-in failed; `reason` is of `Refused` or `ProviderError`."""
    context = {"reason": reason, "provider": provider, "school": provider.school}
    return render(request, "accounts/sso/refused.html", context, status=403)


def log_in_at_school(request: HttpRequest, providers: Sequence[IdentityProvider]) -> HttpResponse:
    """Send someone with a right password to the school's provider, which the school requires."""
    return render(request, "accounts/sso/required.html", {"providers": providers}, status=403)
