"""The Dashboard's numbers are right, and quick when there are many rows."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter

import pytest
from django.db import connection

from postdesk.flow import dashboard
from postdesk.mailroom.health import freshness
from postdesk.mailroom.models import Alert, Email, Letter, RemoteMailbox, SpooledMail
from tests.support import builders

pytestmark = pytest.mark.django_db

AT = builders.NOON + dt.timedelta(minutes=20)
HOUR = dt.timedelta(hours=1)


def a_mailbox(number: int, **fields: object) -> RemoteMailbox:
    email = Email.objects.create(address=f"box{number}@desk.example", name="Box", created_at=AT, updated_at=AT)
    return RemoteMailbox.objects.create(email=email, host="mail.example", **fields)  # type: ignore[misc]


def test_mailboxes_are_counted_by_the_very_states_their_page_shows() -> None:
    ago = {minutes: AT - dt.timedelta(minutes=minutes) for minutes in (1, 9, 11, 60)}
    rows = [
        {"last_success_at": ago[1]},
        {"last_success_at": ago[9]},
        {"last_success_at": ago[11]},
        {"last_success_at": ago[60], "frequency": 60},
        {"last_success_at": ago[1], "failures": 3},
        {"paused_at": ago[60], "failures": 3},
        {"status": False, "paused_at": ago[60]},
        {},
    ]
    mailboxes = [a_mailbox(number, **fields) for number, fields in enumerate(rows)]

    found = dashboard.mailboxes(at=AT)

    assert found == Counter(freshness(mailbox, at=AT).state for mailbox in mailboxes)
    assert [*found] == ["failing", "late", "never", "paused", "fresh", "off"]


def test_hours_hold_what_came_and_what_left_in_them() -> None:
    for back in (24, 23, 1, 0, 0):
        builders.a_spooled_mail(at=AT - back * HOUR)
    builders.a_spooled_mail(at=AT, outcome="left")
    for back, made_before in ((0, 0), (2, 5), (30, 0)):
        letter = builders.a_letter(ticket=builders.a_ticket())
        at = AT - back * HOUR
        Letter.objects.filter(pk=letter.pk).update(state="sent", finished_at=at, created_at=at - made_before * HOUR)
    failed = builders.a_letter(ticket=builders.a_ticket())
    Letter.objects.filter(pk=failed.pk).update(state="failed", finished_at=AT, created_at=AT)

    hours = dashboard.hours(at=AT)

    assert len(hours) == 24
    assert hours[-1].at == AT.replace(minute=0)
    assert {
        number - 23: (hour.received, hour.sent) for number, hour in enumerate(hours) if hour.received + hour.sent
    } == {
        -23: (1, 0),
        -2: (0, 1),
        -1: (1, 0),
        0: (2, 1),
    }


def test_what_waits_is_counted_and_the_oldest_is_named() -> None:
    builders.a_ticket("young", waiting_since=AT - HOUR)
    old = builders.a_ticket("old", waiting_since=AT - 5 * HOUR)
    builders.a_ticket("answered", is_answered=True)
    builders.a_ticket("closed", status="closed", waiting_since=AT - 9 * HOUR)
    builders.a_spooled_mail(outcome="held")
    builders.a_spooled_mail(outcome="shunted")
    letter = builders.a_letter(ticket=old)
    Letter.objects.filter(pk=letter.pk).update(state="uncertain")
    Alert.objects.create(kind="mailbox.failing", about="mailbox:1", text="It fails.", raised_at=AT)

    found = dashboard.overview(at=AT)

    assert (found.oldest, found.open, found.held, found.shunted) == (old, 2, 1, 1)
    assert found.outbox == {"queued": 0, "deferred": 0, "uncertain": 1, "bounced": 0, "failed": 0}
    assert [alert.text for alert in found.alerts] == ["It fails."]


def test_an_empty_desk_is_no_error() -> None:
    found = dashboard.overview(at=AT)

    assert (found.oldest, found.received, found.sent, found.mailboxes) == (None, 0, 0, {})


def test_forty_thousand_rows_are_counted_quickly_and_old_ones_are_not_read() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO mailroom_spooledmail (via, folder, epoch, size, message_id, seen_at, outcome, reason, attempts,
                stage, traceback, is_history)
            SELECT 'a@desk.example', 'INBOX', 1, 1000, '', %s::timestamptz - (40000 - n) * interval '6 seconds',
                'ticket', '', 0, '', '', false FROM generate_series(1, 40000) AS n
            """,
            [AT],
        )
        cursor.execute("ANALYZE mailroom_spooledmail")
    best = min(_seconds() for _ in range(5))

    assert sum(hour.received for hour in dashboard.hours(at=AT)) == 14_001
    assert SpooledMail.objects.count() == 40_000
    assert best < 0.25, "far more than it takes, so that a busy machine does not matter"


def _seconds() -> float:
    began = time.perf_counter()
    dashboard.overview(at=AT)
    return time.perf_counter() - began
