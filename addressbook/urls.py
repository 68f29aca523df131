from django.urls import path

from . import views

app_name = "addressbook"

urlpatterns = [
    path("", views.contacts, name="contacts"),
    path("toevoegen/", views.add, name="add"),
    path("<int:contact_id>/bewerken/", views.edit, name="edit"),
    path("<int:contact_id>/verwijderen/", views.remove, name="remove"),
    path("<int:contact_id>/terugzetten/", views.put_back, name="put_back"),
]
