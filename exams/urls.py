from django.urls import path

from . import views

app_name = "exams"

urlpatterns = [
    path("mijn-digibib/", views.my_digibib, name="my_digibib"),
    path("productcatalogus/", views.product_catalogue, name="catalogue"),
    path("productcatalogus/<int:exam_id>/toevoegen/", views.add, name="add"),
    path("productcatalogus/<int:exam_id>/verwijderen/", views.remove, name="remove"),
    path("workflow/", views.workflow, name="workflow"),
    path("examens/<int:exam_id>/", views.exam_page, name="exam"),
    path("examens/eenheid/<int:unit_id>/", views.unit_page, name="unit"),
    path("examens/werkproces/<int:work_process_id>/", views.work_process_page, name="work_process"),
]
