from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

from accounts.models import Role

from .health import health

admin.site.site_header = admin.site.site_title = "Digitaal beoordelen – Consortium"


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The first page after login: where someone's work is."""
    user = request.user
    roles = set(user.memberships.values_list("role", flat=True)) if user.is_authenticated else set()
    if Role.EXAMENCOMMISSIE in roles:
        return redirect("committee:afnames")
    if roles == {Role.SCHOOLBEHEER}:
        return redirect("school:start")
    return redirect("exams:my_digibib")


urlpatterns = [
    path("", home, name="home"),
    path("", include("accounts.urls")),
    path("", include("exams.urls")),
    path("", include("assessments.urls")),
    path("adresboek/", include("addressbook.urls")),
    path("adresboek/importeren/", include("addressbook.import_urls")),
    path("commissie/", include("committee.urls")),
    path("school/", include("accounts.school_urls")),
    path("school/", include("assessments.privacy_urls")),
    path("gezondheid/", health, name="health"),
    path("beheer/", admin.site.urls),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("digibeoordelen.demo.urls")))
