"""What mail to an address becomes (Account tab, New Ticket Settings), as values, and the operation that makes it so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from postdesk.basics.changes import Change, differences
from postdesk.mailroom.models import Email
from postdesk.people import audit
from postdesk.tickets.models import Department, HelpTopic, NewTicketSettings


@dataclass(frozen=True, slots=True)
class NewTicketSetup:
    """Names, "" for the system's default."""

    department: str = ""
    help_topic: str = ""
    priority: str = ""
    autoresponse: bool = True


def new_ticket_setup(row: NewTicketSettings) -> NewTicketSetup:
    """The settings as stored."""
    return NewTicketSetup(
        department=row.department.name if row.department else "",
        help_topic=row.help_topic.name if row.help_topic else "",
        priority=row.priority,
        autoresponse=row.autoresponse,
    )


def save_new_tickets(email: Email, setup: NewTicketSetup, *, by: audit.Actor, at: dt.datetime) -> tuple[Change, ...]:
    """Say what mail to an address becomes. Returns what changed (nothing for a new address)."""
    row: NewTicketSettings | None = getattr(email, "new_tickets", None)
    before = new_ticket_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row and not changes:
        return ()
    row = row or NewTicketSettings(email=email)
    row.department = Department.objects.get(name=setup.department) if setup.department else None
    row.help_topic = HelpTopic.objects.get(name=setup.help_topic) if setup.help_topic else None
    row.priority, row.autoresponse = setup.priority, setup.autoresponse
    row.save()
    audit.saved(row, email.address, before, setup, by=by, at=at)
    return changes
