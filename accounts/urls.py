from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from . import views
from .forms import LoginForm

app_name = "accounts"

log_in = LoginView.as_view(
    template_name="accounts/login.html", authentication_form=LoginForm, redirect_authenticated_user=True
)

urlpatterns = [
    path("inloggen/", log_in, name="login"),
    path("uitloggen/", LogoutView.as_view(), name="logout"),
    path("welkom/", views.welcome, name="welcome"),
    path("profiel/", views.profile, name="profile"),
    path("profiel/bewerken/", views.profile_edit, name="profile_edit"),
]
