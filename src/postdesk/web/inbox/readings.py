"""How an entry's message was read: its headers and source, and reading it again."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.basics.errors import Invalid
from postdesk.flow import source as stored
from postdesk.flow.reread import reread
from postdesk.mail import headers as fields
from postdesk.tickets.models import Entry
from postdesk.web.inbox.remarks import remarks
from postdesk.web.inbox.ticket import ticket_or_404
from postdesk.web.shared.doors import AgentRequest, door

#: Bytes of the source on the page; all of it is in the download.
SHOWN: Final = 200_000


@door("ticket.read")
def headers(request: AgentRequest, number: int, entry: int) -> HttpResponseBase:
    """Every header, decoded, in its order, and the beginning of the source as it came."""
    ticket = ticket_or_404(number, request.user)
    row = _entry(ticket.pk, entry)
    raw = stored.beginning_of(row.spooled, SHOWN) if row.spooled else b""
    if not raw:
        raise Http404
    assert row.spooled is not None
    block, _ = fields.split(raw)
    context = {
        "section": "queue",
        "ticket": ticket,
        "entry": row,
        "remarks": remarks(row),
        "headers": [(name, fields.readable(value)) for name, value in fields.fields(block)],
        "source": raw.decode("utf-8", "replace").replace("\r\n", "\n"),
        "size": row.spooled.size,
        "is_cut": row.spooled.size > SHOWN,
    }
    return render(request, "inbox/headers.html", context)


@door("ticket.reply", "POST")
def again(request: AgentRequest, number: int, entry: int) -> HttpResponseBase:
    """Read the message again, all of it, in another charset where one is given."""
    ticket = ticket_or_404(number, request.user, "ticket.reply")
    row = _entry(ticket.pk, entry)
    try:
        changed = reread(row, by=request.user, at=clock.now(), charset=request.POST.get("charset"))
    except Invalid as refusal:
        messages.error(request, refusal.message)
    else:
        words = "The message was read again." if changed else "The message was read again; it says the same."
        messages.success(request, words)
    return redirect(f"{reverse('ticket', args=[number])}#entry-{row.pk}")


def _entry(ticket: int, entry: int) -> Entry:
    return get_object_or_404(Entry.objects.select_related("spooled"), pk=entry, ticket=ticket)
