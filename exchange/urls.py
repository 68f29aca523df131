from django.urls import path

from exchange.downloads import views as downloads_views

app_name = "exchange"
urlpatterns = [
    path("commissie/pdfs/", downloads_views.pdfs_of_search, name="pdfs_of_search"),
    path("commissie/<uuid:public_id>/dossier/", downloads_views.pdfs_of_student, name="pdfs_of_student"),
    path("commissie/<uuid:public_id>/gebeurtenissen/", downloads_views.events, name="events"),
    path("mijn-examens/pdfs/", downloads_views.own_pdfs, name="own_pdfs"),
]
