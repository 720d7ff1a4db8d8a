"""Send a reply again, word for word, to the people it went to (row H11)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk.basics.errors import Refused
from postdesk.mailroom.models import Blob, MailSettings
from postdesk.people.models import Agent
from postdesk.tickets.models import Entry, Event
from postdesk.tickets.models.thread import EntryKind
from postdesk.tickets.operations.answer import mail_reply
from postdesk.tickets.operations.manner import Manner, sender_choices
from postdesk.tickets.operations.posting import Upload
from postdesk.tickets.operations.state import locked
from postdesk.tickets.senders import senders
from postdesk.tickets.voice import voice


@transaction.atomic
def resend(entry: Entry, *, by: Agent, at: dt.datetime) -> Entry:
    """A new letter of an entry that was mailed before: same words, files, owner and copies, from the same address.

    Refused for what was never mailed. The signature is that of whoever wrote it.
    """
    ticket = locked(entry.ticket)
    entry = Entry.objects.select_related("letter", "agent").get(pk=entry.pk)
    if entry.kind != EntryKind.REPLY or not entry.to:
        raise Refused("This was not mailed, so it cannot be sent again.")
    before = entry.letter.email_id if entry.letter else None
    allowed = {row.pk for row in sender_choices(ticket, by)}
    mail_reply(
        ticket,
        entry,
        by=entry.agent or by,
        at=at,
        manner=Manner(sender=before if before in allowed else None),
        files=_files(entry) if MailSettings.objects.get_or_create(pk=1)[0].email_attachments else (),
        known=senders(),
        speaking=voice(),
    )
    Event.objects.create(
        ticket=ticket,
        name="reply.resent",
        at=at,
        agent=by,
        entry=entry,
        letter_id=entry.letter_id,
        data={"why": f"{by.name} sent it again to {', '.join((*entry.to, *entry.cc))}."},
    )
    return entry


def _files(entry: Entry) -> tuple[Upload, ...]:
    rows = [row for row in entry.attachments.order_by("position") if row.blob_id is not None]
    contents = dict(Blob.objects.filter(pk__in=[row.blob_id for row in rows]).values_list("id", "content"))
    return tuple(
        Upload(row.filename, row.content_type, bytes(contents[row.blob_id])) for row in rows if row.blob_id is not None
    )
