"""Every mail of an assessment names the assessments it is about."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from assessments.models import Assessment, MailAbout
from digibeoordelen.outbox.models import OutgoingMail


def test_every_mail_has_its_assessments(final: Assessment) -> None:
    about = MailAbout.objects.filter(mail=OuterRef("pk"))
    kinds = OutgoingMail.objects.filter(~Exists(about)).values_list("kind", flat=True)
    assert OutgoingMail.objects.exists()
    assert list(kinds) == []
