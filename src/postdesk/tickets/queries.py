"""Reads for the screens and the command line, named by what they return.

Made for a million tickets: every list walks one index from a cursor on (no OFFSET), every count stops at a
cap, and no page asks more often because it shows more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from django.contrib.postgres.search import SearchQuery
from django.db.models import IntegerField, Max, Prefetch, Q, QuerySet, Subquery
from django.db.models.fields.json import KT

from postdesk.basics import clock
from postdesk.mailroom.models import Letter
from postdesk.people.models import Agent, Team, User
from postdesk.tickets.models import Department, Entry, Event, KnownMessageId, Membership, SearchText, Ticket
from postdesk.tickets.models.ticket import Status

Shelf = Literal["open", "overdue", "answered", "closed", "mine"]
Order = Literal["newest", "oldest"]

PAGE: Final = 50
#: Counts stop here and are shown as "1000+".
COUNT_CAP: Final = 1000
SEARCH_LIMIT: Final = 100
#: At most so many matching entries are looked at, the newest first.
SEARCH_DEPTH: Final = 1000
THREAD_PAGE: Final = 100
#: Anything in a mail's HTML that its plain text cannot show.
_RICH: Final = r"<(img|table|h[1-6]|ul|ol|font|center)\M"
#: An image that is fetched from elsewhere when it is shown.
_REMOTE: Final = r"<img[^>]+src\s*=\s*[\"']?\s*(https?:)?//"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One shelf of the queue: which tickets stand on it, and the instant they are ordered by (never null there)."""

    where: Q
    column: str
    #: Only those whose instant has passed.
    is_past: bool = False


_RULES: Final[dict[Shelf, _Rule]] = {
    "open": _Rule(Q(status=Status.OPEN, is_answered=False), "waiting_since"),
    "overdue": _Rule(Q(status=Status.OPEN, is_answered=False), "due_at", is_past=True),
    "answered": _Rule(Q(status=Status.OPEN, is_answered=True), "last_reply_at"),
    "closed": _Rule(Q(status=Status.CLOSED), "closed_at"),
    "mine": _Rule(Q(status=Status.OPEN), "updated_at"),
}
SHELVES: Final[tuple[Shelf, ...]] = ("open", "overdue", "mine", "answered", "closed")


@dataclass(frozen=True, slots=True)
class Page:
    """Some tickets, and the cursor of the page after them ("" when there is none)."""

    tickets: tuple[Ticket, ...]
    next: str


class _Counted(Subquery):
    """How many rows a subquery has, as a value of another query."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def visible_to(agent: Agent) -> QuerySet[Ticket]:
    """What an agent may see: an admin all tickets, others their departments', and what they or a team were given."""
    return Ticket.objects.filter(bounds(agent))


def bounds(agent: Agent, path: str = "") -> Q:
    """`visible_to` as a condition on a row that leads to a ticket by `path` ("ticket__")."""
    if agent.is_admin:
        return Q()
    theirs = Q(**{f"{path}department__in": departments_of(agent)}) | Q(**{f"{path}assignee": agent})
    return theirs | Q(**{f"{path}team__in": teams_of(agent)})


def departments_of(agent: Agent) -> QuerySet[Membership, int]:
    return Membership.objects.filter(agent=agent).values_list("department_id", flat=True)


def teams_of(agent: Agent) -> QuerySet[Team, int]:
    """The active teams they are in or lead."""
    return Team.objects.filter(Q(members=agent) | Q(lead=agent), is_active=True).values_list("id", flat=True)


def on_shelf(agent: Agent, shelf: Shelf) -> QuerySet[Ticket]:
    """The tickets of one shelf, in no order."""
    rule = _RULES[shelf]
    tickets = visible_to(agent).filter(rule.where)
    if rule.is_past:
        # Not by `overdue_at`: upkeep notes that a little later.
        tickets = tickets.filter(**{f"{rule.column}__lte": clock.now()})
    if shelf != "mine":
        return tickets
    # What a team was given is everybody's in it until one of them takes it.
    return tickets.filter(Q(assignee=agent) | Q(assignee__isnull=True, team__in=teams_of(agent)))


