"""Ban and unban the user of a ticket, beside what is known of them."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.mailroom import bans
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.web.inbox.ticket import ticket_or_404
from postdesk.web.shared.doors import AgentRequest, door


@door("user.ban", "POST")
def ban(request: AgentRequest, number: int) -> HttpResponseBase:
    """Ban the owner's address; a ban of it that is disabled is set going again."""
    ticket = ticket_or_404(number, request.user, "user.ban")
    address = ticket.user.address
    row = bans.ban_of(address)
    setup = BanSetup(address, notes=row.notes if row else f"Banned on ticket #{ticket.number}.")
    save_ban(row, setup, by=request.user, at=clock.now())
    messages.success(request, f"{address} is banned. Their mail is turned away from now on.")
    return redirect("ticket", number=number)


@door("user.ban", "POST")
def lift(request: AgentRequest, number: int) -> HttpResponseBase:
    """Take the ban of the owner's own address away; bans of domains and wildcards are for the banlist."""
    ticket = ticket_or_404(number, request.user, "user.ban")
    row = bans.ban_of(ticket.user.address)
    if row is None:
        raise Refused(f"{ticket.user.address} itself is not on the banlist.")
    bans.delete([row.pk], by=request.user, at=clock.now())
    messages.success(request, f"{ticket.user.address} is not banned any more.")
    return redirect("ticket", number=number)
