"""Held and shunted mail: why it waits, what it is, and what a person makes of it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Substr
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from postdesk.basics import clock
from postdesk.flow import held
from postdesk.flow import source as stored
from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom.models import SpooledMail
from postdesk.people.permissions import may
from postdesk.web.shared import policy
from postdesk.web.shared.attention import department_of, held_mail
from postdesk.web.shared.doors import AgentRequest, door

PAGE = 50
#: Bytes of each message that the list reads to show who wrote and about what.
HEAD = 8 * 1024
#: Bytes of raw source shown on the page; all of it is there as a download.
SOURCE_SHOWN = 64 * 1024


@door("held.read")
def show(request: AgentRequest) -> HttpResponseBase:
    """The newest first, a page at a time (`before`: the id the page before ended with)."""
    waiting = held_mail(request.user).select_related("mailbox__email").defer("traceback")
    before = request.GET.get("before", "")
    if before.isdecimal():
        waiting = waiting.filter(pk__lt=int(before[:18]))
    rows = list(waiting.annotate(head=Substr("blob__content", 1, HEAD))[: PAGE + 1])
    more = rows[PAGE - 1].pk if len(rows) > PAGE else 0
    lines = [(row, _readable(bytes(cast(memoryview | None, row.head) or b""))) for row in rows[:PAGE]]
    return render(request, "panel/held.html", {"section": "held", "lines": lines, "more": more})


@door("held.read")
def one(request: AgentRequest, pk: int) -> HttpResponseBase:
    """One message: its words, why it waits, its traceback, its source."""
    row = _held(request, pk)
    raw = stored.raw_bytes(row) if row.blob_id else b""
    context = {
        "section": "held",
        "row": row,
        "mail": _readable(raw) if raw else None,
        "source": raw[:SOURCE_SHOWN].decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}"),
        "is_cut": len(raw) > SOURCE_SHOWN,
    }
    return render(request, "panel/held_mail.html", context)


@door("held.read")
def source(request: AgentRequest, pk: int) -> HttpResponse:
    """The raw message as a download."""
    row = _held(request, pk)
    if not row.blob_id:
        raise Http404
    response = HttpResponse(stored.raw_bytes(row), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="held-{row.pk}.eml"'
    response.headers["Content-Security-Policy"] = policy.FILE_POLICY
    return response


@door("held.decide", "POST")
def retries(request: AgentRequest, pk: int) -> HttpResponseBase:
    held.retry(_held(request, pk, "held.decide"), by=request.user, at=clock.now())
    messages.success(request, "The message is judged anew, with today's program and rules.")
    return redirect("held")


@door("held.decide", "POST")
def tickets(request: AgentRequest, pk: int) -> HttpResponseBase:
    ticket = held.make_ticket(_held(request, pk, "held.decide"), by=request.user, at=clock.now())
    messages.success(request, f"Ticket #{ticket.number} was made of the message. Nobody was answered automatically.")
    return redirect("ticket", number=ticket.number)


@door("held.decide", "POST")
def discarding(request: AgentRequest, pk: int) -> HttpResponseBase:
    held.discard(_held(request, pk, "held.decide"), by=request.user, at=clock.now())
    messages.success(request, "Discarded. The ledger keeps the message's bytes.")
    return redirect("held")


def _held(request: AgentRequest, pk: int, verb: str = "held.read") -> SpooledMail:
    """The message if it waits for a decision and the agent may see it; 403 when they may not do `verb` about it."""
    row = get_object_or_404(held_mail(request.user).select_related("mailbox__email"), pk=pk)
    if not may(request.user, verb, department_of(row)):
        raise PermissionDenied
    return row


def _readable(raw: bytes) -> ParsedMail | None:
    """The message, or its beginning, as it is understood today; None when reading it is what fails."""
    try:
        return parse(raw)
    except Exception:  # noqa: BLE001 - the page exists to show the very message that broke the program
        return None
