"""An agent answers: a reply that is mailed, or an internal note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.mail.message import Address
from postdesk.mailroom.bans import refuse_banned
from postdesk.mailroom.models import MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.people.models import Agent
from postdesk.tickets.models import Entry, Event, Ticket
from postdesk.tickets.models.thread import EntryKind
from postdesk.tickets.models.ticket import Status
from postdesk.tickets.notices import Person, Rich, Scene, paragraphs
from postdesk.tickets.operations import manner as manners
from postdesk.tickets.operations.manner import Manner
from postdesk.tickets.operations.posting import Upload, attach, enclosed, entry_of, send, tell_of_activity
from postdesk.tickets.operations.state import close as close_ticket
from postdesk.tickets.operations.state import locked
from postdesk.tickets.scenes import scene_of
from postdesk.tickets.senders import Senders, our_addresses, senders
from postdesk.tickets.voice import Voice, voice

_DEFAULT = Manner()


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    text: str,
    by: Agent,
    at: dt.datetime,
    html: str | None = None,
    cc: Sequence[str] | None = None,
    files: Sequence[Upload] = (),
    close: bool = False,
    manner: Manner = _DEFAULT,
) -> Entry:
    """Answer the ticket's owner in one mail, collaborators in Cc (or exactly `cc` when given), as `manner` says.

    Refused for an empty text, for an owner without a usable address or on the banlist, for a sender or a copy that is
    not allowed, and when no address of ours can send.
    """
    if not text.strip():
        raise Refused("The reply is empty.")
    ticket = locked(ticket)
    known, speaking = senders(), voice()
    is_mailed = manner.audience != "none"
    if is_mailed and "@" not in ticket.user.address:
        raise Refused("The ticket's user has no address that mail can be sent to.")
    if is_mailed:
        refuse_banned(ticket.user.address)
    copies = manners.copies(ticket, cc, manner.audience, known.is_ours)
    to = [ticket.user.address] if is_mailed else []
    entry = entry_of(ticket, EntryKind.REPLY, text, by, at, html=html or "", to=to, cc=list(copies))
    attach(entry, files)
    if is_mailed:
        mail_reply(ticket, entry, by=by, at=at, manner=manner, files=files, known=known, speaking=speaking)
    _answered(ticket, by, at)
    data: dict[str, object] = {} if is_mailed else {"why": "Kept here only: it was mailed to nobody."}
    Event.objects.create(
        ticket=ticket, name="reply.sent", at=at, agent=by, entry=entry, letter_id=entry.letter_id, data=data
    )
    tell_of_activity(ticket, entry, "Reply", by=by, at=at, voice=speaking)
    jobs.defer("index")
    if close:
        close_ticket(ticket, by=by, at=at)
    return entry


def mail_reply(
    ticket: Ticket,
    entry: Entry,
    *,
    by: Agent,
    at: dt.datetime,
    manner: Manner,
    files: Sequence[Upload],
    known: Senders,
    speaking: Voice,
    code: str = "ticket.reply",
    kind: Kind = Kind.REPLY,
) -> None:
    """The letter of an agent's entry, to whom the entry names."""
    settings = MailSettings.objects.get_or_create(pk=1)[0]
    sender = manners.sender_of(ticket, known, by=by, manner=manner)
    agent = manners.shown(by, sender, speaking)
    words = paragraphs(entry.text)
    said = Rich(entry.text.rstrip(), entry.html) if entry.html else words
    scene = Scene(
        ticket=scene_of(ticket, speaking, to=(*entry.to, *entry.cc)),
        recipient=Person(ticket.user.name, ticket.user.address),
        response=said,
        message=said,
        signature=manners.signature(manner.signature, by=by, voice=speaking, department=ticket.department_id),
        staff=agent,
        poster=agent,
        company=sender.address.name,
        url=speaking.url,
    )
    send(
        ticket,
        entry,
        kind=kind,
        sender=manners.named(sender, by=by, voice=speaking, department=ticket.department_id),
        to=(Address(ticket.user.name, ticket.user.address),),
        cc=tuple(Address("", address) for address in entry.cc),
        words=speaking.words(code, scene, department=ticket.department_id),
        mail=settings,
        at=at,
        files=enclosed(files, settings),
    )


@transaction.atomic
def note(ticket: Ticket, *, text: str, by: Agent, at: dt.datetime) -> Entry:
    """Add an internal note; no user ever sees it. Refused when empty."""
    if not text.strip():
        raise Refused("The note is empty.")
    ticket = locked(ticket)
    entry = entry_of(ticket, EntryKind.NOTE, text, by, at)
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=at, entry_count=ticket.entry_count + 1)
    Event.objects.create(ticket=ticket, name="note.added", at=at, agent=by, entry=entry)
    tell_of_activity(ticket, entry, "Internal note", by=by, at=at, voice=voice())
    jobs.defer("index")
    return entry


def recipients(ticket: Ticket) -> tuple[str, ...]:
    """Who a reply goes to by default: the owner first, then the active collaborators."""
    return (ticket.user.address, *manners.copies(ticket, None, "all", our_addresses().__contains__))


def _answered(ticket: Ticket, by: Agent, at: dt.datetime) -> None:
    """Nobody waits any more. A ticket that is nobody's is claimed by who answers, where the department wants that."""
    if ticket.assignee_id is None and ticket.status == Status.OPEN and ticket.department.auto_claim:
        ticket.assignee = by
        Event.objects.create(ticket=ticket, name="ticket.claimed", at=at, agent=by, data={"to": by.name})
    ticket.is_answered, ticket.last_reply_at, ticket.updated_at, ticket.waiting_since = True, at, at, None
    ticket.entry_count += 1
    ticket.due_at = ticket.overdue_at = None
    answered = ["is_answered", "last_reply_at", "updated_at", "waiting_since", "entry_count", "due_at", "overdue_at"]
    ticket.save(update_fields=[*answered, "assignee"])
