from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.i18n import set_language

from accounts.auth import views as auth_views
from accounts.language import translated
from accounts.school import exam_offices

from .people.join_views import accept
from .profile import views as profile_views
from .registration.views import confirm_again, confirm_registration, make_account
from .sso import views as sso_views

app_name = "accounts"

urlpatterns = [
    path("inloggen/klaar/", auth_views.logged_in, name="logged_in"),
    path("inloggen/school/", translated(sso_views.find_school), name="find_school"),
    path("inloggen/school/adres/", translated(sso_views.prove), name="school_proof"),
    path("inloggen/school/<slug:slug>/", translated(sso_views.school_login), name="school_login"),
    path("taal/", login_not_required(set_language), name="language"),
    path("uitnodiging/<str:token>/", accept, name="join"),
    path("welkom/", profile_views.welcome, name="welcome"),
    path("account-aanmaken/", make_account, name="register"),
    path("account-aanmaken/opnieuw/", confirm_again, name="confirm_again"),
    path("account-aanmaken/bevestigen/<str:token>/", confirm_registration, name="confirm_registration"),
    path("profiel/", profile_views.profile, name="profile"),
    path("profiel/bewerken/", profile_views.profile_edit, name="profile_edit"),
    path("profiel/ingelogd/", auth_views.session_list, name="sessions"),
    path("profiel/ingelogd/overal-uitloggen/", auth_views.end_all_sessions, name="end_all_sessions"),
    path("profiel/ingelogd/elders-uitloggen/", auth_views.end_other_sessions, name="end_other_sessions"),
    path("profiel/ingelogd/<slug:session_id>/uitloggen/", auth_views.end_session, name="end_session"),
    path("profiel/e-mailadres/", auth_views.ask_email_change, name="change_email"),
    path("profiel/e-mailadres/niet-wijzigen/", auth_views.withdraw_email_change, name="withdraw_email_change"),
    path("e-mailadres/bevestigen/<str:token>/", auth_views.confirm_email, name="confirm_email"),
    path("e-mailadres/stoppen/<str:token>/", auth_views.stop_email_change, name="stop_email_change"),
    path("profiel/nummer-melden/", profile_views.report_number, name="report_number"),
    path("examenbureaus/", exam_offices.offices, name="exam_offices"),
    path("examenbureaus/<int:office_id>/", exam_offices.change_office, name="change_exam_office"),
    path("examenbureaus/<int:office_id>/verwijderen/", exam_offices.remove_office, name="remove_exam_office"),
]
