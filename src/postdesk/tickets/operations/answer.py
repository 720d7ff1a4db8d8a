"""An agent answers: a reply that is mailed, or an internal note."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.basics.ids import message_key
from postdesk.mail.compose import OutgoingFile
from postdesk.mail.message import Address
from postdesk.mailroom import blobs, outbox
from postdesk.mailroom.models import MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.secrets import signing_keys
from postdesk.people.models import Agent
from postdesk.tickets.letters import Draft, Sender, write
from postdesk.tickets.models import Entry, EntryAttachment, Event, KnownMessageId, Ticket
from postdesk.tickets.models.thread import Direction, EntryKind
from postdesk.tickets.models.ticket import Status
from postdesk.tickets.notices import Person, Rich, Scene, paragraphs
from postdesk.tickets.operations.state import close as close_ticket
from postdesk.tickets.operations.state import locked
from postdesk.tickets.senders import senders
from postdesk.tickets.voice import voice


@dataclass(frozen=True, slots=True)
class Upload:
    """A file an agent attaches."""

    filename: str
    content_type: str
    content: bytes


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
) -> Entry:
    """Answer the ticket's owner, collaborators in Cc (or exactly `cc` when given).

    Refused for an empty text, for an owner without a usable address, and when no address of ours can send.
    """
    if not text.strip():
        raise Refused("The reply is empty.")
    ticket = locked(ticket)
    sender = _sender(ticket)
    to = Address(ticket.user.name, ticket.user.address)
    if "@" not in to.address:
        raise Refused("The ticket's user has no address that mail can be sent to.")
    copies = _copies(ticket, cc)
    entry = _entry(ticket, EntryKind.REPLY, text, by, at, html=html or "", to=[to.address], cc=list(copies))
    parent, references = _conversation(ticket)
    settings = MailSettings.objects.get_or_create(pk=1)[0]
    speaking = voice()
    scene = Scene(
        ticket=speaking.ticket_scene(
            number=ticket.number,
            subject=ticket.subject,
            owner=Person(ticket.user.name, ticket.user.address),
            department=ticket.department_id,
        ),
        recipient=Person(to.name, to.address),
        response=Rich(text.rstrip(), html) if html else paragraphs(text),
        signature=speaking.of(ticket.department_id).signature,
        staff=Person(by.name, by.email, by.signature),
        poster=Person(by.name, by.email, by.signature),
        company=sender.address.name,
        url=speaking.url,
    )
    words = speaking.words("ticket.reply", scene, department=ticket.department_id)
    draft = Draft(
        letter=outbox.next_ids("mailroom_letter", 1)[0],
        ticket=ticket.pk,
        entry=entry.pk,
        kind=Kind.REPLY,
        sender=sender,
        to=(to,),
        cc=tuple(Address("", address) for address in copies),
        words=words,
        in_reply_to=parent,
        references=references,
        files=_enclosed(files, settings),
        separator=settings.reply_separator if settings.strip_quoted_reply else None,
    )
    letter = write(draft, key=signing_keys()[0], at=at)
    outbox.put([letter], at=at)
    Entry.objects.filter(pk=entry.pk).update(letter=letter.pk)
    entry.letter_id = letter.pk
    KnownMessageId.objects.create(
        message_id=message_key(letter.message_id),
        direction=Direction.OUT,
        ticket=ticket,
        entry=entry,
        letter_id=letter.pk,
    )
    _attach(entry, files)
    _answered(ticket, by, at)
    Event.objects.create(ticket=ticket, name="reply.sent", at=at, agent=by, entry=entry, letter_id=letter.pk)
    jobs.defer("index")
    if close:
        close_ticket(ticket, by=by, at=at)
    return entry


@transaction.atomic
def note(ticket: Ticket, *, text: str, by: Agent, at: dt.datetime) -> Entry:
    """Add an internal note; no user ever sees it. Refused when empty."""
    if not text.strip():
        raise Refused("The note is empty.")
    ticket = locked(ticket)
    entry = _entry(ticket, EntryKind.NOTE, text, by, at)
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=at, entry_count=ticket.entry_count + 1)
    Event.objects.create(ticket=ticket, name="note.added", at=at, agent=by, entry=entry)
    jobs.defer("index")
    return entry


def recipients(ticket: Ticket) -> tuple[str, ...]:
    """Who a reply goes to by default: the owner first, then the active collaborators."""
    return (ticket.user.address, *_copies(ticket, None))


def _copies(ticket: Ticket, chosen: Sequence[str] | None) -> tuple[str, ...]:
    if chosen is None:
        active = ticket.collaborators.filter(is_active=True).select_related("user")
        chosen = [collaborator.user.address for collaborator in active]
    return tuple(dict.fromkeys(address for address in chosen if address.lower() != ticket.user.address))


def _sender(ticket: Ticket) -> Sender:
    """DeptOut, else the address it came through, else the Default System Email (osticket.md 5.1)."""
    known = senders()
    default = MailSettings.objects.values_list("default_email", flat=True).filter(pk=1).first()
    for email in (ticket.department.outgoing_email_id, ticket.email_id, default):
        sender = known.sender(email) if email is not None else None
        if sender is not None:
            return sender
    raise Refused("No address of the desk can send this: the department has none and no Default System Email is set.")


def _conversation(ticket: Ticket) -> tuple[str | None, tuple[str, ...]]:
    """The last mail of the thread, to answer to, and the ids before it, oldest first; digests are no ids."""
    rows = ticket.message_ids.exclude(message_id__startswith="sha256:").exclude(letter__kind=Kind.ALERT).order_by("id")
    ids = list(rows.values_list("message_id", "direction"))
    received = [message_id for message_id, direction in ids if direction == Direction.IN]
    parent = received[-1] if received else (ids[-1][0] if ids else None)
    return parent, tuple(message_id for message_id, _direction in ids if message_id != parent)


def _entry(
    ticket: Ticket, kind: EntryKind, text: str, by: Agent, at: dt.datetime, html: str = "", **addressed: list[str]
) -> Entry:
    return Entry.objects.create(
        ticket=ticket,
        kind=kind,
        agent=by,
        author_name=by.name,
        author_address=by.email,
        text=text,
        html=html,
        created_at=at,
        **addressed,
    )


def _attach(entry: Entry, files: Sequence[Upload]) -> None:
    stored = blobs.store([file.content for file in files])
    EntryAttachment.objects.bulk_create(
        EntryAttachment(
            entry=entry,
            position=position,
            filename=file.filename[:255],
            content_type=file.content_type[:255],
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            blob_id=blob,
        )
        for position, (file, blob) in enumerate(zip(files, stored, strict=True))
    )


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


def _enclosed(files: Sequence[Upload], settings: MailSettings) -> tuple[OutgoingFile, ...]:
    """The files that travel with the letter: none when the setting is off; they stay on the ticket."""
    if not settings.email_attachments:
        return ()
    return tuple(OutgoingFile(file.filename, file.content_type, file.content) for file in files)
