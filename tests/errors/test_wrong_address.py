"""GET of URLs that only accept forms, and mailed links followed by garbage."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from assessments import links, unsubscribe
from assessments.models import Assessment, Invitation
from tests.factories import PASSWORD
from tests.test_permissions import ACCOUNT_LINKS

RUBBISH = [")", ">", "%20", ".", "%22", "%E2%80%9D", "%3E)", ",/", "%0A"]


def is_link_page(page: str) -> bool:
    return "Deze link klopt niet" in page or "Deze link werkt niet" in page


@pytest.mark.parametrize("name", ["open_link", "no_reminders"])
def test_garbage_after_examiner_link_is_a_wrong_link(client: Client, invitation: Invitation, name: str) -> None:
    token = unsubscribe.stop_token(invitation) if name == "no_reminders" else links.token_for(invitation=invitation)
    path = reverse(f"assessments:{name}", args=[token])
    for rubbish in RUBBISH:
        for written in (f"{path}{rubbish}", f"{path.rstrip('/')}{rubbish}", f"{path.rstrip('/')}{rubbish}/"):
            answer = client.get(written, follow=True)
            assert answer.status_code == 404, written
            assert "Deze link klopt niet" in answer.content.decode(), written
            assert "Start beoordeling" in answer.content.decode(), written


@pytest.mark.parametrize("name", ACCOUNT_LINKS)
def test_garbage_after_account_link_is_a_wrong_link(client: Client, school: School, docent: User, name: str) -> None:
    path = reverse(name, args=[ACCOUNT_LINKS[name](school, docent)])
    for rubbish in RUBBISH:
        answer = client.get(f"{path}{rubbish}", follow=True)
        assert answer.status_code in (404, 410)
        assert is_link_page(answer.content.decode()), rubbish


def test_wrong_link_is_in_the_chosen_language(client: Client, invitation: Invitation) -> None:
    client.cookies["taal"] = "en"
    page = client.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]) + ")")
    assert '<html lang="en">' in page.content.decode()


def test_other_addresses_keep_the_general_page(client: Client, docent: User, assessment: Assessment) -> None:
    client.force_login(docent)
    path = reverse("assessments:detail", args=[assessment.public_id])
    for wrong in (f"{path})", "/bestaat-niet/a/b/c/", "/" + "a/" * 2000):
        assert "Deze pagina is er niet" in client.get(wrong).content.decode()
    assert client.get(path.rstrip("/")).status_code == 301, "a lost slash is still put back"


def test_login_redirects_to_a_page_that_opens(client: Client, docent: User, assessment: Assessment) -> None:
    asked = client.get(reverse("assessments:send_invitations", args=[assessment.public_id]))
    answer = client.post(asked.url, {"login": docent.email, "password": PASSWORD}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == reverse("assessments:examiners", args=[assessment.public_id])
