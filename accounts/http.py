"""Who is asking."""

from django.http import HttpRequest

from .models import User


class UserRequest(HttpRequest):
    """For annotations: the request of a view that `LoginRequiredMiddleware` guards."""

    user: User
