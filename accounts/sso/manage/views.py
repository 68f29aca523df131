"""The identity providers of a school, for the Consortium's staff and, if it allows that, for Schoolbeheer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, confirmation
from accounts.models import IdentityProvider, School
from accounts.people.listing import get_person
from accounts.school.navigation import get_managed_school

from .forms import ConsortiumProviderForm, ProviderForm, SchoolProviderForm
from .providers import remove_provider, save_provider, unlink


@dataclass(frozen=True)
class Area:
    """The pages of the Consortium or of Schoolbeheer: the same, below other addresses and with other fields."""

    namespace: str
    form: type[ProviderForm]

    def url(self, name: str, school: School, *more: object) -> str:
        return reverse(f"{self.namespace}:{name}", args=[school.pk, *more])


CONSORTIUM = Area("consortium", ConsortiumProviderForm)
SCHOOL = Area("school", SchoolProviderForm)


def get_school(request: UserRequest, school_id: int, area: Area) -> School:
    """Return a school whose providers the user keeps; else raise 404."""
    if area is CONSORTIUM:  # the URLs are limited to staff
        return get_object_or_404(School, pk=school_id)
    school = get_managed_school(request.user, school_id)
    if not school.keeps_identity_providers:
        raise Http404
    return school


@require_safe
def providers(request: UserRequest, school_id: int, area: Area) -> HttpResponse:
    school = get_school(request, school_id, area)
    rows = [
        {
            "provider": provider,
            "edit": area.url("identity_provider", school, provider.public_id),
            "remove": area.url("remove_identity_provider", school, provider.public_id),
            "people": provider.accounts.count(),
        }
        for provider in school.identity_providers.all()
    ]
    context = {"rows": rows, "add": area.url("add_identity_provider", school)}
    return _page(request, "providers", school, area, **context)


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "POST"])
def add_provider(request: UserRequest, school_id: int, area: Area) -> HttpResponse:
    school = get_school(request, school_id, area)
    return _edit(request, IdentityProvider(school=school), school, area)


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "POST"])
def edit_provider(request: UserRequest, school_id: int, public_id: UUID, area: Area) -> HttpResponse:
    school = get_school(request, school_id, area)
    return _edit(request, get_object_or_404(school.identity_providers, public_id=public_id), school, area)


def _edit(request: UserRequest, provider: IdentityProvider, school: School, area: Area) -> HttpResponse:
    form = area.form(request.POST or None, instance=provider)
    if request.method == "POST" and form.is_valid():
        if save_provider(form.instance, by=request.user):
            messages.success(request, f"{form.instance.name} is bewaard.")
        else:
            messages.info(request, "Er is niets veranderd.")
        return redirect(area.url("identity_provider", school, form.instance.public_id))
    stored = None if provider._state.adding else provider  # noqa: SLF001 - Django's documented API
    return _page(request, "provider", school, area, form=form, provider=stored, **_addresses(stored))


def _addresses(provider: IdentityProvider | None) -> dict[str, str]:
    """Return what the school's ICT department fills in at the provider."""
    if provider is None:
        return {}
    site = settings.SITE_URL
    shared = {"login_url": site + reverse("accounts:school_login", args=[provider.slug])}
    if provider.is_saml:
        names = {"entity_id": "saml_metadata", "acs_url": "saml_acs", "sls_url": "saml_sls"}
        return shared | {key: site + reverse(name, args=[provider.public_id]) for key, name in names.items()}
    return shared | {
        "redirect_uri": site + reverse("openid_connect_callback", args=[provider.public_id]),
        "after_logout": site + reverse("account_login"),
    }


@require_http_methods(["GET", "POST"])
def remove(request: UserRequest, school_id: int, public_id: UUID, area: Area) -> HttpResponse:
    school = get_school(request, school_id, area)
    provider = get_object_or_404(school.identity_providers, public_id=public_id)
    back = area.url("identity_providers", school)
    if request.method == "POST":
        remove_provider(provider, by=request.user)
        messages.success(request, f"{provider.name} is verwijderd.")
        return redirect(back)
    sentence = (
        "Niemand logt hier meer mee in, en wie ermee is ingelogd wordt uitgelogd. Ieder houdt het eigen account, en "
        "kan met ‘Wachtwoord vergeten?’ een wachtwoord kiezen."
    )
    return confirmation(
        request, f"{provider.name} verwijderen?", sentence, verb="Verwijderen", back=(back, "Terug naar schoolaccounts")
    )


@require_POST
def unlink_person(request: UserRequest, school_id: int, user_id: int) -> HttpResponse:
    """Remove the links of one of the school's people, for Schoolbeheer."""
    school = get_managed_school(request.user, school_id)
    person = get_person(school, user_id).user
    if unlink(user=person, school=school, by=request.user):
        messages.success(request, f"Het schoolaccount van {person.full_name} is ontkoppeld.")
    return redirect("school:person", school.pk, person.pk)


def _page(request: UserRequest, name: str, school: School, area: Area, **context: object) -> HttpResponse:
    context |= {"school": school, "providers_url": area.url("identity_providers", school)}
    return render(request, f"accounts/sso/{area.namespace}_{name}.html", context)
