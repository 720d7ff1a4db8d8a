"""The ticket's page, and what it learns while it is open."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from postdesk.basics import clock
from postdesk.mailroom.bans import bans_of
from postdesk.mailroom.models.emails import BanKind
from postdesk.people.models import Agent
from postdesk.people.organisations import organisation_of
from postdesk.people.permissions import may, rights
from postdesk.tickets import queries
from postdesk.tickets.canned import canned_for
from postdesk.tickets.models import Ticket
from postdesk.web.inbox.composing import envelope
from postdesk.web.inbox.remarks import CHARSETS
from postdesk.web.inbox.thread import thread
from postdesk.web.shared.doors import AgentRequest, door


@door("ticket.read")
def show(request: AgentRequest, number: int) -> HttpResponseBase:
    ticket = ticket_or_404(number, request.user)
    return page(request, ticket)


@door("ticket.read")
def changes(request: AgentRequest, number: int) -> HttpResponseBase:
    """204 while nothing changed; else what was added after the asker's last entry and event, and the new state."""
    ticket = ticket_or_404(number, request.user)
    version = queries.thread_version(ticket)
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    last_entry, last_event = _number(request, "entry"), _number(request, "event")
    all_entries = queries.entries_of(ticket)
    events = queries.events_of(ticket)
    whole = thread(all_entries, events)
    fresh = [entry for entry in all_entries if entry.pk > last_entry]
    added = thread(
        fresh,
        [event for event in events if event.pk > last_event],
        alike=queries.invitations_like(fresh, request.user),
    )
    context = {
        **_facts(request, ticket),
        "version": version,
        "thread": whole,
        "added": added,
        "charsets": CHARSETS,
        "last_entry": last_entry,
    }
    return render(request, "inbox/_ticket_changes.html", context)


def page(
    request: AgentRequest, ticket: Ticket, *, status: int = 200, composer: dict[str, Any] | None = None
) -> HttpResponse:
    """The whole page; `composer` overrides what the composer holds (words kept after a refusal)."""
    before = _number(request, "before") or None
    entries = queries.entries_of(ticket, before=before)
    since = entries[0].created_at if before or len(entries) == queries.THREAD_PAGE else None
    shown = thread(
        entries,
        queries.events_of(ticket),
        since=since,
        alike=queries.invitations_like(entries, request.user),
    )
    sent = envelope(ticket, request.user)
    banned = bans_of(ticket.user.address)
    context = {
        "canned": list(canned_for(ticket.department_id).prefetch_related("files")[:12]),
        **_facts(request, ticket),
        "version": queries.thread_version(ticket),
        "thread": shown,
        "charsets": CHARSETS,
        "before": shown.before if len(entries) == queries.THREAD_PAGE else 0,
        "others": queries.other_tickets(ticket, request.user),
        "organisation": organisation_of(ticket.user.address),
        "bans": banned,
        "own_ban": any(ban.kind == BanKind.ADDRESS for ban in banned),
        "composer": {"kind": "reply", "text": "", "seen": shown.last_entry, "copies": sent.copies, **(composer or {})},
        "envelope": sent,
    }
    return render(request, "inbox/ticket.html", context, status=status)


def ticket_or_404(number: int, agent: Agent, verb: str = "ticket.read") -> Ticket:
    """The ticket if the agent may see it; a stranger's ticket does not exist for them. 403 when their role in its
    department does not let them do `verb`."""
    ticket = queries.ticket_by_number(number, agent)
    if ticket is None:
        raise Http404
    if not may(agent, verb, ticket.department_id):
        raise PermissionDenied
    return ticket


def _facts(request: AgentRequest, ticket: Ticket) -> dict[str, Any]:
    """What the header and the facts beside the thread show."""
    allowed = rights(request.user).all(ticket.department_id)
    return {
        "section": "queue",
        "ticket": ticket,
        "may": allowed,
        "agents": queries.assignable_to(ticket) if allowed["ticket_assign"] else (),
        "teams": queries.assignable_teams() if allowed["ticket_assign"] else (),
        "departments": queries.departments_to_transfer_to(ticket) if allowed["ticket_transfer"] else (),
        "is_late": ticket.due_at is not None and ticket.due_at <= clock.now(),
    }


def _number(request: AgentRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
