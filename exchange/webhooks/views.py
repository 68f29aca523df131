"""'Webhooks', for Schoolbeheer."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import lists
from accounts.http import UserRequest, confirmation
from accounts.models import School
from accounts.school.navigation import get_managed_school
from exchange.mapping import moment
from exchange.models import Webhook, WebhookMessage
from exchange.outgoing import NoAnswer

from . import client, webhooks
from .forms import WebhookForm

STATE = WebhookMessage.State


@require_GET
def webhook_list(request: UserRequest, school_id: int) -> HttpResponse:
    """List the webhooks, each with its last message."""
    school = get_managed_school(request.user, school_id)
    newest = WebhookMessage.objects.filter(webhook=OuterRef("pk")).order_by("-created_at", "-pk")
    rows = school.webhooks.annotate(
        last_at=Subquery(newest.values("created_at")[:1]), last_state=Subquery(newest.values("state")[:1])
    )
    context = {"school": school, "webhooks": rows, "failed": STATE.FAILED}
    return render(request, "exchange/webhooks/webhooks.html", context)


@require_http_methods(["GET", "POST"])
def add_webhook(request: UserRequest, school_id: int) -> HttpResponse:
    """Add a webhook, and show its secret this once."""
    school = get_managed_school(request.user, school_id)
    form = WebhookForm(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid():
        made = webhooks.save_webhook(webhook=form.save(commit=False), by=request.user)
        return _show_secret(request, made, made.secret)
    return render(request, "exchange/webhooks/webhook_form.html", {"school": school, "form": form})


@require_GET
def webhook(request: UserRequest, school_id: int, webhook_id: int) -> HttpResponse:
    """Show one webhook and its messages of the last 30 days, newest first."""
    school = get_managed_school(request.user, school_id)
    found = get_webhook(school, webhook_id)
    sent = found.messages.select_related("event__assessment__exam", "event__assessment__student")
    after, before = request.GET.get("na", ""), request.GET.get("voor", "")
    page = lists.read_page(sent, order="-created_at", after=after, before=before)
    return render(request, "exchange/webhooks/webhook.html", {"school": school, "webhook": found, "page": page})


@require_http_methods(["GET", "POST"])
def edit_webhook(request: UserRequest, school_id: int, webhook_id: int) -> HttpResponse:
    """Change a webhook, or switch it on or off."""
    school = get_managed_school(request.user, school_id)
    found = get_webhook(school, webhook_id)
    form = WebhookForm(request.POST or None, instance=found, school=school)
    if request.method == "POST" and form.is_valid():
        webhooks.save_webhook(webhook=form.save(commit=False), by=request.user)
        messages.success(request, f"{found.name} is opgeslagen.")
        return redirect("webhooks:webhook", school.pk, found.pk)
    context = {"school": school, "form": form, "webhook": get_webhook(school, webhook_id)}
    return render(request, "exchange/webhooks/webhook_form.html", context)


@require_POST
def ping(request: UserRequest, school_id: int, webhook_id: int) -> HttpResponse:
    """Send a test message now, and show the answer; it is no message of the list."""
    school = get_managed_school(request.user, school_id)
    found = get_webhook(school, webhook_id)
    body = {"type": "test.ping", "timestamp": moment(timezone.now()), "data": {}}
    try:
        answer = client.post(found, message_id=str(uuid4()), body=body)
    except NoAnswer as error:
        messages.error(request, f"Het proefbericht is niet aangekomen. {error}")
    else:
        text = client.describe(answer)
        if answer.is_success:
            messages.success(request, f"Het proefbericht is aangekomen. Antwoord: {text}.")
        else:
            messages.error(request, f"Het proefbericht is niet aangenomen. Antwoord: {text.rstrip('.')}.")
    return redirect("webhooks:webhook", school.pk, found.pk)


@require_http_methods(["GET", "POST"])
def renew_secret(request: UserRequest, school_id: int, webhook_id: int) -> HttpResponse:
    """Replace the secret after confirmation, and show the new one this once."""
    school = get_managed_school(request.user, school_id)
    found = get_webhook(school, webhook_id)
    if request.method == "GET":
        sentence = "U ziet het één keer. Het oude geheim ondertekent nog 24 uur mee."
        heading = f"Nieuw geheim voor {found.name}?"
        return confirmation(request, heading, sentence, verb="Nieuw geheim maken", back=_back(found), removes=False)
    return _show_secret(request, found, webhooks.renew_secret(webhook=found, by=request.user))


@require_http_methods(["GET", "POST"])
def remove_webhook(request: UserRequest, school_id: int, webhook_id: int) -> HttpResponse:
    """Delete a webhook after confirmation."""
    school = get_managed_school(request.user, school_id)
    found = get_webhook(school, webhook_id)
    if request.method == "GET":
        sentence = "Er gaat niets meer naar dit adres, ook niet wat nog wacht. De lijst van berichten verdwijnt."
        return confirmation(
            request, f"{found.name} verwijderen?", sentence, verb="Webhook verwijderen", back=_back(found)
        )
    webhooks.remove_webhook(webhook=found, by=request.user)
    messages.success(request, f"{found.name} is verwijderd.")
    return redirect("webhooks:list", school.pk)


@require_POST
def send_again(request: UserRequest, school_id: int, webhook_id: int, public_id: UUID) -> HttpResponse:
    """Send a message that failed again."""
    school = get_managed_school(request.user, school_id)
    found = get_webhook(school, webhook_id)
    message = get_object_or_404(found.messages, public_id=public_id)
    with transaction.atomic():
        if found.messages.filter(pk=message.pk, state=STATE.FAILED).offer():
            messages.success(request, "Het bericht wordt opnieuw verzonden.")
    return redirect("webhooks:webhook", school.pk, found.pk)


def get_webhook(school: School, webhook_id: int) -> Webhook:
    """Return a webhook of the school; else raise 404."""
    return get_object_or_404(school.webhooks.select_related("school"), pk=webhook_id)


def _back(webhook: Webhook) -> tuple[str, str]:
    return reverse("webhooks:webhook", args=[webhook.school_id, webhook.pk]), f"Terug naar {webhook.name}"


def _show_secret(request: UserRequest, webhook: Webhook, secret: str) -> HttpResponse:
    context = {"school": webhook.school, "webhook": webhook, "secret": secret}
    return render(request, "exchange/webhooks/secret_made.html", context)
