"""Log in with a school account, and out."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import IdentityProvider

from . import oidc, proof, saml
from .adapter import SCHOOL_LOGIN
from .common import ProviderError, refused
from .forms import AddressForm, FindSchoolForm, ProofForm
from .http import is_allowed

logger = logging.getLogger(__name__)


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def find_school(request: HttpRequest) -> HttpResponse:
    """Find the providers of an address's domain, whether or not it has an account."""
    form = FindSchoolForm(request.POST or None)
    found: list[IdentityProvider] = []
    if request.method == "POST" and form.is_valid():
        found = IdentityProvider.objects.for_address(form.cleaned_data["address"])
        if len(found) == 1:
            return redirect(_with_next(reverse("accounts:school_login", args=[found[0].slug]), request))
        if not found:
            form.add_error(
                "address",
                _("Van dit adres kennen we geen school die zo laat inloggen. Log in met uw wachtwoord."),
            )
    context = {"form": form, "providers": found, "next": get_next_redirect_url(request) or ""}
    return render(request, "accounts/sso/find_school.html", context)


@never_cache
@login_not_required
@require_GET
def school_login(request: HttpRequest, slug: str) -> HttpResponse:
    """The school's own link: one button to its provider.

    Not a redirect: the CSP lets no form lead to another site, such as the form of `find_school`.
    """
    provider = get_object_or_404(IdentityProvider.objects.active(), slug=slug)
    context = {"provider": provider, "school": provider.school, "next": get_next_redirect_url(request) or ""}
    return render(request, "accounts/sso/school_login.html", context)


@never_cache
@login_not_required
@require_GET
def start(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Redirect to the provider."""
    is_saml = IdentityProvider.objects.saml().filter(public_id=provider_id).exists()
    return _at_provider(saml.login if is_saml else oidc.login, request, provider_id)


@never_cache
@login_not_required
@require_GET
def callback(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Where the provider sends the person back to."""
    return _at_provider(oidc.callback, request, provider_id)


@csrf_exempt  # the provider posts it; `saml` ties the answer to a login that began here
@never_cache
@login_not_required
@require_POST
def receive(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Where a SAML provider posts its answer to (assertion consumer service)."""
    return _at_provider(saml.receive, request, provider_id)


@never_cache
@login_not_required
@require_GET
def finish(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Log in with the answer that `receive` stored."""
    return _at_provider(saml.finish, request, provider_id)


@never_cache
@login_not_required
@require_GET
def metadata(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """The metadata of this site for one SAML provider."""
    return _at_provider(saml.metadata, request, provider_id)


@never_cache
@login_not_required
@require_GET
def logged_out(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Where a SAML provider sends the browser to after logging out there; the session here has ended already."""
    return redirect("account_login")


def _at_provider(view: Any, request: HttpRequest, provider_id: UUID) -> HttpResponse:
    provider = get_object_or_404(IdentityProvider.objects.active(), public_id=provider_id)
    if provider.is_saml is not (view.__module__ == saml.__name__):
        return refused(request, "invalid", provider)
    try:
        response: HttpResponse = view(request, str(provider_id))
    except ProviderError as error:
        logger.warning("Login at provider %s failed: %s, %s.", provider_id, error.reason, error)
        return refused(request, error.reason, provider)
    return response


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for the code that was mailed, or first for the address if the provider gives none."""
    waiting = proof.pending(request)
    provider = IdentityProvider.objects.active().filter(public_id=waiting.provider_id).first() if waiting else None
    if waiting is None or provider is None:
        messages.info(request, _("Dit duurde te lang. Log opnieuw in met uw schoolaccount."))
        return redirect("accounts:find_school")
    form: Any = (ProofForm if waiting.email else AddressForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if waiting.email:
            try:
                response: HttpResponse = complete_social_login(
                    request, proof.check_code(request, form.cleaned_data["code"])
                )
            except proof.WrongCode as wrong:
                if wrong.is_last:
                    return refused(request, "wrong_codes", provider)
                form.add_error("code", _("Deze code klopt niet. Kijk of het de code uit de laatste mail is."))
            else:
                return response
        else:
            refusal = proof.mail_code(request, provider=provider, email=form.cleaned_data["email"])
            return refusal or redirect("accounts:school_proof")
    context = {"form": form, "email": waiting.email, "provider": provider, "school": provider.school}
    return render(request, "accounts/sso/prove.html", context)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Log out here, and at the provider if it supports it (OpenID Connect RP-Initiated Logout 1.0, SAML 2.0 SLO)."""
    url = end_session_url(request, request.session.get(SCHOOL_LOGIN, {}))
    response: HttpResponse = LogoutView.as_view()(request)
    # A page instead of a redirect, as the CSP lets no form lead to another site.
    return render(request, "accounts/sso/log_out.html", {"url": url}) if url else response


def end_session_url(request: HttpRequest, school_login: dict[str, Any]) -> str:
    """Return where the browser logs out at the provider; '' if it can't."""
    try:
        provider = get_adapter().get_identity_provider(school_login.get("provider", ""))
        if provider.is_saml:
            return saml.log_out_url(request, provider, school_login["saml"])
        endpoint = oidc.discover(provider).get("end_session_endpoint", "")
    except (SocialApp.DoesNotExist, ProviderError):
        return ""
    if not isinstance(endpoint, str) or not is_allowed(endpoint):
        return ""
    query = {
        "id_token_hint": school_login["id_token"],
        "client_id": provider.client_id,
        "post_logout_redirect_uri": settings.SITE_URL + reverse("account_login"),
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def _with_next(url: str, request: HttpRequest) -> str:
    next_url = get_next_redirect_url(request)
    return f"{url}?{urlencode({'next': next_url})}" if next_url else url
