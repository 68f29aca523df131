"""'Gekoppelde systemen': coupling, keys and the log of calls, for Schoolbeheer."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.views.decorators.http import require_GET, require_http_methods

from accounts import lists
from accounts.http import UserRequest, confirmation
from accounts.models import School
from accounts.school.navigation import get_managed_school
from exchange.models import Partner, PartnerKey

from . import partners
from .forms import PartnerForm


@require_GET
def partner_list(request: UserRequest, school_id: int) -> HttpResponse:
    """List the coupled systems."""
    school = get_managed_school(request.user, school_id)
    rows = school.partners.select_related("initiator__user").annotate(last_used_at=Max("keys__last_used_at"))
    return render(request, "exchange/partners/partners.html", {"school": school, "partners": rows})


@require_http_methods(["GET", "POST"])
def add_partner(request: UserRequest, school_id: int) -> HttpResponse:
    """Couple a system."""
    school = get_managed_school(request.user, school_id)
    form = PartnerForm(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid():
        partner = partners.save_partner(school=school, partner=form.save(commit=False), by=request.user)
        messages.success(request, f"{partner.name} is gekoppeld. Maak nu een sleutel.")
        return redirect("partners:partner", school.pk, partner.pk)
    return render(request, "exchange/partners/partner_form.html", {"school": school, "form": form})


@require_GET
def partner(request: UserRequest, school_id: int, partner_id: int) -> HttpResponse:
    """Show one system: what it may ask, its addresses and keys, and its last calls."""
    school = get_managed_school(request.user, school_id)
    found = get_partner(school, partner_id)
    context = {
        "school": school,
        "partner": found,
        "keys": [(key, shortened(key.client_id), _revoke_url(key)) for key in found.keys.select_related("partner")],
        "calls": found.calls.all()[:5],
        **addresses(),
    }
    return render(request, "exchange/partners/partner.html", context)


@require_http_methods(["GET", "POST"])
def edit_partner(request: UserRequest, school_id: int, partner_id: int) -> HttpResponse:
    """Change a system's name, docent and flows, or switch it off."""
    school = get_managed_school(request.user, school_id)
    found = get_partner(school, partner_id)
    form = PartnerForm(request.POST or None, instance=found, school=school)
    if request.method == "POST" and form.is_valid():
        partners.save_partner(school=school, partner=form.save(commit=False), by=request.user)
        messages.success(request, f"{found.name} is opgeslagen.")
        return redirect("partners:partner", school.pk, found.pk)
    context = {"school": school, "form": form, "partner": get_partner(school, partner_id)}
    return render(request, "exchange/partners/partner_form.html", context)


@require_http_methods(["GET", "POST"])
def make_key(request: UserRequest, school_id: int, partner_id: int) -> HttpResponse:
    """Make a key after confirmation, and show its secret this once."""
    school = get_managed_school(request.user, school_id)
    found = get_partner(school, partner_id)
    if request.method == "GET":
        sentence = "U ziet het geheim één keer. Een sleutel die er al is, blijft werken tot u hem intrekt."
        heading = f"Sleutel maken voor {found.name}?"
        back = (reverse("partners:partner", args=[school.pk, found.pk]), f"Terug naar {found.name}")
        return confirmation(request, heading, sentence, verb="Sleutel maken", back=back, removes=False)
    key, secret = partners.make_key(partner=found, by=request.user)
    context = {"school": school, "partner": found, "key": key, "secret": secret, **addresses()}
    return render(request, "exchange/partners/key_made.html", context)


@require_http_methods(["GET", "POST"])
def revoke_key(request: UserRequest, school_id: int, partner_id: int, partner_key_id: int) -> HttpResponse:
    """Revoke a key after confirmation."""
    school = get_managed_school(request.user, school_id)
    found = get_partner(school, partner_id)
    key = get_key(found, partner_key_id)
    back = reverse("partners:partner", args=[school.pk, found.pk])
    if request.method == "GET":
        sentence = f"{found.name} komt er daarna niet meer mee binnen. Wat het heeft gepland, blijft."
        heading = f"Sleutel {shortened(key.client_id)} intrekken?"
        return confirmation(
            request, heading, sentence, verb="Sleutel intrekken", back=(back, f"Terug naar {found.name}")
        )
    if partners.revoke(key=key, by=request.user):
        messages.success(request, "De sleutel is ingetrokken.")
    return redirect(back)


@require_GET
def calls(request: UserRequest, school_id: int, partner_id: int) -> HttpResponse:
    """Show the calls of the last 30 days, newest first."""
    school = get_managed_school(request.user, school_id)
    found = get_partner(school, partner_id)
    after, before = request.GET.get("na", ""), request.GET.get("voor", "")
    page = lists.read_page(found.calls.all(), order="-at", after=after, before=before)
    return render(request, "exchange/partners/calls.html", {"school": school, "partner": found, "page": page})


def addresses() -> dict[str, str]:
    """Return the addresses to enter in the other system."""
    base = settings.SITE_URL + reverse("oke:root").rstrip("/")
    return {"base_url": base, "token_url": settings.SITE_URL + reverse("oauth_token")}


def shortened(client_id: str) -> str:
    """Return what of a client id fits on a phone."""
    return Truncator(client_id).chars(13)


def _revoke_url(key: PartnerKey) -> str:
    return reverse("partners:revoke_key", args=[key.partner.school_id, key.partner_id, key.pk])


def get_partner(school: School, partner_id: int) -> Partner:
    """Return a coupled system of the school; else raise 404."""
    return get_object_or_404(school.partners.select_related("initiator__user", "school"), pk=partner_id)


def get_key(partner: Partner, key_id: int) -> PartnerKey:
    """Return a key of the system; else raise 404."""
    return get_object_or_404(partner.keys, pk=key_id)
