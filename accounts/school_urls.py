from django.urls import path

from . import managed_school, school_look, school_settings, student_numbers

app_name = "school"

urlpatterns = [
    path("", managed_school.start, name="start"),
    path("kleur/<str:colour>.css", school_look.colour, name="colour"),
    path("<int:school_id>/", managed_school.overview, name="overview"),
    path("<int:school_id>/instellingen/", school_settings.settings, name="settings"),
    path("<int:school_id>/logo/<int:logo_id>.png", school_look.logo, name="logo"),
    path("<int:school_id>/logo/opslaan/", school_settings.upload_logo, name="upload_logo"),
    path("<int:school_id>/logo/verwijderen/", school_settings.remove_logo, name="remove_logo"),
    path("<int:school_id>/wijzigingen/", school_settings.changes, name="changes"),
    path("<int:school_id>/studentnummers/", student_numbers.find, name="student_numbers"),
    path("<int:school_id>/studentnummers/<int:membership_id>/", student_numbers.change, name="change_number"),
]
