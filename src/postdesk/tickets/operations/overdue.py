"""Tickets that were not answered by when it was promised: found by upkeep, told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from postdesk.tickets import alerts
from postdesk.tickets.alerts import Occasion
from postdesk.tickets.models import Event, Ticket
from postdesk.tickets.models.ticket import Status
from postdesk.tickets.notices import Scene
from postdesk.tickets.scenes import scene_of
from postdesk.tickets.voice import voice

#: Tickets in one transaction at most.
BATCH = 200


def mark_overdue(*, at: dt.datetime) -> int:
    """Write `ticket.overdue` on every ticket that became overdue, once for each promise. Returns how many."""
    marked = 0
    while found := len(_mark_some(at)):
        marked += found
        if found < BATCH:
            break
    return marked


@transaction.atomic
def _mark_some(at: dt.datetime) -> list[Ticket]:
    """One batch; a ticket that somebody else has in hand is left to the next time."""
    late = Ticket.objects.filter(status=Status.OPEN, due_at__lte=at, overdue_at__isnull=True).order_by("due_at")
    joined = late.select_related("sla", "user", "help_topic", "assignee", "team")
    rows = list(joined.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for ticket in rows:
        ticket.overdue_at, ticket.updated_at = at, at
    Ticket.objects.bulk_update(rows, ["overdue_at", "updated_at"])
    Event.objects.bulk_create(
        Event(
            ticket=ticket,
            name="ticket.overdue",
            at=at,
            data={
                "due": ticket.due_at.isoformat() if ticket.due_at else "",
                "sla": ticket.sla.name if ticket.sla else "",
                "muted": bool(ticket.sla and ticket.sla.mutes_alerts),
            },
        )
        for ticket in rows
    )
    _tell([ticket for ticket in rows if not (ticket.sla and ticket.sla.mutes_alerts)], at)
    return rows


def _tell(tickets: Sequence[Ticket], at: dt.datetime) -> None:
    """Overdue alerts, where the plan does not mute them."""
    if not tickets:
        return
    speaking = voice()
    occasions = [
        Occasion("overdue_alert", alerts.of(ticket), 0, Scene(ticket=scene_of(ticket, speaking)), email=ticket.email_id)
        for ticket in tickets
    ]
    alerts.tell(occasions, at=at, speaking=speaking)
