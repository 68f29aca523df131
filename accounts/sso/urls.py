"""Login with a school account, under the names that django-allauth needs, and the log-out that ends both."""

from django.urls import URLPattern, path

from accounts.language import translated

from . import views
from .manage import views as manage


def manage_urls(area: manage.Area, start: str) -> list[URLPattern]:
    """Return the pages of a school's providers, for the `urlpatterns` of the area."""
    more = {"area": area}
    return [
        path(start, manage.providers, more, name="identity_providers"),
        path(f"{start}nieuw/", manage.add_provider, more, name="add_identity_provider"),
        path(f"{start}<uuid:public_id>/", manage.edit_provider, more, name="identity_provider"),
        path(f"{start}<uuid:public_id>/verwijderen/", manage.remove, more, name="remove_identity_provider"),
    ]


urlpatterns = [
    path("inloggen/school/aanbieder/<uuid:provider_id>/", translated(views.start), name="school_login_start"),
    path(
        "inloggen/school/aanbieder/<uuid:provider_id>/terug/",
        translated(views.callback),
        name="openid_connect_callback",
    ),
    path("inloggen/school/aanbieder/<uuid:provider_id>/acs/", translated(views.receive), name="saml_acs"),
    path("inloggen/school/aanbieder/<uuid:provider_id>/acs/verder/", translated(views.finish), name="saml_finish_acs"),
    path("inloggen/school/aanbieder/<uuid:provider_id>/sls/", translated(views.logged_out), name="saml_sls"),
    path("inloggen/school/aanbieder/<uuid:provider_id>/metadata/", translated(views.metadata), name="saml_metadata"),
    path("uitloggen/", translated(views.log_out), name="account_logout"),
]
