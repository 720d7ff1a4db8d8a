"""Canned responses in the composer: found by typing, put where one writes, with their files."""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.http import Http404, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from postdesk.tickets.canned import canned_for, filled
from postdesk.tickets.models import CannedResponse, Ticket
from postdesk.web.inbox.acts import kept
from postdesk.web.inbox.ticket import page, ticket_or_404
from postdesk.web.shared.doors import AgentRequest, door

#: Responses shown at once; typing finds the others.
SHOWN: Final = 12


def matching(ticket: Ticket, words: str) -> list[CannedResponse]:
    """Those whose title or text has every word, by title."""
    wanted = Q()
    for word in words.replace("\x00", "")[:200].split():
        wanted &= Q(title__icontains=word) | Q(text__icontains=word)
    return list(canned_for(ticket.department_id).filter(wanted).prefetch_related("files")[:SHOWN])


@door("ticket.reply", "GET", "HEAD", "POST")
def responses(request: AgentRequest, number: int) -> HttpResponseBase:
    """GET: the responses that match `q`, for the list. POST: the page again, with the one called `canned` put below
    what is written already; so it works without scripts."""
    ticket = ticket_or_404(number, request.user, "ticket.reply")
    if request.method != "POST":
        found = matching(ticket, request.GET.get("q", ""))
        return render(request, "inbox/_canned.html", {"ticket": ticket, "responses": found})
    row = _response(ticket, request.POST.get("canned", ""))
    written = request.POST.get("text", "").rstrip()
    text = filled(row, ticket, by=request.user)
    composer = {**kept(request, "reply"), "text": f"{written}\n\n{text}".strip()}
    files = {file.pk: file for file in (*composer["canned_files"], *row.files.all())}
    return page(request, ticket, composer={**composer, "canned_files": list(files.values())})


@door("ticket.reply")
def response(request: AgentRequest, number: int, pk: int) -> HttpResponseBase:
    """One response filled in for the ticket, and its files, for the script that puts it in."""
    ticket = ticket_or_404(number, request.user, "ticket.reply")
    row = _response(ticket, str(pk))
    files = [{"id": file.pk, "name": file.filename} for file in row.files.all()]
    return JsonResponse({"title": row.title, "text": filled(row, ticket, by=request.user), "files": files})


def _response(ticket: Ticket, pk: str) -> CannedResponse:
    if not (pk.isascii() and pk.isdecimal()) or len(pk) > 18:
        raise Http404
    return get_object_or_404(canned_for(ticket.department_id), pk=int(pk))
