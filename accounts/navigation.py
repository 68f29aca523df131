"""Context processor for logged-in users: tabs, roles and branding."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from digibeoordelen import VERSION

from .models import Membership, Role, User
from .models.branding import Branding
from .school.navigation import school_tabs

# Stores the demo's mails, shown at /demo/postvak/, unless EMAIL_URL names a server.
DEMO_TRANSPORT = "digibeoordelen.demo.mailbox.MailboxBackend"
# The pages of an exam, and those of an assessment for its initiator, are part of 'Mijn Digibib'.
UNDER_MY_DIGIBIB = ("/examens/", "/beoordelingen/", "/uitnodigingen/")


@dataclass(frozen=True)
class Tab:
    """A tab of the header; `is_current` on its page and on those below it."""

    label: str
    url: str
    is_current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the variables for the page's header.

    The `nav_` ones (`Tab`s, `Role` values, `Branding` or None) are lazy and share a query, for pages without a header.
    """
    user = getattr(request, "user", None)
    memberships = SimpleLazyObject(lambda: _memberships(user))
    roles = SimpleLazyObject(lambda: {role for role, *_ in memberships})
    return {
        "demo": settings.DEMO,
        "version": VERSION,
        "mail_stays_here": settings.DEMO and settings.OUTBOX_TRANSPORT == DEMO_TRANSPORT,
        "nav_roles": roles,
        "nav_branding": SimpleLazyObject(lambda: _branding(memberships)),
        "school_tabs": SimpleLazyObject(lambda: school_tabs(request)),
        "nav_tabs": SimpleLazyObject(lambda: _tabs(request.path, user, roles)),
    }


def _memberships(user: Any) -> list[tuple[Any, ...]]:
    """Return the role and the school's branding fields of each membership, in one query."""
    if not isinstance(user, User):
        return []
    school = ("school_id", "school__name", "school__logo_id", "school__colour")
    return list(user.memberships.order_by().values_list("role", *school))


def _branding(memberships: Any) -> Branding | None:
    """Return the branding of the user's only school; None with several schools."""
    brandings = {Branding(*school) for _, *school in memberships}
    return brandings.pop() if len(brandings) == 1 else None


def _tabs(path: str, user: Any, roles: Any) -> list[Tab]:
    if not isinstance(user, User):
        return []
    tabs = [
        (_("Mijn Digibib"), reverse("exams:my_digibib"), UNDER_MY_DIGIBIB),
        (_("Productcatalogus"), reverse("exams:catalogue"), ()),
    ]
    if Role.STUDENT in roles and _has_exam_or_result(user):
        tabs.append((_("Mijn examens"), reverse("assessments:my_exams"), ()))
    if Role.DOCENT in roles:
        tabs.append((_("Afnames"), reverse("assessments:afnames"), ()))
        tabs.append((_("Adresboek"), reverse("addressbook:contacts"), ()))
    if Role.EXAMENCOMMISSIE in roles:
        tabs.append((_("Examen afnames"), reverse("committee:afnames"), ("/commissie/", "/examenbureaus/")))
    if Role.SCHOOLBEHEER in roles:
        also = () if Role.EXAMENCOMMISSIE in roles else ("/examenbureaus/",)
        tabs.append((_("Schoolbeheer"), reverse("school:start"), also))
    if user.is_staff:
        tabs.append((_("Beheer"), reverse("consortium:schools"), ()))
    return [Tab(label, url, path.startswith((url, *below))) for label, url, below in tabs]


def _has_exam_or_result(user: User) -> bool:
    """Return whether 'Mijn examens' is shown: from the first exam on the account, and while there are results."""
    students = Membership.objects.filter(user=user, role=Role.STUDENT)
    return students.filter(Q(user__account_exams__isnull=False) | Q(assessments__isnull=False)).exists()