def queue(agent: Agent, shelf: Shelf = "open", *, order: Order = "newest", after: str = "", limit: int = PAGE) -> Page:
    """One page of a shelf. `after` is the cursor of the page before; one that is nonsense begins at the top."""
    column = _RULES[shelf].column
    tickets = on_shelf(agent, shelf)
    cursor = _read_cursor(after)
    beyond, sign = ("gt", "") if order == "oldest" else ("lt", "-")
    if cursor is not None:
        at, pk = cursor
        # The first condition bounds the index scan; the second settles ties.
        tickets = tickets.filter(Q(**{f"{column}__{beyond}e": at}))
        tickets = tickets.filter(Q(**{f"{column}__{beyond}": at}) | Q(**{f"pk__{beyond}": pk}))
    rows = list(_with_people(tickets).order_by(f"{sign}{column}", f"{sign}id")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(tuple(rows), _cursor(rows[-1], column) if more else "")


def counts(agent: Agent) -> dict[Shelf, int]:
    """How many stand on each watched shelf, up to COUNT_CAP + 1, by one query. Nobody waits for closed ones."""
    watched: tuple[Shelf, ...] = ("open", "overdue", "mine", "answered")
    capped = [_Counted(on_shelf(agent, shelf).order_by().values("pk")[: COUNT_CAP + 1]) for shelf in watched]
    numbers = Agent.objects.filter(pk=agent.pk).values_list(*capped).first()
    return dict(zip(watched, numbers, strict=True)) if numbers else {}


def version(tickets: Sequence[Ticket], numbers: dict[Shelf, int]) -> str:
    """Changes whenever what the queue shows has changed."""
    parts = [
        f"{ticket.pk}:{ticket.updated_at.timestamp()}:{ticket.assignee_id}:{ticket.team_id}:{ticket.queue}:{ticket.overdue_at}"
        for ticket in tickets
    ]
    return hashlib.sha256(repr((parts, sorted(numbers.items()))).encode()).hexdigest()[:16]


def pulse() -> str:
    """Two index look-ups that tell nearly always whether any ticket changed at all.

    Nearly: a transaction that began before another and ends after it can change neither maximum.
    """
    newest = Ticket.objects.aggregate(at=Max("updated_at"), pk=Max("pk"))
    return f"{newest['at'].timestamp() if newest['at'] else 0}-{newest['pk'] or 0}"


def search(agent: Agent, words: str) -> tuple[Ticket, ...]:
    """Tickets by number ("#123", "123"), address (whole or its beginning), and words of subject and text.

    The newest SEARCH_LIMIT; words follow websearch rules: "a phrase", -without, this or that.
    """
    words = " ".join(words.split())
    if not words:
        return ()
    found: set[int] = set()
    number = words.removeprefix("#")
    if number.isdecimal() and len(number) < 19:
        found.update(visible_to(agent).filter(number=int(number)).values_list("pk", flat=True))
        if words.startswith("#"):
            return _newest(agent, found)
    if "@" in words or "." in words or " " not in words:
        people = User.objects.filter(address__startswith=words.lower()).values_list("pk", flat=True)[:SEARCH_DEPTH]
        mine = visible_to(agent).filter(user__in=list(people)).order_by("-id")
        found.update(mine.values_list("pk", flat=True)[:SEARCH_DEPTH])
    query = SearchQuery(words, config="simple", search_type="websearch")
    entries = SearchText.objects.filter(bounds(agent, "ticket__"), words=query).order_by("-entry_id")
    found.update(entries.values_list("ticket_id", flat=True)[:SEARCH_DEPTH])
    return _newest(agent, found)


def ticket_by_number(number: int, agent: Agent | None = None) -> Ticket | None:
    """The ticket with everything its header shows; None when there is none, or none that `agent` may see."""
    tickets = Ticket.objects.all() if agent is None else visible_to(agent)
    related = ("user", "department__outgoing_email", "assignee", "team", "help_topic", "email", "sla")
    return tickets.filter(number=number).select_related(*related).first()


def entries_of(
    ticket: Ticket, *, after: int = 0, before: int | None = None, limit: int = THREAD_PAGE
) -> tuple[Entry, ...]:
    """The newest `limit` entries, oldest first, with authors, files, letter and recipients.

    `html` stays in the database; instead `has_html`, `is_rich` (it shows what text cannot)
    and `has_remote_images` are set.
    """
    entries = Entry.objects.filter(ticket=ticket, pk__gt=after)
    if before is not None:
        entries = entries.filter(pk__lt=before)
    entries = entries.annotate(
        has_html=~Q(html=""), is_rich=Q(html__iregex=_RICH), has_remote_images=Q(html__iregex=_REMOTE)
    ).defer("html")
    rows = entries.select_related("agent", "user").prefetch_related("attachments", _letters("letter")).order_by("-pk")
    return tuple(reversed(rows[:limit]))


def invitations_like(entries: Sequence[Entry], agent: Agent, *, limit: int = 200) -> tuple[Entry, ...]:
    """Every message about the events that `entries` invite to, on tickets the agent may see, oldest first; without
    their words. No query when there is no invitation among them."""
    uids = {str(entry.remarks["invitation"]["uid"]) for entry in entries if _names_an_event(entry)}
    if not uids:
        return ()
    rows = Entry.objects.filter(bounds(agent, "ticket__"), remarks__has_key="invitation")
    rows = rows.annotate(event=KT("remarks__invitation__uid")).filter(event__in=uids)
    found = rows.select_related("ticket").only("id", "remarks", "ticket__number").order_by("-pk")[:limit]
    return tuple(reversed(found))


def _names_an_event(entry: Entry) -> bool:
    return bool(entry.remarks.get("invitation", {}).get("uid"))


def events_of(ticket: Ticket, *, after: int = 0, limit: int = 500) -> tuple[Event, ...]:
    """The newest `limit` events, oldest first, with who, and the letter's fate where there is one."""
    events = Event.objects.filter(ticket=ticket, pk__gt=after).select_related("agent")
    return tuple(reversed(events.prefetch_related(_letters("letter")).order_by("-pk")[:limit]))


def thread_version(ticket: Ticket) -> str:
    """Changes whenever the ticket's page would show something else: the ticket, an event, a letter's fate."""
    events = Event.objects.filter(ticket=ticket).order_by("-pk").values_list("pk", flat=True)[:1]
    sent = KnownMessageId.objects.filter(ticket=ticket, letter__isnull=False).order_by("pk", "letter__recipients__pk")
    rows = sent.values_list(
        "letter__state", "letter__reason", "letter__recipients__state", "letter__recipients__updated_at"
    )
    shown = (
        ticket.updated_at,
        ticket.entry_count,
        ticket.queue,
        ticket.assignee_id,
        ticket.team_id,
        list(events),
        list(rows),
    )
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def other_tickets(ticket: Ticket, agent: Agent, *, limit: int = 5) -> tuple[Ticket, ...]:
    """The user's other tickets, newest first."""
    others = visible_to(agent).filter(user=ticket.user_id).exclude(pk=ticket.pk)
    return tuple(others.order_by("-id")[:limit])


def assignable_to(ticket: Ticket) -> tuple[Agent, ...]:
    """Who can be given the ticket: active agents of its department, and admins; nobody who is away."""
    members = Membership.objects.filter(department=ticket.department_id).values("agent")
    agents = Agent.objects.filter(Q(is_admin=True) | Q(pk__in=members), is_active=True, on_vacation=False)
    return tuple(agents)


def assignable_teams() -> tuple[Team, ...]:
    """The teams that can be given tickets."""
    return tuple(Team.objects.filter(is_active=True))


def departments_to_transfer_to(ticket: Ticket) -> tuple[Department, ...]:
    """Every active department but the ticket's own."""
    return tuple(Department.objects.filter(is_active=True).exclude(pk=ticket.department_id))


def _with_people(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.select_related("user", "assignee", "team", "department")


def _newest(agent: Agent, found: set[int]) -> tuple[Ticket, ...]:
    return tuple(_with_people(visible_to(agent).filter(pk__in=found)).order_by("-updated_at", "-id")[:SEARCH_LIMIT])


def _letters(path: str) -> Prefetch[str]:
    return Prefetch(path, Letter.objects.defer("raw").prefetch_related("recipients"))


def _cursor(ticket: Ticket, column: str) -> str:
    at = getattr(ticket, column)
    return f"{at.isoformat()}_{ticket.pk}" if at else ""


def _read_cursor(text: str) -> tuple[dt.datetime, int] | None:
    at, _, pk = text.rpartition("_")
    try:
        instant = dt.datetime.fromisoformat(at)
        return (instant, int(pk)) if instant.tzinfo else None
    except ValueError:
        return None
