"""The site's URLs with the page of parts, as with DEBUG."""

from django.urls import path

from accounts.http import staff_only
from digibeoordelen.parts_page import parts
from digibeoordelen.urls import handler404, urlpatterns  # noqa: F401 - Django reads handler404

urlpatterns = [*urlpatterns, path("beheer/onderdelen/", staff_only(parts), name="parts")]
