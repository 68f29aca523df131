"""The pages of Schoolbeheer, below /school/: the school's own and those of its people."""

from django.urls import path

from .people import import_views, invitation_views
from .people import views as people
from .school import student_number_views, views
from .scim import screen_views
from .sso.manage.views import SCHOOL, unlink_person
from .sso.urls import manage_urls
from .teams import views as teams

app_name = "school"
urlpatterns = [
    path("", views.first_page, name="start"),
    path("kleur/<str:colour>.css", views.colour, name="colour"),
    path("<int:school_id>/", views.overview, name="overview"),
    path("<int:school_id>/instellingen/", views.settings, name="settings"),
    *manage_urls(SCHOOL, "<int:school_id>/schoolaccounts/"),
    path("<int:school_id>/logo/<int:logo_id>.png", views.logo, name="logo"),
    path("<int:school_id>/wijzigingen/", views.changes, name="changes"),
    path("<int:school_id>/studentnummers/", student_number_views.find, name="student_numbers"),
    path("<int:school_id>/studentnummers/<int:membership_id>/", student_number_views.edit_number, name="change_number"),
    path("<int:school_id>/teams/", teams.teams, name="teams"),
    path("<int:school_id>/teams/nieuw/", teams.add, name="add_team"),
    path("<int:school_id>/teams/<int:team_id>/", teams.edit, name="team"),
    path("<int:school_id>/teams/<int:team_id>/verwijderen/", teams.remove, name="remove_team"),
    path("<int:school_id>/mensen/", people.people, name="people"),
    path("<int:school_id>/mensen/logboek/", people.log, name="role_log"),
    path("<int:school_id>/mensen/<int:user_id>/", people.person, name="person"),
    path("<int:school_id>/mensen/<int:user_id>/rol-geven/", people.give_role, name="give_role"),
    path("<int:school_id>/mensen/<int:user_id>/rol-afnemen/<str:role>/", people.take_role, name="take_role"),
    path("<int:school_id>/mensen/<int:user_id>/uit-de-school-halen/", people.leave, name="leave"),
    path(
        "<int:school_id>/mensen/<int:user_id>/schoolaccount-ontkoppelen/", unlink_person, name="unlink_school_account"
    ),
    path("<int:school_id>/uitnodigingen/", invitation_views.invitations, name="invitations"),
    path("<int:school_id>/uitnodigingen/nieuw/", invitation_views.invite, name="invite"),
    path("<int:school_id>/uitnodigingen/versturen/", invitation_views.send_unsent, name="send_unsent"),
    path(
        "<int:school_id>/uitnodigingen/verlopen-opnieuw-verzenden/",
        invitation_views.send_expired,
        name="send_expired",
    ),
    path(
        "<int:school_id>/uitnodigingen/<uuid:public_id>/opnieuw/",
        invitation_views.send_again,
        name="send_invitation_again",
    ),
    path(
        "<int:school_id>/uitnodigingen/<uuid:public_id>/intrekken/",
        invitation_views.withdraw,
        name="withdraw_invitation",
    ),
    path("<int:school_id>/koppeling/", screen_views.directory, name="directory"),
    path("<int:school_id>/koppeling/sleutels/nieuw/", screen_views.make_key, name="make_scim_key"),
    path("<int:school_id>/koppeling/sleutels/<int:key_id>/intrekken/", screen_views.revoke_key, name="revoke_scim_key"),
    path("<int:school_id>/koppeling/groepen/<uuid:public_id>/", screen_views.group_role, name="group_role"),
    *import_views.pages.urls("<int:school_id>/importeren/"),
]
