"""Django's own mails go through the outbox, one mail per recipient."""

from email.mime.image import MIMEImage
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from digibeoordelen.outbox.backend import OutboxBackend
from digibeoordelen.outbox.models import OutgoingMail


def send(message: EmailMessage, **options: Any) -> int:
    return OutboxBackend(**options).send_messages([message])


@pytest.fixture(autouse=True)
def quiet(announced: list[int]) -> None:
    """Keep mails in the queue: there is no broker."""


def test_outbox_is_the_configured_backend() -> None:
    import digibeoordelen.settings

    assert digibeoordelen.settings.EMAIL_BACKEND == "digibeoordelen.outbox.backend.OutboxBackend"


def test_each_recipient_gets_a_separate_mail(db: None) -> None:
    message = EmailMessage("Hallo", "Tekst", to=["a@b.test", "Zoë <zoe@b.test>"], cc=["c@b.test"], bcc=["d@b.test"])

    assert send(message) == 1
    assert [mail.to for mail in OutgoingMail.objects.order_by("pk")] == [
        "a@b.test", "Zoë <zoe@b.test>", "c@b.test", "d@b.test",
    ]  # fmt: skip


def test_text_alone_gets_an_html_part(db: None) -> None:
    send(EmailMessage("Hallo", "Zie https://site.test/a?b=1&c=2 <nu>", to=["a@b.test"]))

    assert OutgoingMail.objects.get().html == (
        '<p>Zie <a href="https://site.test/a?b=1&amp;c=2">https://site.test/a?b=1&amp;c=2</a> &lt;nu&gt;</p>'
    )


def test_an_html_alternative_is_kept(db: None) -> None:
    message = EmailMultiAlternatives("Hallo", "Tekst", to=["a@b.test"])
    message.attach_alternative("<p>Opgemaakt</p>", "text/html")
    send(message)

    mail = OutgoingMail.objects.get()
    assert (mail.text, mail.html) == ("Tekst", "<p>Opgemaakt</p>")


def test_html_alone_gets_a_text_part(db: None) -> None:
    message = EmailMessage("Hallo", "<p>Opgemaakt</p>", to=["a@b.test"])
    message.content_subtype = "html"
    send(message)

    mail = OutgoingMail.objects.get()
    assert (mail.text, mail.html) == ("Opgemaakt", "<p>Opgemaakt</p>")


def test_attachments_of_every_form_come_along(db: None) -> None:
    message = EmailMessage("Hallo", "Tekst", to=["a@b.test", "c@d.test"])
    message.attach("verslag.pdf", b"%PDF", "application/pdf")
    message.attach("notitie.txt", "é", None)
    message.attach(MIMEImage(b"GIF89a", "gif"))
    message.attach("doorgestuurd.eml", EmailMessage("Binnenin", "-", to=["x@y.test"]), "message/rfc822")
    send(message)

    for mail in OutgoingMail.objects.all():
        kept = [(each.filename, each.content_type, each.file.read()) for each in mail.attachments.all()]
        assert kept[:3] == [
            ("verslag.pdf", "application/pdf", b"%PDF"),
            ("notitie.txt", "text/plain", "é".encode()),
            ("bijlage-3", "image/gif", b"GIF89a"),
        ]
        assert b"Subject: Binnenin" in kept[3][2]


def test_other_sender_becomes_the_reply_to_address(db: None) -> None:
    send(EmailMessage("Hallo", "Tekst", "Docent <docent@hier.test>", ["a@b.test"]))
    send(EmailMessage("Hallo", "Tekst", site_settings.DEFAULT_FROM_EMAIL, ["a@b.test"], reply_to=["x@y.test"]))
    send(EmailMessage("Hallo", "Tekst", None, ["a@b.test"]))

    assert [mail.reply_to for mail in OutgoingMail.objects.order_by("pk")] == [
        "Docent <docent@hier.test>", "x@y.test", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [
        EmailMessage("Hallo\nBcc: x@y.test", "Tekst", to=["a@b.test"]),
        EmailMessage("Hallo", "Tekst", to=["goed@b.test", "a@b.test\nBcc: x@y.test"]),
        EmailMessage("Hallo", "Tekst", to=["a@b.test"], reply_to=["x@y.test\nBcc: z@y.test"]),
    ],
)
def test_line_break_in_a_header_sends_nothing(db: None, message: EmailMessage) -> None:
    with pytest.raises(ValueError, match="line break"):
        send(message)
    assert not OutgoingMail.objects.exists()

    assert send(message, fail_silently=True) == 0


def test_a_long_subject_is_cut(db: None) -> None:
    send(EmailMessage("é" * 300, "Tekst", to=["a@b.test"]))

    mail = OutgoingMail.objects.get()
    mail.full_clean()
    assert mail.subject == "é" * 255


def test_mail_without_recipients_is_not_queued(db: None) -> None:
    assert send(EmailMessage("Hallo", "Tekst")) == 0
