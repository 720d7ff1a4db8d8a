"""Close, reopen and assign a ticket."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk.basics.errors import Refused
from postdesk.people.models import Agent
from postdesk.tickets import promises
from postdesk.tickets.models import Event, Ticket
from postdesk.tickets.models.ticket import Status


@transaction.atomic
def close(ticket: Ticket, *, by: Agent, at: dt.datetime) -> None:
    """Refused when it is closed already."""
    ticket = locked(ticket)
    if ticket.status == Status.CLOSED:
        raise Refused(f"Ticket #{ticket.number} is closed already.")
    ticket.status, ticket.closed_at, ticket.waiting_since, ticket.updated_at = Status.CLOSED, at, None, at
    ticket.due_at = ticket.overdue_at = None
    ticket.save(update_fields=["status", "closed_at", "waiting_since", "updated_at", "due_at", "overdue_at"])
    Event.objects.create(ticket=ticket, name="ticket.closed", at=at, agent=by)


@transaction.atomic
def reopen(ticket: Ticket, *, by: Agent, at: dt.datetime) -> None:
    """Refused when it is open. The user is taken to wait from now on, unless the last word was ours."""
    ticket = locked(ticket)
    if ticket.status == Status.OPEN:
        raise Refused(f"Ticket #{ticket.number} is open already.")
    ticket.status, ticket.closed_at, ticket.updated_at = Status.OPEN, None, at
    ticket.waiting_since = None if ticket.is_answered else at
    promises.recount(ticket)
    ticket.save(update_fields=["status", "closed_at", "waiting_since", "updated_at", "due_at", "overdue_at"])
    Event.objects.create(ticket=ticket, name="ticket.reopened", at=at, agent=by)


@transaction.atomic
def assign(ticket: Ticket, *, to: Agent | None, by: Agent, at: dt.datetime) -> None:
    """Give the ticket to an agent, or to nobody. Refused for an agent who is not active."""
    ticket = locked(ticket)
    if to is not None and not to.is_active:
        raise Refused(f"{to.name} is not active and cannot be given tickets.")
    if ticket.assignee_id == (to.pk if to else None):
        return
    ticket.assignee, ticket.updated_at = to, at
    ticket.save(update_fields=["assignee", "updated_at"])
    name = "ticket.assigned" if to else "ticket.unassigned"
    Event.objects.create(ticket=ticket, name=name, at=at, agent=by, data={"to": to.name if to else ""})


def locked(ticket: Ticket) -> Ticket:
    """The row as it is now, ours until the transaction ends."""
    return Ticket.objects.select_for_update().get(pk=ticket.pk)
