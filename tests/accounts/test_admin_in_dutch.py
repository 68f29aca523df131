"""The admin is completely Dutch, for readers and screen readers."""

from __future__ import annotations

import html
import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from assessments.models import Invitation
from digibeoordelen.outbox.kinds import KINDS
from digibeoordelen.outbox.models import MailState, OutgoingMail
from tests.factories import UserFactory

# Words that occur in English admin texts of Django and its extensions, and in no Dutch sentence.
GIVEAWAYS = (
    r"the|and|with|from|your|are|not|or|of the|access|attempts?|failures?|logs?|name|list|search|select|change|add|"
    r"delete|history|home|view|user|users|group|groups|password|last|first|date|true|false|yes|no|none|unknown|invitation|"
    r"behaviour|points|table|weight|units"
)
ENGLISH = re.compile(rf"\b({GIVEAWAYS})\b", re.IGNORECASE)


def read_on(client: Client, path: str) -> str:
    """Return a page's text and the labels of fields and images for screen readers."""
    response = client.get(path)
    assert response.status_code == 200, path
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    page = re.sub(r"<bdi>\w*\*+</bdi>", "", page)  # two letters of a password's salt are shown, which can be 'no'
    attributes = re.findall(r'\b(?:alt|title|aria-label|placeholder)="([^"]*)"', page)
    attributes += re.findall(r'<input[^>]*type="(?:submit|button)"[^>]*value="([^"]*)"', page)
    return html.unescape("\n".join([re.sub(r"<[^>]+>", "\n", page), *attributes]))


def pages() -> list[str]:
    """Return the URLs of the index and, per model, of its list, filters with counts, first object and history."""
    paths = ["/beheer/django/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        first = model._default_manager.earliest("pk")
        paths += [reverse(f"{name}_changelist"), reverse(f"{name}_changelist") + "?_facets=True&q=a"]
        paths += [reverse(f"{name}_{page}", args=[first.pk]) for page in ("change", "history")]
        paths.append(f"/beheer/django/{model._meta.app_label}/")
    return paths


@pytest.mark.parametrize("is_superuser", [False, True], ids=["staff", "superuser"])
def test_admin_pages_contain_no_english(
    client: Client, invitation: Invitation, student: Membership, is_superuser: bool
) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=is_superuser))
    opened = [path for path in pages() if is_superuser or "/outbox/" not in path]
    assert len(opened) > 12
    assert {path: words for path in opened if (words := sorted(set(ENGLISH.findall(read_on(client, path)))))} == {}


@pytest.mark.parametrize("page", ["/beheer/django/accounts/user/add/"])
def test_add_forms_are_in_dutch(client: Client, db: None, page: str) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert ENGLISH.findall(read_on(client, page)) == []


def test_staff_see_no_login_attempts(client: Client, db: None) -> None:
    client.force_login(UserFactory(is_staff=True))
    index = client.get("/beheer/django/")
    shown = {model["object_name"] for app in index.context["app_list"] for model in app["models"]}
    assert shown == {"School", "ExamCommittee", "User", "Exam"}
    assert not {model for model in admin.site._registry if model._meta.app_label in ("account", "mfa")}


def test_every_mail_kind_has_a_dutch_label() -> None:
    sent = {path.stem for path in settings.BASE_DIR.glob("templates/*/mail/[a-z]*.md")}
    assert len(sent) > 25
    assert sent - KINDS.keys() == set()


def test_mails_are_filtered_by_dutch_kind(client: Client, invitation: Invitation) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    OutgoingMail.objects.create(
        kind="sent_back", to="tineke@bedrijf.test", subject="x", text="x", html="x", state=MailState.QUEUED
    )
    mails = reverse("admin:outbox_outgoingmail_changelist")
    everything = client.get(mails).content.decode()
    assert "Uitnodiging" in everything
    assert "Teruggestuurd" in everything
    one = client.get(mails, {"kind": "sent_back"}).context["cl"].queryset
    assert [mail.to for mail in one] == ["tineke@bedrijf.test"]


def test_staff_use_the_common_password_page(client: Client, docent: User) -> None:
    """That page mails the owner; Django's own would not."""
    staff = UserFactory(is_staff=True)
    client.force_login(staff)
    assert client.get("/beheer/django/password_change/")["Location"] == reverse("account_change_password")
    assert client.post("/beheer/django/password_change/", {"password1": "x"})["Location"] == reverse(
        "account_change_password"
    )
