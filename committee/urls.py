from django.urls import path

from . import views

app_name = "committee"

urlpatterns = [
    path("", views.afnames, name="afnames"),
    path("resultaten.csv", views.results_csv, name="results_csv"),
    path("<uuid:public_id>/", views.afname, name="afname"),
    path("<uuid:public_id>/afronden/", views.finalise, name="finalise"),
    path("<uuid:public_id>/terugsturen/", views.send_back, name="send_back"),
    path("<uuid:public_id>/verzending/", views.delivery, name="delivery"),
    path("<uuid:public_id>/opnieuw-verzenden/", views.send_again, name="send_again"),
]
