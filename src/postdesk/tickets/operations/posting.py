"""Put an entry on a ticket, with its files, and its letter into the outbox: what all operations that write share."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from postdesk.basics.ids import message_key
from postdesk.mail.compose import OutgoingFile
from postdesk.mail.message import Address
from postdesk.mailroom import blobs, outbox
from postdesk.mailroom.models import MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.outbox import NewLetter
from postdesk.mailroom.secrets import signing_keys
from postdesk.people.models import Agent
from postdesk.tickets import alerts
from postdesk.tickets.alerts import Occasion
from postdesk.tickets.letters import Draft, Sender, write
from postdesk.tickets.models import Entry, EntryAttachment, KnownMessageId, Ticket
from postdesk.tickets.models.thread import Direction, EntryKind
from postdesk.tickets.notices import Scene, Words, paragraphs
from postdesk.tickets.scenes import person, scene_of
from postdesk.tickets.voice import Voice


@dataclass(frozen=True, slots=True)
class Upload:
    """A file an agent attaches."""

    filename: str
    content_type: str
    content: bytes


def entry_of(
    ticket: Ticket, kind: EntryKind, text: str, by: Agent, at: dt.datetime, html: str = "", **addressed: list[str]
) -> Entry:
    """An agent's entry."""
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


def send(
    ticket: Ticket,
    entry: Entry,
    *,
    kind: Kind,
    sender: Sender,
    to: tuple[Address, ...],
    words: Words,
    mail: MailSettings,
    at: dt.datetime,
    cc: tuple[Address, ...] = (),
    files: tuple[OutgoingFile, ...] = (),
) -> NewLetter:
    """Compose a letter in the ticket's conversation and put it into the outbox. The entry's letter is this one now."""
    parent, references = conversation(ticket)
    draft = Draft(
        letter=outbox.next_ids("mailroom_letter", 1)[0],
        ticket=ticket.pk,
        entry=entry.pk,
        kind=kind,
        sender=sender,
        to=to,
        cc=cc,
        words=words,
        in_reply_to=parent,
        references=references,
        files=files,
        separator=mail.reply_separator if mail.strip_quoted_reply else None,
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
    return letter


def conversation(ticket: Ticket) -> tuple[str | None, tuple[str, ...]]:
    """The last mail of the thread, to answer to, and the ids before it, oldest first; digests are no ids."""
    rows = ticket.message_ids.exclude(message_id__startswith="sha256:").exclude(letter__kind=Kind.ALERT).order_by("id")
    ids = list(rows.values_list("message_id", "direction"))
    received = [message_id for message_id, direction in ids if direction == Direction.IN]
    parent = received[-1] if received else (ids[-1][0] if ids else None)
    return parent, tuple(message_id for message_id, _direction in ids if message_id != parent)


def attach(entry: Entry, files: Sequence[Upload]) -> None:
    """Keep the files on the entry."""
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


def enclosed(files: Sequence[Upload], settings: MailSettings) -> tuple[OutgoingFile, ...]:
    """The files that travel with the letter: none when the setting is off; they stay on the ticket."""
    if not settings.email_attachments:
        return ()
    return tuple(OutgoingFile(file.filename, file.content_type, file.content) for file in files)


def tell_of_activity(ticket: Ticket, entry: Entry, activity: str, *, by: Agent, at: dt.datetime, voice: Voice) -> None:
    """Internal Activity alerts: a colleague replied, or left a note."""
    if not voice.listens("note_alert"):
        return
    scene = Scene(ticket=scene_of(ticket, voice), note=paragraphs(entry.text), activity=activity, poster=person(by))
    occasion = Occasion("note_alert", alerts.of(ticket), entry.pk, scene, by.pk, email=ticket.email_id)
    alerts.tell([occasion], at=at, speaking=voice)
