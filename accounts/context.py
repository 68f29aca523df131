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
from .school.branding import Look
from .school.navigation import school_tabs

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
    """Template variables `nav_tabs` (list of `Tab`), `nav_roles` (set of `Role` values), `nav_look` (a `Look` or None),
    `school_tabs` (for Schoolbeheer), `demo` and `mail_stays_here`.

    The first three are looked up when a template reads them, together: an examiner's page costs no query.
    """
    user = getattr(request, "user", None)
    held = SimpleLazyObject(lambda: _held(user))
    roles = SimpleLazyObject(lambda: {role for role, *_ in held})
    return {
        "demo": settings.DEMO,
        "mail_stays_here": settings.DEMO and settings.OUTBOX_TRANSPORT == DEMO_TRANSPORT,
        "nav_roles": roles,
        "nav_look": SimpleLazyObject(lambda: _look(held)),
        "school_tabs": SimpleLazyObject(lambda: school_tabs(request)),
        "nav_tabs": SimpleLazyObject(lambda: _tabs(request.path, user, roles)),
    }


def _held(user: Any) -> list[tuple[Any, ...]]:
    """Of each role: the role, and what its school looks like. One query for the whole header."""
    if not isinstance(user, User):
        return []
    school = ("school_id", "school__name", "school__logo_id", "school__colour")
    return list(user.memberships.order_by().values_list("role", *school))


def _look(held: Any) -> Look | None:
    """That of the one school someone belongs to; who belongs to several, or to none, has ours."""
    looks = {Look(*school) for _, *school in held}
    return looks.pop() if len(looks) == 1 else None


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
        wanted.append((_("Examen afnames"), reverse("committee:afnames"), ("/commissie/", "/examenbureaus/")))
    if Role.SCHOOLBEHEER in roles:
        also = () if Role.EXAMENCOMMISSIE in roles else ("/examenbureaus/",)
        wanted.append((_("Schoolbeheer"), reverse("school:start"), also))
    if user.is_staff:
        wanted.append((_("Beheer"), reverse("admin:index"), ()))
    return [Tab(label, url, path.startswith((url, *below))) for label, url, below in wanted]


def _has_exam_or_result(user: User) -> bool:
    """'Mijn examens' appears with the first exam on the account; taking exams off hides no result."""
    own = Membership.objects.filter(user=user, role=Role.STUDENT)
    return own.filter(Q(user__account_exams__isnull=False) | Q(assessments__isnull=False)).exists()
