"""Held and shunted mail: why it waits, what it is, and what a person makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Substr
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from postdesk.basics import clock
from postdesk.basics.errors import Invalid, Refused
from postdesk.flow import held
from postdesk.flow import source as stored
from postdesk.judge.thread import numbers_in
from postdesk.mail.lookalike import warnings
from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom.models import SpooledMail
from postdesk.people.permissions import may
from postdesk.tickets.allowed import disallow
from postdesk.tickets.models import AllowedSender, Ticket
from postdesk.tickets.queries import bounds
from postdesk.web.shared import policy
from postdesk.web.shared.attention import department_of, held_mail
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.tables import chosen

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
    return _page(request, _held(request, pk))


def _page(request: AgentRequest, row: SpooledMail, *, number: str = "", problem: str = "") -> HttpResponseBase:
    """`number`, `problem`: what was typed as the ticket to put it into, and what is wrong with that."""
    raw = stored.raw_bytes(row) if row.blob_id else b""
    mail = _readable(raw) if raw else None
    sender = mail.from_ if mail else None
    named = numbers_in(mail.subject) if mail else []
    context = {
        "section": "held",
        "row": row,
        "mail": mail,
        "warnings": warnings(sender.name, sender.address) if sender else (),
        "number": number or (str(named[0]) if named else ""),
        "problem": problem,
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
def joins(request: AgentRequest, pk: int) -> HttpResponseBase:
    """Put the message into the ticket whose number was typed."""
    row = _held(request, pk, "held.decide")
    try:
        number = _ticket(request, typed := request.POST.get("number", "")).number
        ticket = held.attach(row, number, by=request.user, at=clock.now())
    except Invalid as wrong:
        return _page(request, row, number=typed[:20], problem=wrong.message)
    messages.success(request, f"The message is in #{ticket.number} now. Nobody was answered automatically.")
    return redirect("ticket", number=ticket.number)


@door("held.decide", "POST")
def allowances(request: AgentRequest, pk: int) -> HttpResponseBase:
    """Always let the sender in: in the ticket whose number was typed, or everywhere when none was."""
    row = _held(request, pk, "held.decide")
    typed = request.POST.get("number", "").strip()
    try:
        ticket = _ticket(request, typed) if request.POST.get("where") == "ticket" else None
    except Invalid as wrong:
        return _page(request, row, number=typed[:20], problem=wrong.message)
    address = held.allow_sender(row, ticket=ticket, by=request.user, at=clock.now())
    where = f"in #{ticket.number}" if ticket else "everywhere"
    messages.success(request, f"{address} is let in {where} from now on, and the message is judged anew.")
    return redirect("held")


@door("held.decide", "POST")
def acts(request: AgentRequest) -> HttpResponseBase:
    """One decision about the chosen messages. Those that another agent decided about meanwhile are left out."""
    act = _BULK.get(request.POST.get("act", ""))
    done = 0
    for row in held_mail(request.user).filter(pk__in=chosen(request)).order_by("id") if act else ():
        if act is None or not may(request.user, "held.decide", department_of(row)):
            continue
        try:
            act[0](row, by=request.user, at=clock.now())
        except Refused:
            continue
        done += 1
    if done and act:
        messages.success(request, f"{done} message{'' if done == 1 else 's'} {act[1]}.")
    else:
        messages.error(request, "Nothing was done: choose messages first, of those that still wait for you.")
    return redirect("held")


@door("panel")
def allowed(request: AgentRequest) -> HttpResponseBase:
    """Who is always let in."""
    rows = AllowedSender.objects.select_related("ticket", "agent").order_by("-id")[:500]
    return render(request, "panel/held_allowed.html", {"section": "held", "rows": rows})


@door("panel", "POST")
def removal(request: AgentRequest, pk: int) -> HttpResponseBase:
    row = get_object_or_404(AllowedSender, pk=pk)
    disallow(row)
    messages.success(request, f"Of {row.address} is asked what is asked of everybody.")
    return redirect("held-allowed")


#: Decisions about several messages -> the operation, and what is said afterwards.
_BULK: Final[dict[str, tuple[Callable[..., object], str]]] = {
    "tickets": (held.make_ticket, "became tickets"),
    "retries": (held.retry, "judged anew"),
    "discarding": (held.discard, "discarded"),
}


def _ticket(request: AgentRequest, typed: str) -> Ticket:
    """The ticket of that number, with or without #. Raises Invalid when the agent sees none."""
    digits = typed.strip().removeprefix("#")
    seen = Ticket.objects.filter(bounds(request.user, "")).distinct()
    ticket = seen.filter(number=int(digits[:15])).first() if digits.isascii() and digits.isdecimal() else None
    if ticket is None:
        raise Invalid("number", f"There is no ticket #{digits[:20]} that you may see." if digits else "Which ticket?")
    return ticket


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
