from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.i18n import set_language

from . import exam_offices, views
from .forms import LoginForm
from .language import translated

app_name = "accounts"

log_in = translated(
    LoginView.as_view(
        template_name="accounts/login.html", authentication_form=LoginForm, redirect_authenticated_user=True
    )
)

urlpatterns = [
    path("inloggen/", log_in, name="login"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("taal/", login_not_required(set_language), name="language"),
    path("welkom/", views.welcome, name="welcome"),
    path("profiel/", views.profile, name="profile"),
    path("profiel/bewerken/", views.profile_edit, name="profile_edit"),
    path("profiel/nummer-melden/", views.report_number, name="report_number"),
    path("examenbureaus/", exam_offices.offices, name="exam_offices"),
    path("examenbureaus/<int:office_id>/", exam_offices.change, name="change_exam_office"),
    path("examenbureaus/<int:office_id>/verwijderen/", exam_offices.remove, name="remove_exam_office"),
]
