"""The endpoints of SCIM, below /scim/v2/."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

app_name = "scim"


def endpoint(name: str) -> Any:
    """Return the view `views.<name>`, imported at its first request: scim2-models takes a third of a start."""

    @csrf_exempt
    @login_not_required
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        from . import views

        return getattr(views, name)(request, **kwargs)

    return view


urlpatterns = [
    path("<int:school_id>/", endpoint("unknown"), name="root"),
    path("<int:school_id>/ServiceProviderConfig", endpoint("config"), name="config"),
    path("<int:school_id>/ResourceTypes", endpoint("resource_types"), name="resource_types"),
    path("<int:school_id>/ResourceTypes/<str:name>", endpoint("resource_type"), name="resource_type"),
    path("<int:school_id>/Schemas", endpoint("schemas"), name="schemas"),
    path("<int:school_id>/Schemas/<str:name>", endpoint("schema"), name="schema"),
    path("<int:school_id>/Users", endpoint("users"), name="users"),
    path("<int:school_id>/Users/.search", endpoint("search_users"), name="search_users"),
    path("<int:school_id>/Users/<uuid:public_id>", endpoint("user"), name="user"),
    path("<int:school_id>/Groups", endpoint("groups"), name="groups"),
    path("<int:school_id>/Groups/.search", endpoint("search_groups"), name="search_groups"),
    path("<int:school_id>/Groups/<uuid:public_id>", endpoint("group"), name="group"),
    path("<int:school_id>/<path:path>", endpoint("unknown"), name="unknown"),
]
