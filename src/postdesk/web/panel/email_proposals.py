"""Servers proposed from the address alone: a worker looks, the page shows what it found, a click fills the fields."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render

from postdesk.basics import clock
from postdesk.basics.proposals import Proposal
from postdesk.mailroom import errands, proposals
from postdesk.mailroom.models import Errand
from postdesk.mailroom.models.connections import MailboxAuth
from postdesk.web.panel.email_page import email_or_404
from postdesk.web.shared.doors import AgentRequest, door


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal as the page has it: what it is called, and the controls it fills, as JSON."""

    proposal: Proposal
    fills: str
    is_oauth2: bool


@door("panel", "POST")
def ask(request: AgentRequest, pk: int) -> HttpResponseBase:
    """Send a worker to look; the part that shows how it is getting on."""
    email = email_or_404(pk)
    errand = proposals.ask(email.address, by=request.user, at=clock.now())
    return _part(request, pk, errand.pk)


@door("panel")
def show(request: AgentRequest, pk: int, errand: int) -> HttpResponseBase:
    """The part alone, asked for every second until the worker is back."""
    email_or_404(pk)
    return _part(request, pk, errand)


def _part(request: AgentRequest, pk: int, errand: int) -> HttpResponseBase:
    try:
        how = errands.progress(errand, by=request.user, at=clock.now())
    except Errand.DoesNotExist as error:
        raise Http404 from error
    found = [_offer(proposal) for proposal in proposals.found(how)]
    context = {
        "email_id": pk,
        "errand_id": errand,
        "how": how,
        "groups": [
            ("Fetch by", [offer for offer in found if offer.proposal.protocol != "smtp"][:4]),
            ("Send by", [offer for offer in found if offer.proposal.protocol == "smtp"][:4]),
        ],
        "found": found,
    }
    return render(request, "panel/emails/_proposals.html", context)


def _offer(proposal: Proposal) -> Offer:
    """What a click fills in: the servers, and for the mailbox how to sign in. To send is the same as the mailbox."""
    tab = "smtp" if proposal.protocol == "smtp" else "mailbox"
    fills: dict[str, str | int | bool] = {
        f"{tab}-host": proposal.hostname,
        f"{tab}-port": proposal.port,
        f"{tab}-username": proposal.username if tab == "mailbox" else "",
        f"{tab}-status": True,
    }
    if tab == "mailbox":
        fills["mailbox-protocol"] = proposal.protocol
        if proposal.auth in MailboxAuth.values:
            fills["mailbox-auth"] = proposal.auth
    return Offer(proposal, json.dumps(fills), proposal.auth.startswith("oauth2"))
