"""What mail is not sent, by kind, and sending it again; `urls` limits them to staff."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest, confirmation
from digibeoordelen.outbox.kinds import kind_label
from digibeoordelen.outbox.models import NOT_ARRIVED, MailState
from digibeoordelen.outbox.resend import UNFINISHED, count_unsent, resend, survey

from .forms import SinceForm

LABELS = {state: state.label for state in (*UNFINISHED, MailState.FAILED)} | {NOT_ARRIVED: "Waarvan niet aangekomen"}


@dataclass(frozen=True)
class KindRow:
    label: str
    counts: list[tuple[str, int]]  # the label of a state, and the mails in it


@require_GET
def mail(request: UserRequest) -> HttpResponse:
    """Show the mails that are not sent, and those that failed since a moment."""
    form, since = _read_since(request)
    unsent = count_unsent(since=since)
    totals = sum(unsent.values(), Counter[str]())
    rows = sorted((_row(kind_label(kind), counts) for kind, counts in unsent.items()), key=lambda row: row.label)
    if len(rows) > 1:
        rows.append(_row("Samen", totals))
    context = {
        "form": form,
        "rows": rows,
        "states": list(LABELS.values()),
        "failed": totals[MailState.FAILED],
        "resend_url": _address("consortium:resend_failed", since),
    }
    return render(request, "accounts/consortium/mail.html", context)


@require_http_methods(["GET", "POST"])
def resend_failed(request: UserRequest) -> HttpResponse:
    """'Opnieuw verzenden' of what failed since a moment, after a confirmation that counts it."""
    _, since = _read_since(request)
    back = _address("consortium:mail", since)
    if request.method == "POST":
        outcome = resend(since=since)
        messages.success(request, f"{_mails(outcome.again)} opnieuw in de wachtrij.{_outdated(outcome.outdated)}")
        return redirect(back)
    outcome = survey(since=since)
    if not outcome.again:
        messages.info(request, f"Er is niets om opnieuw te verzenden.{_outdated(outcome.outdated)}")
        return redirect(back)
    moment = date_format(timezone.localtime(since), "j F Y H:i")
    sentence = f"{_mails(outcome.again)} opnieuw in de wachtrij: wat sinds {moment} mislukte."
    return confirmation(
        request,
        "Mislukte mails opnieuw verzenden?",
        sentence + _outdated(outcome.outdated),
        verb="Opnieuw verzenden",
        back=(back, "Terug naar mail"),
        removes=False,
    )


def _read_since(request: UserRequest) -> tuple[SinceForm, datetime]:
    """Return the form and its moment: a day ago unless a valid one is in the URL."""
    day_ago = timezone.now() - timedelta(days=1)
    form = SinceForm(request.GET if "sinds" in request.GET else None, initial={"sinds": day_ago})
    return form, form.cleaned_data["sinds"] if form.is_valid() else day_ago


def _address(view: str, since: datetime) -> str:
    return f"{reverse(view)}?{urlencode({'sinds': timezone.localtime(since).strftime(SinceForm.FORMAT)})}"


def _row(label: str, counts: Counter[str]) -> KindRow:
    return KindRow(label, [(label, counts[state]) for state, label in LABELS.items()])


def _mails(counts: Counter[str]) -> str:
    number = counts.total()
    return "1 mail gaat" if number == 1 else f"{number_format(number, force_grouping=True)} mails gaan"


def _outdated(counts: Counter[str]) -> str:
    return f" {_mails(counts)} niet mee: de inhoud klopt niet meer." if counts.total() else ""
