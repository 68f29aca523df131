from django.urls import path

from exchange.calling import views as calling_views
from exchange.downloads import views as downloads_views

app_name = "exchange"
urlpatterns = [
    path("commissie/pdfs/", downloads_views.pdfs_of_search, name="pdfs_of_search"),
    path("commissie/<uuid:public_id>/dossier/", downloads_views.pdfs_of_student, name="pdfs_of_student"),
    path("commissie/<uuid:public_id>/gebeurtenissen/", downloads_views.events, name="events"),
    path("commissie/<uuid:public_id>/aanbieden/", calling_views.offer_result, name="offer_result"),
    path("school/<int:school_id>/systemen/<int:partner_id>/aanleveren/", calling_views.receiver, name="receiver"),
    path(
        "school/<int:school_id>/systemen/<int:partner_id>/aanleveren/proef/",
        calling_views.check_receiver,
        name="check_receiver",
    ),
    path(
        "school/<int:school_id>/systemen/<int:partner_id>/aanleveren/<uuid:public_id>/",
        calling_views.offer_delivery,
        name="offer_delivery",
    ),
    path("mijn-examens/pdfs/", downloads_views.own_pdfs, name="own_pdfs"),
]
