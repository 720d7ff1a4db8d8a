"""Business hours: by when is it, so many working hours after a given instant? Pure arithmetic on time zones.

Hours are hours that pass, not numbers on a clock: a span from 0:00 to 4:00 has three of them in the night a clock is
set forward, five when it is set back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

#: Minutes of a day; a span that ends there ends with the day.
DAY: Final = 24 * 60
#: Days looked ahead at most; a schedule whose hours are all holidays promises nothing.
_FARTHEST: Final = 366 * 6


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of one weekday (0 is Monday), in minutes after its midnight: 0 <= begins < ends <= DAY."""

    weekday: int
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day without hours. `yearly`: the same day of every year (29 February of leap years only)."""

    on: dt.date
    name: str = ""
    yearly: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """A schedule. Spans of one day do not overlap."""

    zone: str
    spans: tuple[Span, ...]
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    """What an SLA plan promises: an answer within `grace_hours` (of its own schedule, else the department's)."""

    id: int
    grace_hours: int
    hours: Hours | None = None
    is_transient: bool = False


def due(promise: Promise, since: dt.datetime, department: Hours | None = None) -> dt.datetime | None:
    """By when somebody who waits since then should be answered, in UTC. None: there is never an hour to do it in."""
    hours = promise.hours or department
    working = dt.timedelta(hours=promise.grace_hours)
    return after(since, working, hours) if hours is not None else since.astimezone(dt.UTC) + working


def after(since: dt.datetime, working: dt.timedelta, hours: Hours) -> dt.datetime | None:
    """The first instant, in UTC, by which `working` of the schedule's time has passed since `since` (aware).

    The end of a span counts as before the beginning of the next: eight hours after Monday 9:00, when Monday ends at
    17:00, is Monday 17:00. None when the hours never come.
    """
    left = working
    for opens, ends in _spans(since, hours):
        begins = max(opens, since.astimezone(dt.UTC))
        if ends <= begins:
            continue
        if begins + left <= ends:
            return begins + left
        left -= ends - begins
    return None


def is_open(at: dt.datetime, hours: Hours) -> bool:
    """Whether the instant lies within the hours."""
    for begins, ends in _spans(at, hours):
        if begins <= at < ends:
            return True
        if begins > at:
            return False
    return False


def _spans(since: dt.datetime, hours: Hours) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Every span from the day before `since` on, as instants in UTC, in order."""
    zone = zone_of(hours.zone)
    by_weekday = _by_weekday(hours.spans)
    yearly = {(one.on.month, one.on.day) for one in hours.holidays if one.yearly}
    once = {one.on for one in hours.holidays if not one.yearly}
    day = since.astimezone(zone).date() - dt.timedelta(days=1)
    for _ in range(_FARTHEST if hours.spans else 0):
        if day not in once and (day.month, day.day) not in yearly:
            for span in by_weekday[day.weekday()]:
                yield _instant(day, span.begins, zone), _instant(day, span.ends, zone)
        day += dt.timedelta(days=1)


def _instant(day: dt.date, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """A time on the clock there. One that is skipped counts as if it were not; of one that comes twice the first."""
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    # Adding to an aware datetime moves its clock, not the instant: just what is wanted.
    return (midnight + dt.timedelta(minutes=minutes)).astimezone(dt.UTC)


@lru_cache(maxsize=64)
def _by_weekday(spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], ...]:
    in_order = sorted(spans, key=lambda span: span.begins)
    return tuple(tuple(span for span in in_order if span.weekday == weekday) for weekday in range(7))


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone. Raises KeyError for a name that is not known here (ZoneInfoNotFoundError) or is no name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as error:
        raise KeyError(name) from error
