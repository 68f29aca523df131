from django.urls import path

from . import retention_page, study_dates_page, view_log_page
from . import study_dates_import_page as dates

app_name = "privacy"

urlpatterns = [
    path("<int:school_id>/bewaren/", retention_page.retention, name="retention"),
    path("<int:school_id>/bewaren/gewist/", retention_page.erased, name="erased"),
    path("<int:school_id>/bewaren/termijnen/", retention_page.terms, name="terms"),
    path("<int:school_id>/bewaren/studenten/", study_dates_page.students, name="students"),
    path("<int:school_id>/bewaren/studenten/<int:membership_id>/", study_dates_page.student, name="student"),
    path(
        "<int:school_id>/bewaren/studenten/<int:membership_id>/gegevens/",
        study_dates_page.ask_own_data,
        name="ask_own_data",
    ),
    *dates.pages.urls("<int:school_id>/bewaren/datums/"),
    path("<int:school_id>/inzage/", view_log_page.viewings, name="viewings"),
]
