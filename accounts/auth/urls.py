"""The pages of django-allauth that are in use, by addresses of our own; what is not listed here has none.

The names are those that allauth needs. Its templates of these pages are replaced by ours in `templates/account` and
`templates/mfa`, which are all translated.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, register_converter, reverse_lazy
from django.urls.converters import StringConverter
from django.views.generic import RedirectView

from accounts.language import translated

from . import views


class Base36Converter(StringConverter):
    regex = "[0-9A-Za-z]+"


register_converter(Base36Converter, "base36")
_by_mail = RedirectView.as_view(pattern_name="account_reset_password")
_new_password = views.NewPassword.as_view()
_removed = webauthn.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))
_recovery_codes, _new_recovery_codes = views.RecoveryCodes.as_view(), views.NewRecoveryCodes.as_view()
_by_code = mfa.ReauthenticateView.as_view(template_name="account/reauthenticate.html")
_by_passkey = webauthn.ReauthenticateWebAuthnView.as_view(template_name="account/reauthenticate.html")

urlpatterns = [
    path("inloggen/", views.LogIn.as_view(), name="account_login"),
    path("inloggen/code/", mfa.authenticate, name="mfa_authenticate"),
    path("inloggen/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("wachtwoord-vergeten/", views.ForgottenPassword.as_view(), name="account_reset_password"),
    path(
        "wachtwoord-vergeten/nieuw/<base36:uidb36>-<path:key>/", _new_password, name="account_reset_password_from_key"
    ),
    path("profiel/wachtwoord/", account.password_change, name="account_change_password"),
    path("profiel/wachtwoord/kiezen/", _by_mail, name="account_set_password"),  # for an account without one
    path("profiel/bevestigen/", account.reauthenticate, name="account_reauthenticate"),
    path("profiel/bevestigen/code/", _by_code, name="mfa_reauthenticate"),
    path("profiel/bevestigen/passkey/", _by_passkey, name="mfa_reauthenticate_webauthn"),
    path("profiel/code/", mfa.index, name="mfa_index"),
    path("profiel/code/aanzetten/", views.TurnOn.as_view(), name="mfa_activate_totp"),
    path("profiel/code/uitzetten/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("profiel/code/herstelcodes/", _recovery_codes, name="mfa_view_recovery_codes"),
    path("profiel/code/herstelcodes/nieuw/", _new_recovery_codes, name="mfa_generate_recovery_codes"),
    path("profiel/passkeys/toevoegen/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("profiel/passkeys/<int:pk>/verwijderen/", _removed, name="mfa_remove_webauthn"),
]
for pattern in urlpatterns:
    translated(pattern.callback)
