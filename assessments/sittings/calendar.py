"""Calendar files (RFC 5545) of planned exams, without the names of students: calendars are shared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from assessments.models import Assessment, Participation
from digibeoordelen.outbox.queue import Attachment
from digibeoordelen.outbox.storage import keep

CONTENT_TYPE = "text/calendar"


@dataclass(frozen=True)
class Moment:
    """When and where an exam unit is assessed; dates without a time are whole days."""

    key: UUID
    title: str
    start: date | datetime
    end: date | datetime
    place: str
    is_cancelled: bool = False


def moments(assessments: Iterable[Assessment]) -> list[Moment]:
    """Return the planned moments of `assessments`, each sitting once; one query.

    An assessment without a sitting or a planned date has none.
    """
    by_pk = {assessment.pk: assessment for assessment in assessments}
    planned = Participation.objects.filter(assessment__in=by_pk, sitting__isnull=False).select_related("sitting")
    sittings = {one.assessment_id: one.sitting for one in planned if one.sitting}
    found = {}
    for pk, assessment in by_pk.items():
        title, school = str(assessment.unit), assessment.school.name
        if sitting := sittings.get(pk):
            place = ", ".join(filter(None, [sitting.room, school]))
            start, end = sitting.starts_at, sitting.ends_at
            found[sitting.public_id] = Moment(sitting.public_id, title, start, end, place, sitting.is_cancelled)
        elif assessment.planned_on:
            day, key = assessment.planned_on, assessment.public_id
            found[key] = Moment(key, title, day, day + timedelta(days=1), assessment.place or school)
    return list(found.values())


def write(moments: Iterable[Moment]) -> bytes:
    """Return the calendar in the active language; the ids are stable, so that a newer one replaces an older one."""
    calendar = Calendar()
    calendar.add("prodid", "-//Digitaal beoordelen//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for moment in moments:
        event = Event()
        event.add("uid", f"{moment.key}@{urlsplit(settings.SITE_URL).hostname}")
        event.add("dtstamp", timezone.now())
        event.add("dtstart", moment.start)
        event.add("dtend", moment.end)
        event.add("summary", _("Examen %(unit)s") % {"unit": moment.title})
        event.add("location", moment.place)
        event.add("status", "CANCELLED" if moment.is_cancelled else "CONFIRMED")
        calendar.add_component(event)
    return calendar.to_ical()


def attachments(assessments: Iterable[Assessment]) -> list[Attachment]:
    """Return the calendar file for a mail about `assessments`; [] when none of them is planned."""
    planned = [moment for moment in moments(assessments) if not moment.is_cancelled]
    return [Attachment("examen.ics", CONTENT_TYPE, keep(write(planned)))] if planned else []
