"""What agents do to a ticket: reply, note, close, reopen, assign, transfer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.http import Http404, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.people.models import Agent, Team
from postdesk.tickets import canned, operations, queries
from postdesk.tickets.models import CannedFile, Entry, Ticket
from postdesk.tickets.operations import Upload
from postdesk.web.inbox.composing import chosen
from postdesk.web.inbox.ticket import page, ticket_or_404
from postdesk.web.shared.doors import AgentRequest, door


@door("ticket.reply", "POST")
@transaction.atomic
def reply(request: AgentRequest, number: int) -> HttpResponseBase:
    """Send a reply. Refused (409), words kept, when something arrived that the composer's `seen` did not know of.

    The ticket is held meanwhile: of a form that was sent twice the second finds the reply of the first.
    """
    ticket = ticket_or_404(number, request.user, "ticket.reply")
    operations.locked(ticket)
    text, close = request.POST.get("text", ""), "close" in request.POST
    held = kept(request, "reply")
    arrived = _arrived_since(ticket, request.POST.get("seen", ""))
    if arrived:
        newest = arrived[-1]
        return page(request, ticket, status=409, composer={**held, "arrived": arrived, "seen": newest.pk})
    try:
        copies, manner = _copies(request), chosen(request)
        files = [*_uploads(request), *canned.uploads(canned.files_for(ticket, _canned_files(request)))]
        entry = operations.reply(
            ticket, text=text, by=request.user, at=clock.now(), cc=copies, files=files, close=close, manner=manner
        )
    except Refused as refusal:
        return page(request, ticket, status=422, composer={**held, "error": refusal.message})
    if close:
        messages.success(request, f"Sent, and #{ticket.number} is closed.")
        return redirect("queue")
    return redirect(f"{reverse('ticket', args=[number])}#entry-{entry.pk}")


@door("ticket.note", "POST")
def note(request: AgentRequest, number: int) -> HttpResponseBase:
    ticket = ticket_or_404(number, request.user, "ticket.note")
    try:
        entry = operations.note(ticket, text=request.POST.get("text", ""), by=request.user, at=clock.now())
    except Refused as refusal:
        return page(request, ticket, status=422, composer={**kept(request, "note"), "error": refusal.message})
    return redirect(f"{reverse('ticket', args=[number])}#entry-{entry.pk}")


@door("ticket.reply", "POST")
def said(request: AgentRequest, number: int) -> HttpResponseBase:
    """Write down what the user said by another way than mail."""
    ticket = ticket_or_404(number, request.user, "ticket.reply")
    try:
        entry = operations.write_down(ticket, text=request.POST.get("text", ""), by=request.user, at=clock.now())
    except Refused as refusal:
        return page(request, ticket, status=422, composer={**kept(request, "call"), "error": refusal.message})
    return redirect(f"{reverse('ticket', args=[number])}#entry-{entry.pk}")


@door("ticket.reply", "POST")
def resendings(request: AgentRequest, number: int, entry: int) -> HttpResponseBase:
    """Send a reply again, to the people it went to."""
    ticket = ticket_or_404(number, request.user, "ticket.reply")
    row = Entry.objects.filter(ticket=ticket, pk=entry).first()
    if row is None:
        raise Http404
    operations.resend(row, by=request.user, at=clock.now())
    messages.success(request, f"Sent again to {', '.join((*row.to, *row.cc))}.")
    return redirect(f"{reverse('ticket', args=[number])}#entry-{row.pk}")


@door("ticket.transfer", "POST")
def splitting(request: AgentRequest, number: int, entry: int) -> HttpResponseBase:
    """Move a message into a ticket of its own; with `following`, everything after it as well."""
    ticket = ticket_or_404(number, request.user, "ticket.transfer")
    row = Entry.objects.filter(ticket=ticket, pk=entry).first()
    if row is None:
        raise Http404
    new = operations.split(row, following="following" in request.POST, by=request.user, at=clock.now())
    messages.success(request, f"This is #{new.number} now, a ticket of its own. It came out of #{ticket.number}.")
    return redirect("ticket", number=new.number)


@door("ticket.close", "POST", "DELETE")
def closure(request: AgentRequest, number: int) -> HttpResponseBase:
    """POST closes, DELETE opens again."""
    ticket = ticket_or_404(number, request.user, "ticket.close")
    if request.method == "DELETE":
        operations.reopen(ticket, by=request.user, at=clock.now())
        return redirect("ticket", number=number)
    operations.close(ticket, by=request.user, at=clock.now())
    messages.success(request, f"#{ticket.number} is closed.")
    return redirect("queue")


@door("ticket.close", "POST")
def reopening(request: AgentRequest, number: int) -> HttpResponseBase:
    ticket = ticket_or_404(number, request.user, "ticket.close")
    operations.reopen(ticket, by=request.user, at=clock.now())
    return redirect("ticket", number=number)


@door("ticket.assign", "POST")
def assignee(request: AgentRequest, number: int) -> HttpResponseBase:
    """Give the ticket to `agent` or to `team` (ids), or to nobody ("")."""
    ticket = ticket_or_404(number, request.user, "ticket.assign")
    operations.assign(ticket, to=_chosen(ticket, request.POST), by=request.user, at=clock.now())
    return _still_seen(request, number)


@door("ticket.transfer", "POST")
def department(request: AgentRequest, number: int) -> HttpResponseBase:
    """Move the ticket to `department` (an id)."""
    ticket = ticket_or_404(number, request.user, "ticket.transfer")
    wanted = request.POST.get("department", "")
    to = next((one for one in queries.departments_to_transfer_to(ticket) if str(one.pk) == wanted), None)
    if to is None:
        raise Refused("There is no such department to transfer the ticket to.")
    operations.transfer(ticket, to=to, by=request.user, at=clock.now())
    messages.success(request, f"#{ticket.number} is in {to.name} now.")
    return _still_seen(request, number)


def _still_seen(request: AgentRequest, number: int) -> HttpResponseBase:
    """Back to the ticket, or to the queue when it went where the agent does not see it any more."""
    seen = queries.ticket_by_number(number, request.user) is not None
    return redirect("ticket", number=number) if seen else redirect("queue")


def _chosen(ticket: Ticket, posted: QueryDict) -> Agent | Team | None:
    agent, team = posted.get("agent", ""), posted.get("team", "")
    if not agent and not team:
        return None
    candidates: tuple[Agent | Team, ...] = queries.assignable_to(ticket) if agent else queries.assignable_teams()
    for candidate in candidates:
        if str(candidate.pk) == (agent or team):
            return candidate
    raise Refused("This agent does not work in the ticket's department." if agent else "There is no such team.")


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


def _canned_files(request: AgentRequest) -> list[int]:
    """The files of canned responses that are still ticked."""
    return [int(one[:18]) for one in request.POST.getlist("canned_file") if one.isascii() and one.isdecimal()]


def kept(request: AgentRequest, kind: str) -> dict[str, Any]:
    """What the composer holds again when it was not sent."""
    return {
        "kind": kind,
        "text": request.POST.get("text", ""),
        "seen": request.POST.get("seen", ""),
        "cc_more": request.POST.get("cc_more", ""),
        "lost_files": len(request.FILES.getlist("files")),
        "chosen": request.POST.getlist("cc"),
        "sender": request.POST.get("sender", ""),
        "signature": request.POST.get("signature", ""),
        "audience": request.POST.get("audience", ""),
        "canned_files": list(CannedFile.objects.filter(pk__in=_canned_files(request))),
        "is_kept": True,
    }
