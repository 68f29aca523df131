"""What the pages of a school's people load: its colour as a stylesheet, and its logo. Open to all, and kept long."""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from digibeoordelen.outbox.models import FileGone

from .look import Brand
from .models import School

_KEPT = "public, max-age=31536000, immutable"
_HEX = re.compile("[0-9a-f]{6}")


@require_safe
@login_not_required
def colour(request: HttpRequest, colour: str) -> HttpResponse:
    """The stylesheet of a colour, which follows from its address: what a browser keeps is never out of date."""
    if not _HEX.fullmatch(colour):
        raise Http404
    response = HttpResponse(Brand.of(f"#{colour}").css, content_type="text/css")
    response["Cache-Control"] = _KEPT
    return response


@require_safe
@login_not_required
def logo(request: HttpRequest, school_id: int, logo_id: int) -> HttpResponse:
    """A school's logo as PNG; an older one, in a mail of last year, leads to the one of now."""
    school = get_object_or_404(School.objects.select_related("logo"), pk=school_id, logo__isnull=False)
    if school.logo is None or school.logo_id != logo_id:
        return redirect("school:logo", school.pk, school.logo_id)
    try:
        content = school.logo.read()
    except FileGone:
        raise Http404 from None
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = _KEPT
    response["X-Content-Type-Options"] = "nosniff"
    return response
