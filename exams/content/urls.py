"""The Consortium's pages of exam content, below /beheer/examens/."""

from django.urls import path

from accounts.http import for_staff

from . import views

app_name = "exam_content"
urlpatterns = for_staff(
    [
        path("", views.exams, name="exams"),
        path("handleiding/", views.guide, name="guide"),
        path("inlezen/", views.upload, name="upload"),
        path("inlezen/voorbeeld.yaml", views.example_yaml, name="example_yaml"),
        path("inlezen/voorbeeld.xlsx", views.example_workbook, name="example_workbook"),
        path("inlezen/<uuid:public_id>/", views.preview, name="preview"),
        path("inlezen/<uuid:public_id>/formulier/<int:number>/", views.form_of_upload, name="form_of_upload"),
        path("inlezen/<uuid:public_id>/opslaan/", views.save, name="save"),
        path("versies/<int:version_id>/", views.version, name="version"),
        path("versies/<int:version_id>/formulier/<int:number>/", views.form_of_version, name="form"),
        path("versies/<int:version_id>/publiceren/", views.publish_version, name="publish"),
        path("versies/<int:version_id>/yaml/", views.as_yaml, name="as_yaml"),
        path("versies/<int:version_id>/excel/", views.as_workbook, name="as_workbook"),
    ]
)
