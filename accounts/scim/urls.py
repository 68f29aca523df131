"""The endpoints of SCIM, below /scim/v2/."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

app_name = "scim"


def lazy_view(name: str) -> Any:
    """Return the view `views.<name>`, imported at its first request: scim2-models takes a third of a start."""

    @csrf_exempt
    @login_not_required
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        from . import views

        return getattr(views, name)(request, **kwargs)

    return view


urlpatterns = [
    path("<int:school_id>/", lazy_view("unknown"), name="root"),
    path("<int:school_id>/ServiceProviderConfig", lazy_view("config"), name="config"),
    path("<int:school_id>/ResourceTypes", lazy_view("resource_types"), name="resource_types"),
    path("<int:school_id>/ResourceTypes/<str:name>", lazy_view("resource_type"), name="resource_type"),
    path("<int:school_id>/Schemas", lazy_view("schemas"), name="schemas"),
    path("<int:school_id>/Schemas/<str:name>", lazy_view("schema"), name="schema"),
    path("<int:school_id>/Users", lazy_view("users"), name="users"),
    path("<int:school_id>/Users/.search", lazy_view("search_users"), name="search_users"),
    path("<int:school_id>/Users/<uuid:public_id>", lazy_view("user"), name="user"),
    path("<int:school_id>/Groups", lazy_view("groups"), name="groups"),
    path("<int:school_id>/Groups/.search", lazy_view("search_groups"), name="search_groups"),
    path("<int:school_id>/Groups/<uuid:public_id>", lazy_view("group"), name="group"),
    path("<int:school_id>/<path:path>", lazy_view("unknown"), name="unknown"),
]
