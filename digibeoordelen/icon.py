"""/favicon.ico, which browsers and mail programs request by that name."""

from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

DAY = 24 * 3600  # seconds


@cache
def _content() -> bytes:
    return (settings.BASE_DIR / "static" / "favicon.ico").read_bytes()


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Return static/favicon.svg as an .ico of 16, 32 and 48 px."""
    headers = {"Cache-Control": f"public, max-age={DAY}"}
    return HttpResponse(_content(), content_type="image/x-icon", headers=headers)
