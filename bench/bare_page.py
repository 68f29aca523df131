"""A bare page for logged-in users: base_app.html with a sentence, at `ADDRESS` if `ROOT_URLCONF` is this module."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

ADDRESS = "/bare/"
BARE = """
{% extends "base_app.html" %}
{% block title %}Bare{% endblock %}
{% block heading %}Bare{% endblock %}
{% block content %}<p>One sentence.</p>{% endblock %}
"""


@cache
def _bare_template() -> Any:
    return engines["django"].from_string(BARE.strip())


@login_required
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_bare_template().render({}, request))


urlpatterns = [path("bare/", bare), path("", include("digibeoordelen.urls"))]
