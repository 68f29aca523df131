"""Types for requests."""

from django.http import HttpRequest

from .models import User


class UserRequest(HttpRequest):
    """The request of a view behind `LoginRequiredMiddleware`."""

    user: User
