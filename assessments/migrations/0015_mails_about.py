from itertools import islice

from django.db import migrations


def say_what_mails_are_about(apps, schema_editor):
    """Of mails from before: what an invitation or a document names as its own, and what their links lead to."""
    mail_about = apps.get_model("assessments", "MailAbout")
    outgoing_mail = apps.get_model("outbox", "OutgoingMail")
    invitation = apps.get_model("assessments", "Invitation")
    document = apps.get_model("assessments", "Document")
    for model in (invitation, document):
        pairs = model.objects.filter(mail__isnull=False).values_list("mail_id", "assessment_id")
        _keep(mail_about, pairs.iterator())
    assessments = dict(invitation.objects.values_list("pk", "assessment_id"))
    mails = outgoing_mail.objects.exclude(links={}).values_list("pk", "links")
    _keep(
        mail_about,
        (
            (mail, assessments[pk])
            for mail, links in mails.iterator()
            for link in links.values()
            for pk in _invitations(link)
            if pk in assessments
        ),
    )


def _invitations(link):
    data = link.get("data", {})
    return [data["invitation"], *(pk for pk, _ in data.get("together", ()))] if "invitation" in data else []


def _keep(mail_about, pairs):
    rows = (mail_about(mail_id=mail, assessment_id=assessment) for mail, assessment in pairs)
    while batch := list(islice(rows, 1000)):
        mail_about.objects.bulk_create(batch, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0014_privacy"),
    ]

    operations = [
        migrations.RunPython(say_what_mails_are_about, migrations.RunPython.noop, elidable=True),
    ]
