from django.urls import path

from . import managed_school

app_name = "school"

urlpatterns = [
    path("", managed_school.start, name="start"),
    path("<int:school_id>/", managed_school.overview, name="overview"),
]
