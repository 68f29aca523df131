"""The endpoints of SCIM, below /scim/v2/."""

from django.urls import path

from . import views

app_name = "scim"
urlpatterns = [
    path("<int:school_id>/", views.unknown, name="root"),
    path("<int:school_id>/ServiceProviderConfig", views.config, name="config"),
    path("<int:school_id>/ResourceTypes", views.resource_types, name="resource_types"),
    path("<int:school_id>/ResourceTypes/<str:name>", views.resource_type, name="resource_type"),
    path("<int:school_id>/Schemas", views.schemas, name="schemas"),
    path("<int:school_id>/Schemas/<str:name>", views.schema, name="schema"),
    path("<int:school_id>/Users", views.users, name="users"),
    path("<int:school_id>/Users/.search", views.search_users, name="search_users"),
    path("<int:school_id>/Users/<uuid:public_id>", views.user, name="user"),
    path("<int:school_id>/Groups", views.groups, name="groups"),
    path("<int:school_id>/Groups/.search", views.search_groups, name="search_groups"),
    path("<int:school_id>/Groups/<uuid:public_id>", views.group, name="group"),
    path("<int:school_id>/<path:path>", views.unknown, name="unknown"),
]
