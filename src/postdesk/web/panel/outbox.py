"""The outbox: every letter, what became of it for each recipient, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from postdesk.basics import clock
from postdesk.mailroom import outbox
from postdesk.mailroom.models import Letter
from postdesk.mailroom.models.outbox import State
from postdesk.tickets.models import KnownMessageId
from postdesk.web.shared.attention import letters_of, may_steer, unsettled_letters
from postdesk.web.shared.doors import AgentRequest, came_from, door

PAGE = 50
#: What can be shown, and what an empty list of it says.
VIEWS: Final[tuple[tuple[str, str, str], ...]] = (
    ("waiting", "Waiting", "No letter waits. What agents write leaves at once."),
    ("uncertain", "Uncertain", "Of every letter it is known whether it was sent."),
    ("failed", "Failed", "No letter was refused or came back."),
    ("sent", "Sent", "Nothing was sent yet."),
    ("all", "All", "Nothing was written yet."),
)
_STATES: Final[dict[str, tuple[str, ...]]] = {
    "waiting": (State.QUEUED, State.SENDING, State.DEFERRED),
    "uncertain": (State.UNCERTAIN,),
    "failed": (State.FAILED, State.BOUNCED),
    "sent": (State.SENT,),
}


@door("outbox.read")
def show(request: AgentRequest) -> HttpResponseBase:
    """One view, the newest first, a page at a time; the list alone for htmx."""
    asked = request.GET.get("view", "")
    view = asked if asked in {name for name, _label, _empty in VIEWS} else "waiting"
    letters = _seen_by(letters_of(request.user), view)
    before = request.GET.get("before", "")
    if before.isdecimal():
        letters = letters.filter(pk__lt=int(before[:18]))
    about = KnownMessageId.objects.select_related("ticket").order_by("pk")
    letters = letters.select_related("account__email").prefetch_related(
        "recipients", Prefetch("knownmessageid_set", about, to_attr="about")
    )
    rows = list(letters[: PAGE + 1])
    on_the_wire = outbox.being_sent()
    for letter in rows:
        if letter.pk in on_the_wire:
            letter.state = State.SENDING
    context: dict[str, Any] = {
        "section": "outbox",
        "view": view,
        "tabs": VIEWS,
        "empty": next(empty for name, _label, empty in VIEWS if name == view),
        "letters": rows[:PAGE],
        "more": rows[PAGE - 1].pk if len(rows) > PAGE else 0,
        "before": before,
        "unsettled": unsettled_letters(request.user).filter(state=State.UNCERTAIN)[:100].count(),
    }
    template = "panel/_outbox.html" if request.headers.get("HX-Request") else "panel/outbox.html"
    return render(request, template, context)


@door("outbox.steer", "POST")
def retries(request: AgentRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, outbox.retry_now, "The letter is tried again now.")


@door("outbox.steer", "POST")
def cancellation(request: AgentRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, outbox.cancel, "The letter is cancelled.")


@door("outbox.steer", "POST")
def delivery(request: AgentRequest, pk: int) -> HttpResponseBase:
    """An uncertain letter did arrive."""
    return _steered(request, pk, outbox.mark_sent, "The letter is marked as sent.")


@door("outbox.steer", "POST")
def sendings(request: AgentRequest, pk: int) -> HttpResponseBase:
    """An uncertain letter is sent again."""
    return _steered(request, pk, outbox.send_again, "The letter is sent again.")


def _steered(request: AgentRequest, pk: int, act: Callable[..., None], done: str) -> HttpResponseBase:
    letter = get_object_or_404(letters_of(request.user), pk=pk)
    if not may_steer(request.user, letter):
        raise PermissionDenied
    act(letter, by=request.user, at=clock.now())
    messages.success(request, done)
    return redirect(came_from(request) if request.headers.get("Referer") else "outbox")


def _seen_by(letters: QuerySet[Letter], view: str) -> QuerySet[Letter]:
    if view == "all":
        return letters
    if view == "failed":
        # A letter to several people is sent as a whole while one of them refused it.
        return letters.filter(
            Q(state__in=_STATES[view]) | Q(recipients__state__in=_STATES[view], state=State.SENT)
        ).distinct()
    return letters.filter(state__in=_STATES[view])
