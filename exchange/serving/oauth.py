"""OAuth 2 client credentials (RFC 6749, 4.4): the token endpoint, and whose token a request carries."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import AccessToken
from oauth2_provider.scopes import BaseScopes
from oauth2_provider.views import TokenView

from accounts.auth.rate_limits import Limit, client_key
from exchange.models import CATALOGUE, SITTINGS, Partner, PartnerKey

TOKENS_BY_ADDRESS = Limit("oauth-token", 120, timedelta(minutes=1))  # a secret's hash is slow on purpose
USED_EVERY = timedelta(minutes=5)


class PartnerScopes(BaseScopes):
    """The scopes of a client are those that the school allows its partner."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope: scope for scope in (CATALOGUE, SITTINGS)}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        partner = Partner.objects.filter(keys__application=application, is_active=True).first() if application else None
        return partner.scopes if partner else []

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return self.get_available_scopes(application)


@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class ClientTokenView(TokenView):
    """POST the client id and secret (Basic, or in the form) for a token of an hour."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if TOKENS_BY_ADDRESS.exceeds(client_key(request)):
            response = JsonResponse({"error": "temporarily_unavailable"}, status=429)
            response["Retry-After"] = str(TOKENS_BY_ADDRESS.seconds)
            return response
        if request.POST.get("grant_type") != "client_credentials":
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        return super().post(request, *args, **kwargs)


def find_key(request: HttpRequest) -> tuple[PartnerKey, frozenset[str]] | None:
    """Return the key of the request's token with the scopes it has and the school still allows; note its use.

    None without a valid token, and for a key or partner that was ended since.
    """
    scheme, _space, raw = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not raw.strip():
        return None
    token = _find_token(raw.strip())
    if token is None:
        return None
    keys = PartnerKey.objects.filter(revoked_at__isnull=True, partner__is_active=True)
    related = keys.select_related("partner__school", "partner__initiator__user")
    key = related.filter(application=token.application_id).first()
    if key is None:
        return None
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        PartnerKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key, frozenset(token.scope.split()) & frozenset(key.partner.scopes)


def _find_token(raw: str) -> AccessToken | None:
    checksum = hashlib.sha256(raw.encode()).hexdigest()
    return AccessToken.objects.filter(token_checksum=checksum, expires__gt=timezone.now()).first()
