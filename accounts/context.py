"""What every page of someone with an account shows: the tabs, and which roles they hold."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from .models import Membership, Role, User

# What keeps the demo's mails to be read at /demo/postvak/, unless EMAIL_URL names a server.
DEMO_TRANSPORT = "digibeoordelen.demo.mailbox.MailboxBackend"
# The pages of one exam, and of one assessment by its initiator, lie under 'Mijn Digibib'.
UNDER_MY_DIGIBIB = ("/examens/", "/beoordelingen/", "/uitnodigingen/")


@dataclass(frozen=True)
class Tab:
    """One tab of the header; `is_current` on its own page and on those below it."""

    label: str
    url: str
    is_current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Template variables `nav_tabs` (list of `Tab`), `nav_roles` (set of `Role` values), `demo` and `mail_stays_here`.

    The first two are looked up when a template reads them: an examiner's page costs no query.
    """
    user = getattr(request, "user", None)
    roles = SimpleLazyObject(lambda: _roles(user))
    return {
        "demo": settings.DEMO,
        "mail_stays_here": settings.DEMO and settings.OUTBOX_TRANSPORT == DEMO_TRANSPORT,
        "nav_roles": roles,
        "nav_tabs": SimpleLazyObject(lambda: _tabs(request.path, user, roles)),
    }


def _roles(user: Any) -> set[str]:
    if not isinstance(user, User):
        return set()
    return set(user.memberships.values_list("role", flat=True))


def _tabs(path: str, user: Any, roles: Any) -> list[Tab]:
    if not isinstance(user, User):
        return []
    wanted = [
        (_("Mijn Digibib"), reverse("exams:my_digibib"), UNDER_MY_DIGIBIB),
        (_("Productcatalogus"), reverse("exams:catalogue"), ()),
    ]
    if Role.STUDENT in roles and _has_exam_or_result(user):
        wanted.append((_("Mijn examens"), reverse("assessments:my_exams"), ()))
    if Role.DOCENT in roles:
        wanted.append((_("Adresboek"), reverse("addressbook:contacts"), ()))
    if Role.EXAMENCOMMISSIE in roles:
        wanted.append((_("Examen afnames"), reverse("committee:afnames"), ("/commissie/",)))
    if Role.SCHOOLBEHEER in roles:
        wanted.append((_("Schoolbeheer"), reverse("school:start"), ()))
    if user.is_staff:
        wanted.append((_("Beheer"), reverse("admin:index"), ()))
    return [Tab(label, url, path.startswith((url, *below))) for label, url, below in wanted]


def _has_exam_or_result(user: User) -> bool:
    """'Mijn examens' appears with the first exam on the account; taking exams off hides no result."""
    own = Membership.objects.filter(user=user, role=Role.STUDENT)
    return own.filter(Q(user__account_exams__isnull=False) | Q(assessments__isnull=False)).exists()
