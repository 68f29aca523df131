"""The pages of coupled systems, below /school/."""

from django.urls import path

from . import views

app_name = "partners"
urlpatterns = [
    path("<int:school_id>/systemen/", views.partner_list, name="list"),
    path("<int:school_id>/systemen/nieuw/", views.add_partner, name="add"),
    path("<int:school_id>/systemen/<int:partner_id>/", views.partner, name="partner"),
    path("<int:school_id>/systemen/<int:partner_id>/wijzigen/", views.edit_partner, name="edit"),
    path("<int:school_id>/systemen/<int:partner_id>/aanroepen/", views.calls, name="calls"),
    path("<int:school_id>/systemen/<int:partner_id>/sleutels/nieuw/", views.make_key, name="make_key"),
    path(
        "<int:school_id>/systemen/<int:partner_id>/sleutels/<int:partner_key_id>/intrekken/",
        views.revoke_key,
        name="revoke_key",
    ),
]
