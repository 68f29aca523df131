"""Working hours in the Netherlands, in which scheduled mail may go out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.easter import easter
from django.utils import timezone

OPENS, CLOSES = time(8), time(18)


@lru_cache(maxsize=16)
def public_holidays(year: int) -> frozenset[date]:
    """Return the days on which schools and most companies are closed, so not Good Friday or 5 May."""
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= timedelta(days=1)
    fixed = {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26), kings_day}
    after_easter = (0, 1, 39, 49, 50)  # Easter and its Monday, Ascension, Whitsun and its Monday
    return frozenset(fixed | {sunday + timedelta(days=days) for days in after_easter})


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in public_holidays(day.year)


def is_open(moment: datetime) -> bool:
    """Return whether `moment` is on a working day between `OPENS` and `CLOSES`, local time."""
    local = timezone.localtime(moment)
    return is_working_day(local.date()) and OPENS <= local.time() < CLOSES


def opening(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, OPENS))


def closing(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, CLOSES))


def next_open(moment: datetime) -> datetime:
    """Return `moment` itself in office hours, else the next opening."""
    if is_open(moment):
        return moment
    local = timezone.localtime(moment)
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return opening(day)


def working_day_until(day: date) -> date:
    """Return `day`, or the last working day before it."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day
