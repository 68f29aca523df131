"""Calendar files in invitations, and the moment on the student's page."""

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.models import User
from addressbook.models import Contact
from assessments.models import Assessment, CalendarFeed, Invitation
from assessments.sittings import calendar
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps
from tests.assessments.sittings.test_participation import make_sitting


def events_of(content: bytes) -> list[dict[str, object]]:
    read = Calendar.from_ical(content)
    return [{name: event.decoded(name) for name in ("uid", "dtstart", "dtend")} for event in read.walk("VEVENT")]


def calendar_of(invitation: Invitation) -> bytes:
    [attachment] = OutgoingMail.objects.get(kind="invitation").attachments.all()
    assert (attachment.filename, attachment.content_type) == ("examen.ics", "text/calendar")
    return attachment.file.read()


def test_invitation_to_a_sitting_carries_its_moment(assessment: Assessment, examiner: Contact) -> None:
    sitting = make_sitting(assessment)
    steps.choose(assessment, examiner)
    content = calendar_of(steps.send_invitation(assessment, examiner))
    [event] = events_of(content)
    assert (event["dtstart"], event["dtend"]) == (
        sitting.starts_at.replace(microsecond=0),
        sitting.ends_at.replace(microsecond=0),
    )
    assert str(sitting.public_id) in str(event["uid"])
    assert assessment.student.user.last_name.encode() not in content


def test_planned_date_without_a_time_is_a_whole_day(assessment: Assessment, examiner: Contact) -> None:
    day = timezone.localdate() + timedelta(days=5)
    Assessment.objects.filter(pk=assessment.pk).update(planned_on=day)
    assessment.refresh_from_db()
    steps.choose(assessment, examiner)
    [event] = events_of(calendar_of(steps.send_invitation(assessment, examiner)))
    assert (event["dtstart"], event["dtend"]) == (day, day + timedelta(days=1))


def test_invitation_without_a_plan_has_no_calendar(assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    steps.send_invitation(assessment, examiner)
    assert not OutgoingMail.objects.get(kind="invitation").attachments.exists()


def test_cancelled_sitting_is_not_attached(assessment: Assessment) -> None:
    sitting = make_sitting(assessment)
    sitting.is_cancelled = True
    sitting.save()
    assert calendar.attachments([assessment]) == []
    assert b"STATUS:CANCELLED" in calendar.write(calendar.moments([assessment]))


def test_line_breaks_and_commas_of_a_room_are_escaped(assessment: Assessment) -> None:
    sitting = make_sitting(assessment)
    sitting.room = "Hal 3; links, BEGIN:VEVENT"
    sitting.save()
    content = calendar.write(calendar.moments([assessment]))
    assert len(events_of(content)) == 1
    assert b"Hal 3\\; links\\, BEGIN:VEVENT" in content.replace(b"\r\n ", b"")


def test_student_sees_the_moment(client: Client, assessment: Assessment) -> None:
    sitting = make_sitting(assessment)
    sitting.room = "Lokaal 13"
    sitting.save()
    client.force_login(assessment.student.user)
    page = client.get(reverse("assessments:my_exams")).content.decode()
    assert f"{timezone.localtime(sitting.starts_at):%H:%M}" in page
    assert "Lokaal 13" in page


def feed_of(client: Client) -> str:
    page = client.post(reverse("assessments:calendar")).content.decode()
    [address] = re.findall(r"/agenda/[^\"]+\.ics", page)
    return str(address)


def test_feed_shows_what_is_planned_to_each_of_its_people(
    client: Client, assessment: Assessment, docent: User, colleague: User
) -> None:
    sitting = make_sitting(assessment)
    for user, expected in ((docent, 1), (assessment.student.user, 1), (colleague, 0)):
        client.force_login(user)
        address = feed_of(client)
        client.logout()
        found = events_of(client.get(address).content)
        assert len(found) == expected
        assert all(str(sitting.public_id) in str(event["uid"]) for event in found)


def test_new_address_ends_the_old_one_and_stopping_both(client: Client, docent: User) -> None:
    client.force_login(docent)
    old = feed_of(client)
    new = feed_of(client)
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
    assert client.post(reverse("assessments:calendar"), {"stop": "1"}).status_code == 302
    assert client.get(new).status_code == 404


def test_feed_of_an_ended_account_is_gone(client: Client, docent: User) -> None:
    client.force_login(docent)
    address = feed_of(client)
    User.objects.filter(pk=docent.pk).update(is_active=False)
    assert client.get(address).status_code == 404


def test_docent_without_the_role_sees_no_plan(client: Client, assessment: Assessment, docent: User) -> None:
    make_sitting(assessment)
    client.force_login(docent)
    address = feed_of(client)
    docent.memberships.all().delete()
    assert events_of(client.get(address).content) == []


def test_token_is_not_stored(client: Client, docent: User) -> None:
    client.force_login(docent)
    token = feed_of(client).removeprefix("/agenda/").removesuffix(".ics")
    assert token not in str(CalendarFeed.objects.values().get())
