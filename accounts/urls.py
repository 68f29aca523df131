from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.i18n import set_language

from . import email_change, passwords, registering, views
from .forms import LoginForm
from .language import translated
from .refused import counting_wrong_passwords

app_name = "accounts"

log_in = translated(
    counting_wrong_passwords(
        LoginView.as_view(
            template_name="accounts/login.html", authentication_form=LoginForm, redirect_authenticated_user=True
        )
    )
)

urlpatterns = [
    path("inloggen/", log_in, name="login"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("taal/", login_not_required(set_language), name="language"),
    path("welkom/", views.welcome, name="welcome"),
    path("account-aanmaken/", registering.make_account, name="register"),
    path("account-aanmaken/opnieuw/", registering.confirm_again, name="confirm_again"),
    path("account-aanmaken/bevestigen/<str:token>/", registering.confirm_registration, name="confirm_registration"),
    path("wachtwoord-vergeten/", passwords.forgotten_password, name="forgotten_password"),
    path("wachtwoord-vergeten/nieuw/<str:token>/", passwords.new_password, name="new_password"),
    path("profiel/", views.profile, name="profile"),
    path("profiel/bewerken/", views.profile_edit, name="profile_edit"),
    path("profiel/wachtwoord/", passwords.change_password, name="change_password"),
    path("profiel/e-mailadres/", email_change.ask_email_change, name="change_email"),
    path("profiel/e-mailadres/niet-wijzigen/", email_change.withdraw_email_change, name="withdraw_email_change"),
    path("e-mailadres/bevestigen/<str:token>/", email_change.confirm_email, name="confirm_email"),
    path("e-mailadres/stoppen/<str:token>/", email_change.stop_email_change, name="stop_email_change"),
]
