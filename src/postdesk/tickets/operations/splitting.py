"""Move messages into a ticket of their own: a join is undone, or a conversation is split where a new matter begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction

from postdesk.basics.errors import Refused
from postdesk.people.models import Agent, User
from postdesk.tickets import promises
from postdesk.tickets.models import Entry, Event, KnownMessageId, SearchText, Ticket, TicketEmail
from postdesk.tickets.models.thread import EntryKind
from postdesk.tickets.models.ticket import Status
from postdesk.tickets.operations.state import locked


@transaction.atomic
def split(entry: Entry, *, following: bool, by: Agent, at: dt.datetime) -> Ticket:
    """Open a ticket of the entry's author with the message, and with everything after it when `following`.

    What is known of the messages goes with them, Message-IDs included, so that answers to them find the new ticket.
    Nobody is written to. Refused for what is no user's message, and for the first entry of a ticket.
    """
    old = locked(entry.ticket)
    rows = list(Entry.objects.filter(ticket=old).order_by("id").defer("html"))
    place = next((place for place, row in enumerate(rows) if row.pk == entry.pk), 0)
    user = rows[place].user
    if rows[place].kind != EntryKind.MESSAGE or user is None:
        raise Refused("Only a user's message can become a ticket of its own.")
    if place == 0:
        raise Refused("This is the ticket's first entry: nothing would stay in the ticket.")
    moved = rows[place:] if following else [rows[place]]
    new = _new(old, rows[place], user, at)
    _move(moved, new)
    kept = [row for row in rows if row not in moved]
    for ticket, entries in ((old, kept), (new, moved)):
        _recount(ticket, entries)
        ticket.save()
    how_many = "a message" if len(moved) == 1 else f"{len(moved)} entries"
    sentence = f"{by.name} moved {how_many} out of #{old.number}."
    data: dict[str, object] = {"why": sentence, "follows": f"#{old.number}", "department": new.department.name}
    Event.objects.create(ticket=new, name="ticket.opened", at=at, agent=by, entry=entry, data=data)
    Event.objects.create(ticket=old, name="ticket.split", at=at, agent=by, data={"to": f"#{new.number}"})
    _close_again(old, moved, by, at)
    return new


def _new(old: Ticket, first: Entry, user: User, at: dt.datetime) -> Ticket:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('tickets_number')")
        number = int(cursor.fetchone()[0])
    new = Ticket.objects.create(
        number=number,
        subject=first.subject.strip() or old.subject,
        department=old.department,
        help_topic=old.help_topic,
        priority=old.priority,
        user=user,
        assignee=old.assignee,
        team=old.team,
        sla=old.sla,
        email=old.email,
        source=old.source,
        opened_at=at,
        updated_at=at,
    )
    known = TicketEmail.objects.filter(ticket=old).values_list("email_id", flat=True)
    TicketEmail.objects.bulk_create(TicketEmail(ticket=new, email_id=email) for email in known)
    return new


def _move(moved: Sequence[Entry], new: Ticket) -> None:
    ids = [row.pk for row in moved]
    Entry.objects.filter(pk__in=ids).update(ticket=new)
    for model in (Event, KnownMessageId, SearchText):
        model.objects.filter(entry__in=ids).update(ticket=new)


def _recount(ticket: Ticket, entries: Sequence[Entry]) -> None:
    """What the queue shows, from the entries there are now: who wrote last, and since when the user waits."""
    replies = [row for row in entries if row.kind == EntryKind.REPLY]
    messages = [row for row in entries if row.kind == EntryKind.MESSAGE and (row is entries[0] or not row.automatic)]
    unanswered = [row for row in messages if not replies or row.pk > replies[-1].pk]
    ticket.entry_count = len(entries)
    ticket.has_attachments = Entry.objects.filter(
        pk__in=[row.pk for row in entries], attachments__is_inline=False
    ).exists()
    ticket.last_message_at = messages[-1].created_at if messages else None
    ticket.last_reply_at = replies[-1].created_at if replies else None
    ticket.is_answered = bool(replies) and not unanswered
    waits = bool(unanswered) and ticket.status == Status.OPEN
    ticket.waiting_since = unanswered[0].created_at if waits else None
    newest = messages[-1] if messages else entries[-1]
    ticket.snippet = " ".join((newest.new_text or newest.text)[:600].split())[:200]
    promises.recount(ticket)


def _close_again(old: Ticket, moved: Sequence[Entry], by: Agent, at: dt.datetime) -> None:
    """A ticket that only the moved messages had opened again is closed again."""
    opened = Event.objects.filter(ticket=old, name__in=("ticket.reopened", "ticket.closed")).order_by("id").last()
    came = {row.created_at for row in moved}
    if opened is None or opened.name != "ticket.reopened" or opened.agent_id is not None or opened.at not in came:
        return
    old.status, old.closed_at, old.waiting_since, old.due_at, old.overdue_at = Status.CLOSED, at, None, None, None
    old.save(update_fields=["status", "closed_at", "waiting_since", "due_at", "overdue_at"])
    why = "Only the message that went away had opened it again."
    Event.objects.create(ticket=old, name="ticket.closed", at=at, agent=by, data={"why": why})
