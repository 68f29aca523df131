"""The pages on which a login with a school account ends early."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import IdentityProvider


def refused(request: HttpRequest, reason: str, provider: IdentityProvider) -> HttpResponse:
    """Explain why nobody was logged in; `reason` is of `Refused` or `ProviderError`."""
    context = {"reason": reason, "provider": provider, "school": provider.school}
    return render(request, "accounts/sso/refused.html", context, status=403)


def log_in_at_school(request: HttpRequest, providers: Sequence[IdentityProvider]) -> HttpResponse:
    """Send someone with a right password to the school's provider, which the school requires."""
    return render(request, "accounts/sso/required.html", {"providers": providers}, status=403)
