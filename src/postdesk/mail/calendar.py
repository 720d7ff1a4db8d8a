"""Calendar invitations (RFC 5545, RFC 5546 iTIP): who invites whom to what, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from postdesk.mail import charset
from postdesk.mail.message import Address, Attendee, Invitation
from postdesk.mail.part import Part

_TYPES = frozenset({"text/calendar", "application/ics", "text/x-vcalendar"})
_LONGEST = 500_000
_MOST_ATTENDEES = 500
_METHODS = frozenset({"PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"})


def read(parts: Sequence[Part]) -> tuple[Invitation | None, str | None]:
    """(the invitation in the first calendar part that can be read, what was wrong with one that cannot)."""
    said: str | None = None
    for part in parts:
        if part.content_type not in _TYPES:
            continue
        if len(part.content) > _LONGEST:
            said = "a calendar too large to be read as an invitation is kept as a file"
            continue
        try:
            found = _invitation(
                charset.decode(part.content, part.charset or "utf-8")[0], part.parameters.get("method", "")
            )
        except Exception:  # noqa: BLE001 - a reader of the calendars of strangers; the file is then only kept.
            found = None
        if found is not None:
            return found, None
        said = "a calendar that cannot be read as an invitation is kept as a file"
    return None, said


def _invitation(text: str, declared: str) -> Invitation | None:
    from icalendar import Calendar

    calendar = Calendar.from_ical(text)
    event: Any = next((one for one in calendar.walk("VEVENT")), None)
    if event is None:
        return None
    method = str(calendar.get("METHOD") or declared).strip().upper()
    starts = _moment(event.get("DTSTART"))
    ends = _moment(event.get("DTEND"))
    lasting = getattr(event.get("DURATION"), "dt", None)
    if ends is None and starts is not None and isinstance(lasting, dt.timedelta):
        ends = starts + lasting
    began = event.get("DTSTART")
    return Invitation(
        method=method if method in _METHODS else "PUBLISH",
        uid=_line(event.get("UID")),
        sequence=_number(event.get("SEQUENCE")),
        summary=_line(event.get("SUMMARY")),
        location=_line(event.get("LOCATION")),
        status=_line(event.get("STATUS")).upper(),
        starts_at=starts,
        ends_at=ends,
        all_day=isinstance(getattr(began, "dt", None), dt.date)
        and not isinstance(getattr(began, "dt", None), dt.datetime),
        timezone=_line(getattr(began, "params", {}).get("TZID", "")),
        organizer=_person(event.get("ORGANIZER")),
        attendees=tuple(_attendees(event.get("ATTENDEE"))),
        recurrence=_recurrence(event.get("RRULE")),
        recurrence_at=_moment(event.get("RECURRENCE-ID")),
    )


def _moment(value: Any) -> dt.datetime | None:
    """An instant in UTC. A day is its first moment; a time without a zone is taken as UTC (RFC 5545 section
    3.3.5)."""
    when = getattr(value, "dt", None)
    if isinstance(when, dt.datetime):
        return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    return dt.datetime(when.year, when.month, when.day, tzinfo=dt.UTC) if isinstance(when, dt.date) else None


def _line(value: Any) -> str:
    return " ".join(str(value or "").replace("\0", "").split())[:1000]


def _number(value: Any) -> int:
    try:
        return max(int(value or 0), 0)
    except (TypeError, ValueError):
        return 0


def _recurrence(value: Any) -> str | None:
    rule = value.to_ical() if hasattr(value, "to_ical") else None
    return rule.decode("utf-8", "replace")[:500] if isinstance(rule, bytes) else None


def _person(value: Any) -> Address | None:
    address = str(value or "").strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    local, at, domain = address.partition("@")
    if not at or len(address) > 320:
        return None
    return Address(
        _line(getattr(value, "params", {}).get("CN", "")).strip("'\""), f"{local.strip()}@{domain.strip().lower()}"
    )


def _attendees(value: Any) -> list[Attendee]:
    items = value if isinstance(value, list) else [value] if value is not None else []
    found = [(person, one) for one in items[:_MOST_ATTENDEES] if (person := _person(one))]
    return [
        Attendee(
            person.name, person.address, _param(one, "ROLE", "REQ-PARTICIPANT"), _param(one, "PARTSTAT", "NEEDS-ACTION")
        )
        for person, one in found
    ]


def _param(value: Any, name: str, default: str) -> str:
    return _line(value.params.get(name, default)).upper() or default
