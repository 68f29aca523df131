"""The Consortium's pages of schools and mail, below /beheer/; those of exam content are in exams/content/urls.py."""

from django.urls import path

from accounts.http import for_staff
from accounts.sso.manage.views import CONSORTIUM
from accounts.sso.urls import manage_urls

from . import mail_views, views

app_name = "consortium"
urlpatterns = for_staff(
    [
        path("", views.schools, name="schools"),
        path("mail/", mail_views.mail, name="mail"),
        path("mail/opnieuw-verzenden/", mail_views.resend_failed, name="resend_failed"),
        path("scholen/nieuw/", views.add_school, name="add_school"),
        path("scholen/<int:school_id>/", views.school, name="school"),
        *manage_urls(CONSORTIUM, "scholen/<int:school_id>/schoolaccounts/"),
        path("scholen/<int:school_id>/activeren/", views.activate, name="activate"),
        path("scholen/<int:school_id>/deactiveren/", views.deactivate, name="deactivate"),
        path(
            "scholen/<int:school_id>/schoolbeheer/<uuid:public_id>/opnieuw/",
            views.resend_invitation,
            name="resend_invitation",
        ),
        path(
            "scholen/<int:school_id>/schoolbeheer/<uuid:public_id>/intrekken/",
            views.withdraw_invitation,
            name="withdraw_invitation",
        ),
    ]
)
