"""What a form answers whose token is not the browser's any more."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

EXAMINERS_FORM = "/beoordelen/u/"


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403; an examiner's form can be sent once more, with all that is in it.

    Logging in changes the token, also for the form that stands open beside it. Only what a page of
    this site sent is sent again: Django looks at the origin first, and at the token after that.
    """
    own_page = "Origin" in request.headers and reason.startswith("CSRF ")  # token, or cookie
    fields: list[tuple[str, str]] = []
    if own_page and request.path.startswith(EXAMINERS_FORM):
        fields = [(name, str(value)) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"]
    return render(request, "403_csrf.html", {"fields": fields}, status=403)
