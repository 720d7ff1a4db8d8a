"""`postdesk tickets`: the list of tickets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from postdesk.cli.output import cell, iso, write_lines, write_table
from postdesk.cli.paging import SHOWN, pages
from postdesk.tickets.models import KnownMessageId, Ticket
from postdesk.tickets.models.thread import Direction

_JOINED = ("department", "help_topic", "user", "email", "assignee")


def tickets(*, as_json: bool, limit: int | None) -> None:
    """Newest first: all of them as JSON Lines, the newest hundred as a table."""
    if as_json:
        write_lines(_documents(limit))
        return
    columns = ("number", "subject", "status", "department", "priority", "user", "entries", "opened")
    rows = (
        (
            ticket.number,
            cell(ticket.subject)[:60],
            ticket.queue,
            ticket.department.name,
            ticket.priority,
            ticket.user.address,
            ticket.entry_count,
            ticket.opened_at,
        )
        for page in pages(Ticket.objects.select_related(*_JOINED), limit=limit or SHOWN)
        for ticket in page
    )
    write_table(columns, rows, empty="No tickets yet.")


def describe_ticket(ticket: Ticket, received: Sequence[str]) -> dict[str, Any]:
    """One ticket as the reference describes it; `received`: the Message-IDs of the mail that belongs to it."""
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status,
        "answered": ticket.is_answered,
        "department": ticket.department.name,
        "help_topic": ticket.help_topic.name if ticket.help_topic else None,
        "priority": ticket.priority,
        "user": ticket.user.address,
        "user_name": ticket.user.name,
        "assignee": ticket.assignee.email if ticket.assignee else None,
        "entries": ticket.entry_count,
        "message_ids": list(received),
        "opened_at": iso(ticket.opened_at),
        "updated_at": iso(ticket.updated_at),
        "closed_at": iso(ticket.closed_at),
        "via": ticket.email.address if ticket.email else None,
    }


def find_ticket(number: int) -> Ticket | None:
    """The ticket with this number and all it names, in one query."""
    return Ticket.objects.select_related(*_JOINED).filter(number=number).first()


def message_ids(tickets: Sequence[Ticket]) -> dict[int, list[str]]:
    """Ticket id -> Message-IDs of received mail, oldest first; one query."""
    rows = KnownMessageId.objects.filter(ticket__in=tickets, direction=Direction.IN).order_by("id")
    found: dict[int, list[str]] = defaultdict(list)
    for ticket, message_id in rows.values_list("ticket", "message_id"):
        found[ticket].append(message_id)
    return found


def _documents(limit: int | None) -> Iterator[dict[str, Any]]:
    for page in pages(Ticket.objects.select_related(*_JOINED), limit=limit):
        received = message_ids(page)
        yield from (describe_ticket(ticket, received.get(ticket.pk, ())) for ticket in page)
