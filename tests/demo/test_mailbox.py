"""`/demo/postvak/`: what the outbox sent in the demo, for anyone to read and to go on from."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from digibeoordelen.demo.mailbox import mails
from digibeoordelen.outbox.queue import queue_mail
from digibeoordelen.outbox.worker import deliver

HTML = '<p style="color: green"><a href="https://site.test/beoordelen/abc/">Start beoordeling</a></p>'


@pytest.fixture(autouse=True)
def mailbox(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    settings.OUTBOX_TRANSPORT = "digibeoordelen.demo.mailbox.MailboxBackend"
    return tmp_path / "postvak"


def receive(**changes: Any) -> str:
    """Sends a mail into the mailbox; returns its name in the URL."""
    given = {
        "subject": "Uitnodiging",
        "body": "Open https://site.test/beoordelen/abc/ <nu>",
        "to": ["erik@bedrijf.test"],
    }
    message = EmailMultiAlternatives(**{**given, **changes})
    message.attach_alternative(HTML, "text/html")
    send(message)
    return mails()[0].name


def send(message: EmailMessage) -> None:
    connection = get_connection("digibeoordelen.demo.mailbox.MailboxBackend")
    assert connection.send_messages([message]) == 1


def test_empty_mailbox_shows_a_message(client: Client, db: None) -> None:
    assert "Nog geen mail" in client.get(reverse("demo:mailbox")).content.decode()


def test_the_newest_mail_is_on_top(client: Client, db: None) -> None:
    for subject in ("Eerste", "Tweede & <laatste>"):
        receive(subject=subject)

    page = client.get("/demo/postvak/").content.decode()
    assert page.index("Tweede &amp; &lt;laatste&gt;") < page.index("Eerste")
    assert "erik@bedrijf.test" in page


def test_many_mails_are_on_several_pages(client: Client, db: None) -> None:
    for number in range(51):
        receive(subject=f"Mail {number}")

    assert "Mail 50" in client.get("/demo/postvak/").content.decode()
    assert "Mail 0" in client.get("/demo/postvak/?pagina=2").content.decode()


def test_outbox_mails_arrive_in_the_mailbox(client: Client, transactional_db: None) -> None:
    deliver(queue_mail(kind="test", to="Zoë <zoe@b.test>", subject="Één", text="Hallo", html="<p>Hallo</p>").pk)

    page = client.get(reverse("demo:mail", args=[mails()[0].name])).content.decode()
    assert "Één" in page
    assert "Zoë &lt;zoe@b.test&gt;" in page


def test_repeated_mail_is_stored_once(db: None) -> None:
    for _ in range(2):
        send(EmailMessage("Hallo", "Tekst", to=["a@b.test"], headers={"Message-ID": "<1@site.test>"}))

    assert len(mails()) == 1


def test_links_of_the_text_can_be_clicked(client: Client, db: None) -> None:
    page = client.get(reverse("demo:mail", args=[receive()])).content.decode()

    assert 'href="https://site.test/beoordelen/abc/"' in page
    assert "&lt;nu&gt;" in page


def test_html_part_is_sandboxed(client: Client, db: None) -> None:
    name = receive()
    page = client.get(reverse("demo:mail", args=[name]))
    frame = client.get(reverse("demo:mail_html", args=[name]))

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox allow-same-origin"' in page.content.decode()
    assert "style=" not in page.content.decode()
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]

    policy = frame["Content-Security-Policy"]
    assert HTML in frame.content.decode()
    assert "style-src 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy + page.content.decode()
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_attachments_are_downloads_of_the_same_bytes(client: Client, db: None) -> None:
    message = EmailMessage("Bijlagen", "Tekst", to=["a@b.test"])
    message.attach("verslag.pdf", b"%PDF-1.7\r\n\x00", "application/pdf")
    message.attach("pagina.html", "<script>alert(1)</script>", "text/html")
    message.attach("../pad é.txt", "tekst", "text/plain")
    send(message)
    name = mails()[0].name

    assert "verslag.pdf" in client.get(reverse("demo:mail", args=[name])).content.decode()
    pdf, html, text = (client.get(reverse("demo:attachment", args=[name, position])) for position in range(3))
    assert pdf.content == b"%PDF-1.7\r\n\x00"
    assert pdf["Content-Disposition"] == 'attachment; filename="verslag.pdf"'
    assert html["Content-Disposition"].startswith("attachment")
    assert "/" not in text["Content-Disposition"].replace("utf-8''", "")
    assert client.get(reverse("demo:attachment", args=[name, 3])).status_code == 404


def test_a_mail_without_html_has_no_frame(client: Client, db: None) -> None:
    send(EmailMessage("Kaal", "Alleen tekst", to=["a@b.test"]))
    name = mails()[0].name

    assert "<iframe" not in client.get(reverse("demo:mail", args=[name])).content.decode()
    assert client.get(reverse("demo:mail_html", args=[name])).status_code == 404


@pytest.mark.parametrize("name", ["0" * 24, "..%2F..%2Fsecret", "etc"])
def test_an_unknown_mail_is_not_found(client: Client, db: None, name: str) -> None:
    assert client.get(f"/demo/postvak/{name}/").status_code == 404


def test_mailbox_refuses_post(client: Client, db: None) -> None:
    assert client.post("/demo/postvak/").status_code == 405
