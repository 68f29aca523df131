from django.urls import path

from . import import_views

app_name = "addressbook_import"

urlpatterns = [
    path("", import_views.start, name="start"),
    path("excel-template/", import_views.excel_template, name="excel_template"),
    path("csv-template/", import_views.csv_template, name="csv_template"),
    path("<uuid:public_id>/", import_views.preview, name="preview"),
    path("<uuid:public_id>/importeren/", import_views.apply, name="apply"),
    path("<uuid:public_id>/voortgang/", import_views.progress, name="progress"),
    path("<uuid:public_id>/te-verbeteren/", import_views.error_file, name="to_mend"),
]
