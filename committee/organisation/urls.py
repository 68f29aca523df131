"""The committees of a school, below /school/; for Schoolbeheer."""

from django.urls import path

from . import views

app_name = "committees"
urlpatterns = [
    path("<int:school_id>/examencommissies/", views.committees, name="committees"),
    path("<int:school_id>/examencommissies/nieuw/", views.add, name="add"),
    path("<int:school_id>/examencommissies/<int:committee_id>/", views.edit, name="committee"),
    path("<int:school_id>/examencommissies/<int:committee_id>/verwijderen/", views.remove, name="remove"),
]
