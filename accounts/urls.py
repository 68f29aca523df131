from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.i18n import set_language

from accounts.auth import login, mfa_views
from accounts.auth import views as auth_views
from accounts.school import exam_offices

from .auth.refusals import count_wrong_passwords
from .language import translated
from .people.join_views import accept
from .profile import views as profile_views
from .registration.views import confirm_again, confirm_registration, make_account

app_name = "accounts"

urlpatterns = [
    path("inloggen/", translated(count_wrong_passwords(login.LogIn.as_view())), name="login"),
    path("inloggen/klaar/", login.logged_in, name="logged_in"),
    path("inloggen/code/", login.ask_code, name="ask_code"),
    path("inloggen/herstelcode/", login.ask_recovery_code, name="ask_recovery_code"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("taal/", login_not_required(set_language), name="language"),
    path("uitnodiging/<str:token>/", accept, name="join"),
    path("welkom/", profile_views.welcome, name="welcome"),
    path("account-aanmaken/", make_account, name="register"),
    path("account-aanmaken/opnieuw/", confirm_again, name="confirm_again"),
    path("account-aanmaken/bevestigen/<str:token>/", confirm_registration, name="confirm_registration"),
    path("wachtwoord-vergeten/", auth_views.forgotten_password, name="forgotten_password"),
    path("wachtwoord-vergeten/nieuw/<str:token>/", auth_views.new_password, name="new_password"),
    path("profiel/", profile_views.profile, name="profile"),
    path("profiel/bewerken/", profile_views.profile_edit, name="profile_edit"),
    path("profiel/code/", mfa_views.mfa_overview, name="second_step"),
    path("profiel/code/aanzetten/", mfa_views.set_up, name="set_up_second_step"),
    path("profiel/code/herstelcodes/", mfa_views.new_recovery_codes, name="new_recovery_codes"),
    path("profiel/code/uitzetten/", mfa_views.turn_off, name="turn_off_second_step"),
    path("profiel/ingelogd/", auth_views.session_list, name="sessions"),
    path("profiel/ingelogd/overal-uitloggen/", auth_views.end_all_sessions, name="end_all_sessions"),
    path("profiel/ingelogd/elders-uitloggen/", auth_views.end_other_sessions, name="end_other_sessions"),
    path("profiel/ingelogd/<slug:session_id>/uitloggen/", auth_views.end_session, name="end_session"),
    path("profiel/wachtwoord/", auth_views.change_password, name="change_password"),
    path("profiel/e-mailadres/", auth_views.ask_email_change, name="change_email"),
    path("profiel/e-mailadres/niet-wijzigen/", auth_views.withdraw_email_change, name="withdraw_email_change"),
    path("e-mailadres/bevestigen/<str:token>/", auth_views.confirm_email, name="confirm_email"),
    path("e-mailadres/stoppen/<str:token>/", auth_views.stop_email_change, name="stop_email_change"),
    path("profiel/nummer-melden/", profile_views.report_number, name="report_number"),
    path("examenbureaus/", exam_offices.offices, name="exam_offices"),
    path("examenbureaus/<int:office_id>/", exam_offices.change_office, name="change_exam_office"),
    path("examenbureaus/<int:office_id>/verwijderen/", exam_offices.remove_office, name="remove_exam_office"),
]
