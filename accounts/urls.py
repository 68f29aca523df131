from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.i18n import set_language

from . import logging_in, second_step_views, session_views, views
from .language import translated

app_name = "accounts"

urlpatterns = [
    path("inloggen/", translated(logging_in.LogIn.as_view()), name="login"),
    path("inloggen/code/", logging_in.ask_code, name="ask_code"),
    path("inloggen/herstelcode/", logging_in.ask_recovery_code, name="ask_recovery_code"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("taal/", login_not_required(set_language), name="language"),
    path("welkom/", views.welcome, name="welcome"),
    path("profiel/", views.profile, name="profile"),
    path("profiel/bewerken/", views.profile_edit, name="profile_edit"),
    path("profiel/code/", second_step_views.overview, name="second_step"),
    path("profiel/code/aanzetten/", second_step_views.set_up, name="set_up_second_step"),
    path("profiel/code/herstelcodes/", second_step_views.new_recovery_codes, name="new_recovery_codes"),
    path("profiel/code/uitzetten/", second_step_views.turn_off, name="turn_off_second_step"),
    path("profiel/ingelogd/", session_views.logins, name="sessions"),
    path("profiel/ingelogd/overal-uitloggen/", session_views.end_all_sessions, name="end_all_sessions"),
    path("profiel/ingelogd/elders-uitloggen/", session_views.end_other_sessions, name="end_other_sessions"),
    path("profiel/ingelogd/<slug:session_id>/uitloggen/", session_views.end_session, name="end_session"),
]
