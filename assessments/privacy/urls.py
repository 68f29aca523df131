from django.urls import path

from . import study_dates_import, views

app_name = "privacy"
urlpatterns = [
    path("<int:school_id>/bewaren/", views.retention, name="retention"),
    path("<int:school_id>/bewaren/gewist/", views.erased, name="erased"),
    path("<int:school_id>/bewaren/termijnen/", views.terms, name="terms"),
    path("<int:school_id>/bewaren/studenten/", views.students, name="students"),
    path("<int:school_id>/bewaren/studenten/<int:membership_id>/", views.student, name="student"),
    path(
        "<int:school_id>/bewaren/studenten/<int:membership_id>/gegevens/",
        views.request_data_of_student,
        name="ask_own_data",
    ),
    *study_dates_import.pages.urls("<int:school_id>/bewaren/datums/"),
    path("<int:school_id>/inzage/", views.viewings, name="viewings"),
]
