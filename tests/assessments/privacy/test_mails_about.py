"""Every mail of an assessment names the assessments it is about."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from assessments.models import Assessment, MailAbout
from digibeoordelen.outbox.models import OutgoingMail


def test_no_mail_of_a_whole_life_is_without(final: Assessment) -> None:
    about = MailAbout.objects.filter(mail=OuterRef("pk"))
    kinds = OutgoingMail.objects.filter(~Exists(about)).values_list("kind", flat=True)
    assert OutgoingMail.objects.exists()
    assert list(kinds) == []
