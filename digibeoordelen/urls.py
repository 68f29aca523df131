from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.views.generic import RedirectView

from accounts.http import staff_only
from accounts.models import Role
from exchange.serving.oauth import ClientTokenView

from .health import views as health
from .icon import favicon
from .instruments.views import metrics
from .parts_page import parts

admin.site.site_header = admin.site.site_title = "Digitaal beoordelen – Consortium"
admin.site.site_url = "/beheer/"


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Redirect to the first page after login, by role."""
    user = request.user
    roles = set(user.memberships.values_list("role", flat=True)) if user.is_authenticated else set()
    if Role.EXAMENCOMMISSIE in roles:
        return redirect("committee:afnames")
    if roles == {Role.SCHOOLBEHEER}:
        return redirect("school:start")
    if user.is_staff and not roles:
        return redirect("consortium:schools")
    return redirect("exams:my_digibib")


@login_not_required
def staff_login(request: HttpRequest) -> HttpResponse:
    """Redirect to the site's login, as the admin's does not ask for a second factor."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise Http404
    return redirect(
        f"{reverse('account_login')}?{urlencode({'next': request.GET.get('next', reverse('consortium:schools'))})}"
    )


handler404 = "digibeoordelen.errors.wrong_address.not_found"
handler500 = "digibeoordelen.errors.server_error.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("", include("accounts.urls")),
    path("", include("accounts.auth.urls")),
    path("", include("accounts.sso.urls")),
    path("", include("exams.urls")),
    path("", include("assessments.urls")),
    path("", include("exchange.urls")),
    path("adresboek/", include("addressbook.urls")),
    path("adresboek/importeren/", include("addressbook.import_urls")),
    path("commissie/", include("committee.urls")),
    path("scim/v2/", include("accounts.scim.urls")),
    path("oauth2/token", ClientTokenView.as_view(), name="oauth_token"),
    path("ooapi/", include("exchange.serving.urls")),
    path("school/", include("accounts.school_urls")),
    path("school/", include("assessments.privacy.urls")),
    path("school/", include("committee.organisation.urls")),
    path("school/", include("exchange.partners.urls")),
    path("school/", include("exchange.webhooks.urls")),
    path("favicon.ico", favicon, name="favicon"),
    path("gezondheid/", health.ready, name="health"),
    path("gezondheid/leeft/", health.alive, name="health_alive"),
    path("gezondheid/bewaking/", health.watch, name="health_watch"),
    path("metrics/", metrics, name="metrics"),
    path("beheer/django/login/", staff_login, name="staff_login"),
    path(
        "beheer/django/password_change/",
        RedirectView.as_view(pattern_name="account_change_password"),
        name="staff_change_password",
    ),
    path("beheer/django/", admin.site.urls),
    path("beheer/", include("accounts.consortium.urls")),
    path("beheer/examens/", include("exams.content.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("beheer/onderdelen/", staff_only(parts), name="parts"))
if settings.DEMO:
    urlpatterns.append(path("demo/", include("digibeoordelen.demo.urls")))
