"""The endpoints of OKE, below /ooapi/."""

from django.urls import path

from . import views

app_name = "oke"
urlpatterns = [
    path("components", views.components, name="components"),
    path("components/<str:component_id>", views.component, name="component"),
    path("offerings/<str:offering_id>", views.offering, name="offering"),
    path("offerings/<str:offering_id>/associations", views.offering_associations, name="offering_associations"),
    path("associations/<str:association_id>", views.association, name="association"),
    path("associations/<str:association_id>/url", views.association_url, name="association_url"),
    path("documents/<str:document_id>", views.document, name="document"),
    path("", views.service, name="root"),
    path("<path:path>", views.unknown, name="unknown"),
]
