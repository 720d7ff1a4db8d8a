"""Invitations, as Outlook, Google and Apple send them."""

from __future__ import annotations

import datetime as dt

import pytest

from postdesk.mail.parse import parse
from tests.unit.mail.letters import WORDS, multipart, part

EVENT = """BEGIN:VCALENDAR
PRODID:-//Example//EN
VERSION:2.0
METHOD:{method}
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E008
SEQUENCE:{sequence}
DTSTAMP:20260101T000000Z
{when}
SUMMARY:Visit\\, second floor
LOCATION:Room 2
ORGANIZER;CN="Alice Moreau":mailto:alice@Desk.Example
ATTENDEE;CN=Carol;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:MAILTO:carol@client.example
ATTENDEE:mailto:dan@client.example
{more}END:VEVENT
END:VCALENDAR
"""


def invitation(when: str, *, method: str = "REQUEST", sequence: int = 0, more: str = "") -> bytes:
    body = EVENT.format(method=method, when=when, sequence=sequence, more=more).replace("\n", "\r\n").encode()
    return multipart(WORDS, part(b"text/calendar; charset=utf-8; method=REQUEST", body), kind=b"alternative")


def test_an_invitation_says_who_invites_whom_when() -> None:
    when = "DTSTART;TZID=Europe/Paris:20260105T100000\nDTEND;TZID=Europe/Paris:20260105T113000"
    mail = parse(invitation(when, sequence=2, more="RRULE:FREQ=WEEKLY;COUNT=4\n"))
    found = mail.invitation
    assert found is not None
    assert (found.method, found.uid, found.sequence) == ("REQUEST", "040000008200E00074C5B7101A82E008", 2)
    assert (found.summary, found.location, found.all_day, found.timezone) == (
        "Visit, second floor",
        "Room 2",
        False,
        "Europe/Paris",
    )
    assert found.starts_at == dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
    assert found.ends_at == dt.datetime(2026, 1, 5, 10, 30, tzinfo=dt.UTC)
    assert found.recurrence == "FREQ=WEEKLY;COUNT=4"
    assert found.organizer is not None
    assert (found.organizer.name, found.organizer.address) == ("Alice Moreau", "alice@desk.example")
    assert [(one.name, one.address, one.role, one.status) for one in found.attendees] == [
        ("Carol", "carol@client.example", "OPT-PARTICIPANT", "ACCEPTED"),
        ("", "dan@client.example", "REQ-PARTICIPANT", "NEEDS-ACTION"),
    ]
    assert mail.text.strip() == "hello world"
    assert [file.filename for file in mail.attachments] == ["invitation.ics"]


@pytest.mark.parametrize(
    ("when", "starts", "ends", "all_day"),
    [
        ("DTSTART:20260105T100000Z\nDURATION:PT90M", "2026-01-05T10:00", "2026-01-05T11:30", False),
        ("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260106", "2026-01-05T00:00", "2026-01-06T00:00", True),
        ("DTSTART:20260105T100000", "2026-01-05T10:00", None, False),
        ('DTSTART;TZID="W. Europe Standard Time":20260705T100000', "2026-07-05T08:00", None, False),
    ],
)
def test_times_are_instants(when: str, starts: str, ends: str | None, all_day: bool) -> None:
    found = parse(invitation(when)).invitation
    assert found is not None
    assert found.starts_at == dt.datetime.fromisoformat(starts).replace(tzinfo=dt.UTC)
    assert found.ends_at == (dt.datetime.fromisoformat(ends).replace(tzinfo=dt.UTC) if ends else None)
    assert found.all_day is all_day


def test_a_cancellation_has_the_uid_of_what_it_cancels() -> None:
    found = parse(invitation("DTSTART:20260105T100000Z", method="CANCEL", more="STATUS:CANCELLED\n")).invitation
    assert found is not None
    assert (found.method, found.uid, found.status) == ("CANCEL", "040000008200E00074C5B7101A82E008", "CANCELLED")


@pytest.mark.parametrize("content", [b"BEGIN:VCALENDAR\r\nrubbish", b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
def test_a_broken_calendar_is_kept_as_a_file_and_said(content: bytes) -> None:
    mail = parse(multipart(WORDS, part(b"text/calendar", content)))
    assert mail.invitation is None
    assert [file.content for file in mail.attachments] == [content]
    assert any("calendar" in said for said in mail.defects)
