"""Senders whom an agent always lets in. Asked only about mail that would be held."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from postdesk.people.models import Agent
from postdesk.tickets.models import AllowedSender, Ticket


def is_allowed(address: str, ticket: int | None) -> bool:
    """Whether mail of that address (lower case) is let into the ticket (id), or, without one, as a new ticket."""
    here = Q(ticket__isnull=True) if ticket is None else Q(ticket__isnull=True) | Q(ticket=ticket)
    return bool(address) and AllowedSender.objects.filter(here, address=address).exists()


def allow(address: str, ticket: Ticket | None, *, by: Agent, at: dt.datetime) -> bool:
    """Let the address in from now on: in one ticket, or everywhere. False when it was already."""
    _row, is_new = AllowedSender.objects.get_or_create(
        address=address, ticket=ticket, defaults={"agent": by, "allowed_at": at}
    )
    return is_new


def disallow(row: AllowedSender) -> None:
    """Ask of the address what is asked of everybody, from now on."""
    row.delete()
