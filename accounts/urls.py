from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.i18n import set_language

from . import views
from .forms import LoginForm
from .language import translated
from .people.join_views import accept

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
    path("uitnodiging/<str:token>/", accept, name="join"),
    path("welkom/", views.welcome, name="welcome"),
    path("profiel/", views.profile, name="profile"),
    path("profiel/bewerken/", views.profile_edit, name="profile_edit"),
]
