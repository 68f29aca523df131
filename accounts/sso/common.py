"""What OpenID Connect and SAML share."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest


class ProviderError(OAuth2Error):
    """The login fails on what the provider sends; `reason` is one of `templates/accounts/sso/refused.html`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


def login_arguments(request: HttpRequest) -> dict[str, Any]:
    """Take `next` from the URL alone; allauth would let it set scopes and parameters as well."""
    return {"process": AuthProcess.LOGIN, "next_url": get_next_redirect_url(request)}
