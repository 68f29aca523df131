"""'Agenda': the address at which a user's calendar program reads what is planned."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest
from accounts.language import translated
from assessments.models import CalendarFeed
from assessments.sittings import calendar, feed


@translated
@require_http_methods(["GET", "POST"])
def calendar_page(request: UserRequest) -> HttpResponse:
    """Show whether there is a feed; a POST makes a new one, whose address is shown once, or stops it."""
    address = ""
    if "stop" in request.POST:
        feed.stop(request.user)
        messages.success(request, _("Het agenda-adres werkt niet meer."))
        return redirect("assessments:calendar")
    if request.method == "POST":
        address = settings.SITE_URL + reverse("assessments:calendar_feed", args=[feed.make(request.user)])
    current = CalendarFeed.objects.filter(user=request.user).first()
    return render(request, "assessments/progress/calendar.html", {"feed": current, "address": address})


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Return the calendar of the token's user, for a calendar program."""
    user = feed.find_user(token)
    if user is None:
        raise Http404
    content = calendar.write(calendar.moments(feed.planned_for(user)))
    return HttpResponse(content, content_type=f"{calendar.CONTENT_TYPE}; charset=utf-8")
