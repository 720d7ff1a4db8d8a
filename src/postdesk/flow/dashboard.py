"""How the desk is doing, in few and quick questions: what the Dashboard shows.

Rows are in the order they came, so "since yesterday" is a range of ids: no index on time is kept up for it. Everything
else is a partial index or a small table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Count, QuerySet

from postdesk.mailroom.health import State
from postdesk.mailroom.models import Alert, Letter, SpooledMail
from postdesk.mailroom.models import outbox as letters
from postdesk.mailroom.models.spool import Outcome
from postdesk.tickets.models import Ticket

HOURS: Final = 24
#: Counting stops here: nobody needs to know by how much a thousand is exceeded.
CAP: Final = 1000
_ALERTS = 6
#: A letter that waits longer than a day to be sent is not looked for among those sent in an hour.
_LONGEST_WAIT: Final = dt.timedelta(days=1)
#: The order in which states of mailboxes are shown: what needs a look first.
STATES: Final[tuple[State, ...]] = ("failing", "late", "never", "paused", "fresh", "off")


@dataclass(frozen=True, slots=True)
class Hour:
    """Mail in one hour, which begins at `at`: messages received, letters that a server accepted."""

    at: dt.datetime
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The Dashboard. Counts stop above CAP."""

    mailboxes: dict[State, int]
    hours: tuple[Hour, ...]
    oldest: Ticket | None
    open: int
    held: int
    shunted: int
    outbox: dict[str, int]
    alerts: tuple[Alert, ...]

    @property
    def received(self) -> int:
        return sum(hour.received for hour in self.hours)

    @property
    def sent(self) -> int:
        return sum(hour.sent for hour in self.hours)


def overview(*, at: dt.datetime) -> Overview:
    """All of it, for one moment."""
    waiting = Ticket.objects.filter(status="open", is_answered=False)
    return Overview(
        mailboxes=mailboxes(at=at),
        hours=hours(at=at),
        oldest=waiting.filter(waiting_since__isnull=False).order_by("waiting_since", "id").first(),
        open=_capped(waiting),
        held=_capped(SpooledMail.objects.filter(outcome=Outcome.HELD)),
        shunted=_capped(SpooledMail.objects.filter(outcome=Outcome.SHUNTED)),
        outbox=outbox(),
        alerts=tuple(Alert.objects.order_by("-raised_at", "-id")[:_ALERTS]),
    )


def mailboxes(*, at: dt.datetime) -> dict[State, int]:
    """How many are in each state, by the rules of mailroom.health.freshness; states that none is in are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT CASE WHEN NOT status THEN 'off' WHEN paused_at IS NOT NULL THEN 'paused'
                        WHEN failures > 0 THEN 'failing' WHEN last_success_at IS NULL THEN 'never'
                        WHEN %s - last_success_at > greatest(1, 2 * frequency) * interval '1 minute' THEN 'late'
                        ELSE 'fresh' END AS state, count(*)
            FROM mailroom_remotemailbox GROUP BY 1
            """,
            [at],
        )
        found = dict(cursor.fetchall())
    return {state: found[state] for state in STATES if state in found}


def hours(*, at: dt.datetime) -> tuple[Hour, ...]:
    """The last HOURS hours, the oldest first, the one under way last."""
    last = at.replace(minute=0, second=0, microsecond=0)
    beginnings = [last - dt.timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    received, sent = _received(beginnings[0]), _sent(beginnings[0])
    return tuple(Hour(one, received.get(one, 0), sent.get(one, 0)) for one in beginnings)


def outbox() -> dict[str, int]:
    """Letters by state, but for those sent long since: what waits, and what needs a look."""
    states = letters.State
    counts = {
        states.QUEUED: _capped(Letter.objects.filter(state__in=(states.QUEUED, states.SENDING))),
        states.DEFERRED: _capped(Letter.objects.filter(state=states.DEFERRED)),
    }
    for state in (states.UNCERTAIN, states.BOUNCED, states.FAILED):
        counts[state] = _capped(Letter.objects.filter(state=state))
    return {str(state): count for state, count in counts.items()}


def _received(since: dt.datetime) -> Mapping[dt.datetime, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT date_trunc('hour', seen_at), count(*) FROM mailroom_spooledmail
            WHERE id > coalesce((SELECT id FROM mailroom_spooledmail WHERE seen_at < %(since)s
                                 ORDER BY id DESC LIMIT 1), 0)
              AND seen_at >= %(since)s AND outcome NOT IN ('left', 'unfetched')
            GROUP BY 1
            """,
            {"since": since},
        )
        return dict(cursor.fetchall())


def _sent(since: dt.datetime) -> Mapping[dt.datetime, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT date_trunc('hour', finished_at), count(*) FROM mailroom_letter
            WHERE id > coalesce((SELECT id FROM mailroom_letter WHERE created_at < %(made_since)s
                                 ORDER BY id DESC LIMIT 1), 0)
              AND finished_at >= %(since)s AND state = 'sent'
            GROUP BY 1
            """,
            {"since": since, "made_since": since - _LONGEST_WAIT},
        )
        return dict(cursor.fetchall())


def _capped(rows: QuerySet[Ticket] | QuerySet[SpooledMail] | QuerySet[Letter]) -> int:
    found: int = rows.order_by()[: CAP + 1].aggregate(count=Count("id"))["count"]
    return found
