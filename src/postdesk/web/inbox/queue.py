"""The queue: open, overdue, mine, answered, closed; found by number, subject, address and words; live."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from postdesk.basics import clock
from postdesk.tickets import queries
from postdesk.tickets.queries import Order, Shelf
from postdesk.web.inbox.first_steps import next_step
from postdesk.web.shared.doors import AgentRequest, door

#: Every so many seconds the whole shelf is compared, whatever the pulse says.
WHOLE_LOOK: Final = 5
#: What each shelf is called, and what an empty one says.
SHELVES: Final[dict[Shelf, tuple[str, str, str]]] = {
    "open": ("Open", "Nobody is waiting", "Everything is answered. New mail appears here by itself."),
    "overdue": ("Overdue", "Nothing is overdue", "Tickets not answered by when their SLA plan promised stand here."),
    "mine": ("Mine", "Nothing is yours", "Tickets you are given, open and answered, stand here."),
    "answered": ("Answered", "Nothing is answered", "Open tickets whose last word is yours stand here."),
    "closed": ("Closed", "Nothing is closed yet", "Closed tickets stay here, and come back when their user writes."),
}


@door("ticket.read")
def show(request: AgentRequest) -> HttpResponseBase:
    """The whole page. "#123" in the search goes straight to that ticket."""
    words = request.GET.get("q", "").strip()
    if words:
        return _found(request, words)
    return render(request, "inbox/queue.html", _context(request))


@door("ticket.read")
def changes(request: AgentRequest) -> HttpResponseBase:
    """204 while the first page of the shelf is as the asker has it (`version`), else the new list and counts."""
    known, _, pulse = request.GET.get("version", "").partition(".")
    if pulse == queries.pulse() and clock.now().second % WHOLE_LOOK:
        return HttpResponse(status=204)
    context = _context(request)
    if known == context["version"].partition(".")[0]:
        return HttpResponse(status=204)
    return render(request, "inbox/_changes.html", context)


def _context(request: AgentRequest) -> dict[str, Any]:
    shelf, order = _shelf(request), _order(request)
    # Taken first: what changes while the rest is read is then seen by the next question.
    pulse = queries.pulse()
    after = request.GET.get("after", "")
    page = queries.queue(request.user, shelf, order=order, after=after)
    numbers = queries.counts(request.user)
    title, empty, hint = SHELVES[shelf]
    return {
        "section": "queue",
        "shelf": shelf,
        "order": order,
        "after": after,
        "page": page,
        "tickets": page.tickets,
        "tabs": [(name, SHELVES[name][0], numbers.get(name)) for name in queries.SHELVES],
        "title": title,
        "empty": empty,
        "hint": hint,
        "step": next_step(request.user) if shelf == "open" and not page.tickets and not after else None,
        "version": f"{queries.version(page.tickets, numbers)}.{pulse}",
    }


def _found(request: AgentRequest, words: str) -> HttpResponseBase:
    tickets = queries.search(request.user, words)
    if words.startswith("#") and len(tickets) == 1:
        return redirect("ticket", number=tickets[0].number)
    context = {
        "section": "queue",
        "q": words,
        "tickets": tickets,
        "limit": queries.SEARCH_LIMIT,
        "is_cut": len(tickets) == queries.SEARCH_LIMIT,
        "tabs": [(name, SHELVES[name][0], None) for name in queries.SHELVES],
    }
    return render(request, "inbox/search.html", context)


def _shelf(request: AgentRequest) -> Shelf:
    asked = request.GET.get("view", "open")
    return next((shelf for shelf in SHELVES if shelf == asked), "open")


def _order(request: AgentRequest) -> Order:
    return "oldest" if request.GET.get("order") == "oldest" else "newest"
