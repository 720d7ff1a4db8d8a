"""What agents do to a ticket: reply, note, close, reopen, assign."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.people.models import Agent
from postdesk.tickets import operations, queries
from postdesk.tickets.models import Entry, Ticket
from postdesk.tickets.operations import Upload
from postdesk.web.inbox.ticket import page, ticket_or_404
from postdesk.web.shared.doors import AgentRequest, door


@door("ticket.reply", "POST")
def reply(request: AgentRequest, number: int) -> HttpResponseBase:
    """Send a reply. Refused (409), words kept, when something arrived that the composer's `seen` did not know of."""
    ticket = ticket_or_404(number, request.user)
    text, close = request.POST.get("text", ""), "close" in request.POST
    kept = _kept(request, "reply")
    arrived = _arrived_since(ticket, request.POST.get("seen", ""))
    if arrived:
        newest = arrived[-1]
        return page(request, ticket, status=409, composer={**kept, "arrived": arrived, "seen": newest.pk})
    try:
        copies, files = _copies(request), _uploads(request)
        entry = operations.reply(
            ticket, text=text, by=request.user, at=clock.now(), cc=copies, files=files, close=close
        )
    except Refused as refusal:
        return page(request, ticket, status=422, composer={**kept, "error": refusal.message})
    if close:
        messages.success(request, f"Sent, and #{ticket.number} is closed.")
        return redirect("queue")
    return redirect(f"{reverse('ticket', args=[number])}#entry-{entry.pk}")


@door("ticket.note", "POST")
def note(request: AgentRequest, number: int) -> HttpResponseBase:
    ticket = ticket_or_404(number, request.user)
    try:
        entry = operations.note(ticket, text=request.POST.get("text", ""), by=request.user, at=clock.now())
    except Refused as refusal:
        return page(request, ticket, status=422, composer={**_kept(request, "note"), "error": refusal.message})
    return redirect(f"{reverse('ticket', args=[number])}#entry-{entry.pk}")


@door("ticket.close", "POST", "DELETE")
def closure(request: AgentRequest, number: int) -> HttpResponseBase:
    """POST closes, DELETE opens again."""
    ticket = ticket_or_404(number, request.user)
    if request.method == "DELETE":
        operations.reopen(ticket, by=request.user, at=clock.now())
        return redirect("ticket", number=number)
    operations.close(ticket, by=request.user, at=clock.now())
    messages.success(request, f"#{ticket.number} is closed.")
    return redirect("queue")


@door("ticket.close", "POST")
def reopening(request: AgentRequest, number: int) -> HttpResponseBase:
    ticket = ticket_or_404(number, request.user)
    operations.reopen(ticket, by=request.user, at=clock.now())
    return redirect("ticket", number=number)


@door("ticket.assign", "POST")
def assignee(request: AgentRequest, number: int) -> HttpResponseBase:
    """Give the ticket to `agent` (an id), or to nobody ("")."""
    ticket = ticket_or_404(number, request.user)
    operations.assign(ticket, to=_chosen(ticket, request.POST.get("agent", "")), by=request.user, at=clock.now())
    return redirect("ticket", number=number)


def _chosen(ticket: Ticket, agent: str) -> Agent | None:
    if not agent:
        return None
    for candidate in queries.assignable_to(ticket):
        if str(candidate.pk) == agent:
            return candidate
    raise Refused("This agent does not work in the ticket's department.")


def _arrived_since(ticket: Ticket, seen: str) -> tuple[Entry, ...]:
    """Entries the writer has not seen; their own are no news to anybody."""
    if not seen.isdecimal():
        return ()
    return tuple(queries.entries_of(ticket, after=int(seen[:18])))


def _copies(request: AgentRequest) -> list[str] | None:
    """The chosen copies, None when the page did not ask. Refused for what is not an address."""
    if "copies_shown" not in request.POST:
        return None
    typed = request.POST.get("cc_more", "").replace(";", ",").replace(" ", ",").split(",")
    chosen = [*request.POST.getlist("cc"), *(address.strip() for address in typed if address.strip())]
    for address in chosen:
        try:
            validate_email(address)
        except ValidationError as error:
            raise Refused(f"“{address}” is not an e-mail address.") from error
    return chosen


def _uploads(request: AgentRequest) -> list[Upload]:
    files = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    return [Upload(file.name or "file", file.content_type or "application/octet-stream", file.read()) for file in files]


def _kept(request: AgentRequest, kind: str) -> dict[str, Any]:
    """What the composer holds again when it was not sent."""
    return {
        "kind": kind,
        "text": request.POST.get("text", ""),
        "seen": request.POST.get("seen", ""),
        "cc_more": request.POST.get("cc_more", ""),
        "lost_files": len(request.FILES.getlist("files")),
        "chosen": request.POST.getlist("cc"),
        "is_kept": True,
    }
