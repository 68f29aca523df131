"""The pages of django-allauth that are in use, under the names that it needs; others are not routed.

Our own addresses, templates, and the mark that a page is translated.
"""

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.urls import path, register_converter, reverse_lazy
from django.urls.converters import StringConverter
from django.views.generic import RedirectView

from accounts.language import translated

from . import views


class Base36Converter(StringConverter):
    regex = "[0-9A-Za-z]+"


register_converter(Base36Converter, "base36")
REAUTHENTICATE = "accounts/auth/reauthenticate.html"

urlpatterns = [
    path("inloggen/", translated(views.LogIn.as_view()), name="account_login"),
    path("inloggen/code/", translated(views.AskCode.as_view()), name="mfa_authenticate"),
    path("inloggen/passkey/", translated(LoginWebAuthnView.as_view()), name="mfa_login_webauthn"),
    path("wachtwoord-vergeten/", translated(views.ForgottenPassword.as_view()), name="account_reset_password"),
    path(
        "wachtwoord-vergeten/nieuw/<base36:uidb36>-<path:key>/",
        translated(views.NewPassword.as_view()),
        name="account_reset_password_from_key",
    ),
    path("profiel/wachtwoord/", translated(views.ChangePassword.as_view()), name="account_change_password"),
    # For an account without a password.
    path(
        "profiel/wachtwoord/kiezen/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path(
        "profiel/bevestigen/",
        translated(ReauthenticateView.as_view(template_name=REAUTHENTICATE)),
        name="account_reauthenticate",
    ),
    path(
        "profiel/bevestigen/code/",
        translated(ReauthenticateByCodeView.as_view(template_name=REAUTHENTICATE)),
        name="mfa_reauthenticate",
    ),
    path(
        "profiel/bevestigen/passkey/",
        translated(ReauthenticateWebAuthnView.as_view(template_name=REAUTHENTICATE)),
        name="mfa_reauthenticate_webauthn",
    ),
    path("profiel/code/", translated(views.SecondStep.as_view()), name="mfa_index"),
    path("profiel/code/aanzetten/", translated(views.TurnOn.as_view()), name="mfa_activate_totp"),
    path("profiel/code/uitzetten/", translated(views.TurnOff.as_view()), name="mfa_deactivate_totp"),
    path("profiel/code/herstelcodes/", translated(views.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path(
        "profiel/code/herstelcodes/nieuw/",
        translated(views.NewRecoveryCodes.as_view()),
        name="mfa_generate_recovery_codes",
    ),
    path("profiel/passkeys/toevoegen/", translated(views.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "profiel/passkeys/<int:pk>/verwijderen/",
        translated(
            RemoveWebAuthnView.as_view(
                template_name="accounts/auth/remove_passkey.html", success_url=reverse_lazy("mfa_index")
            )
        ),
        name="mfa_remove_webauthn",
    ),
]
