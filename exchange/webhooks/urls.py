"""The pages of webhooks, below /school/."""

from django.urls import path

from . import views

app_name = "webhooks"
urlpatterns = [
    path("<int:school_id>/webhooks/", views.webhook_list, name="list"),
    path("<int:school_id>/webhooks/nieuw/", views.add_webhook, name="add"),
    path("<int:school_id>/webhooks/<int:webhook_id>/", views.webhook, name="webhook"),
    path("<int:school_id>/webhooks/<int:webhook_id>/wijzigen/", views.edit_webhook, name="edit"),
    path("<int:school_id>/webhooks/<int:webhook_id>/proef/", views.ping, name="ping"),
    path("<int:school_id>/webhooks/<int:webhook_id>/geheim/", views.renew_secret, name="renew_secret"),
    path("<int:school_id>/webhooks/<int:webhook_id>/verwijderen/", views.remove_webhook, name="remove"),
    path(
        "<int:school_id>/webhooks/<int:webhook_id>/berichten/<uuid:public_id>/",
        views.send_again,
        name="send_again",
    ),
]
