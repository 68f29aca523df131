"""Where results go, for Schoolbeheer; and 'Opnieuw aanbieden', also for the committee."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import School, User
from accounts.school.changes import log_change
from accounts.school.navigation import get_managed_school
from committee.access import get_assessment
from exchange.models import Delivery, Partner, Receiver

from . import client, deliveries
from .forms import ReceiverForm

SHOWN = 100


@require_POST
def offer_result(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Offer the result of an assessment again."""
    assessment = get_assessment(request.user, public_id)
    with transaction.atomic():
        if Delivery.objects.filter(participation__assessment=assessment).offer_again():
            messages.success(request, "Het resultaat wordt opnieuw aangeboden.")
    return redirect("committee:afname", public_id)


@require_http_methods(["GET", "POST"])
def receiver(request: UserRequest, school_id: int, partner_id: int) -> HttpResponse:
    """Show and save where results go, and what still waits."""
    school = get_managed_school(request.user, school_id)
    partner = _partner(school, partner_id)
    found = Receiver.objects.filter(partner=partner).first() or Receiver(partner=partner)
    form = ReceiverForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        _save(form.save(commit=False), school=school, by=request.user)
        messages.success(request, "Opgeslagen.")
        return redirect("exchange:receiver", school.pk, partner.pk)
    return _page(request, school, partner, form)


@require_POST
def check_receiver(request: UserRequest, school_id: int, partner_id: int) -> HttpResponse:
    """Ask the receiver for a token and call it; show its answer."""
    school = get_managed_school(request.user, school_id)
    partner = _partner(school, partner_id)
    found = get_object_or_404(Receiver, partner=partner)
    try:
        answer = client.check(found)
        text = f"Token gekregen. Antwoord op een aanroep van het adres: {answer.status}."
    except client.TryLater as error:
        text = f"Niet gelukt. {error}"
    return _page(request, school, partner, ReceiverForm(instance=found), answer=text)


@require_POST
def offer_delivery(request: UserRequest, school_id: int, partner_id: int, public_id: UUID) -> HttpResponse:
    """Offer one delivery again."""
    school = get_managed_school(request.user, school_id)
    partner = _partner(school, partner_id)
    with transaction.atomic():
        get_object_or_404(Delivery, receiver__partner=partner, public_id=public_id).offer()
    messages.success(request, "Dit wordt opnieuw aangeboden.")
    return redirect("exchange:receiver", school.pk, partner.pk)


def _page(
    request: UserRequest, school: School, partner: Partner, form: ReceiverForm, *, answer: str = ""
) -> HttpResponse:
    waiting = Delivery.objects.filter(receiver__partner=partner).exclude(state=Delivery.State.DELIVERED)
    context = {
        "school": school,
        "partner": partner,
        "form": form,
        "receiver": form.instance,
        "answer": answer,
        "deliveries": waiting.select_related("sitting", "participation")[:SHOWN],
    }
    return render(request, "exchange/calling/receiver.html", context)


def _partner(school: School, partner_id: int) -> Partner:
    return get_object_or_404(Partner, school=school, pk=partner_id)


@transaction.atomic
def _save(receiver: Receiver, *, school: School, by: User) -> None:
    before = Receiver.objects.select_for_update().filter(pk=receiver.pk).first()
    receiver.save()
    log_change(
        school=school,
        name="receiver",
        label="Resultaten aanleveren",
        before=_described(before),
        after=_described(receiver),
        by=by,
    )
    if receiver.is_on:
        deliveries.resume(receiver)


def _described(receiver: Receiver | None) -> str:
    """Return the settings as the log shows them, without the secret."""
    if receiver is None:
        return ""
    state = "aan" if receiver.is_active else "uit"
    return f"{receiver.partner}: {receiver.get_kind_display()}, {receiver.base_url}, {receiver.client_id}, {state}"
