"""Read stored messages again, as they are understood today: improved parsing heals entries that are there already.

What a message says on its ticket is made anew from its raw bytes: words, HTML, files, remarks, search words. What
people wrote here is never touched, nothing is sent, and no decision is taken anew. Each chunk is one transaction, so
the run may be interrupted; a second run finds nothing left to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from postdesk import jobs
from postdesk.basics.errors import Invalid, Refused
from postdesk.basics.text import storable
from postdesk.flow import source
from postdesk.flow.understood import File, Understood, columns, snippet, understood
from postdesk.mail.charset import codec_for
from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom.models import MailSettings
from postdesk.people.models import Agent
from postdesk.tickets.models import Entry, EntryAttachment, Event, Ticket
from postdesk.tickets.models.thread import EntryKind

#: Entries and bytes of raw mail in one transaction at most (one message is taken whatever its size).
CHUNK: Final = 50
CHUNK_BYTES: Final = 16 * 1024 * 1024
_COLUMNS: Final = ("subject", "text", "new_text", "html", "automatic", "to", "cc", "remarks", "author_name")


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is understood otherwise than it is stored: field -> (before, after); files by their names."""

    entry: int
    ticket: int
    fields: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One chunk: how many were read, the last entry's id, and those that differ."""

    read: int
    last: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """An entry, and what its message says as it is read now."""

    entry: Entry
    what: Understood


def candidates(*, ticket: int | None = None, since: dt.datetime | None = None) -> QuerySet[Entry]:
    """Entries made from mail whose bytes are kept: of the ticket with that number, written at `since` or later."""
    rows = Entry.objects.filter(
        spooled__blob__isnull=False, letter__isnull=True, kind__in=(EntryKind.MESSAGE, EntryKind.NOTE)
    )
    if ticket is not None:
        rows = rows.filter(ticket__number=ticket)
    return rows.filter(created_at__gte=since) if since is not None else rows


def run(rows: QuerySet[Entry], *, at: dt.datetime, dry_run: bool = False) -> Iterator[Step]:
    """Read these again, the oldest first, chunk by chunk; what differs is stored unless `dry_run`."""
    after = 0
    while chunk := _next(rows, after):
        after = chunk[-1]
        yield _step(chunk, at=at, dry_run=dry_run)


def reread(entry: Entry, *, by: Agent, at: dt.datetime, charset: str | None = None) -> Difference | None:
    """Read one entry's message again, all of it. `charset`: read its words so; "": as it says itself; None: as before.

    Returns what changed. Raises Invalid("charset") for one we cannot read, Refused where no bytes are kept.
    """
    if charset and not codec_for(charset):
        raise Invalid("charset", f"{charset[:40]} is no charset that can be read.")
    if not candidates().filter(pk=entry.pk).exists():
        raise Refused("The message this was made from is not kept any more.")
    found = _step([entry.pk], at=at, by=by, charset=charset, whole=True).differences
    return found[0] if found else None


def _next(rows: QuerySet[Entry], after: int) -> list[int]:
    chosen: list[int] = []
    total = 0
    for pk, size in rows.filter(pk__gt=after).order_by("pk").values_list("pk", "spooled__size")[:CHUNK]:
        total += size or 0
        if chosen and total > CHUNK_BYTES:
            break
        chosen.append(pk)
    return chosen


@transaction.atomic
def _step(
    pks: Sequence[int],
    *,
    at: dt.datetime,
    by: Agent | None = None,
    charset: str | None = None,
    whole: bool = False,
    dry_run: bool = False,
) -> Step:
    rows = Entry.objects.filter(pk__in=pks).select_related("spooled").prefetch_related("attachments").order_by("pk")
    entries = list(rows if dry_run else rows.select_for_update(of=("self",)))
    settings = MailSettings.objects.filter(pk=1).first() or MailSettings()
    numbers = dict(Ticket.objects.filter(pk__in={one.ticket_id for one in entries}).values_list("pk", "number"))
    found: list[Difference] = []
    for entry in entries:
        reading, mail = _read(entry, settings, charset=charset, whole=whole)
        fields = _differences(reading, mail)
        if not fields:
            continue
        found.append(Difference(entry.pk, numbers[entry.ticket_id], fields))
        if not dry_run:
            _store(reading, fields, by=by, at=at)
    if found and not dry_run:
        jobs.defer("index")
    return Step(len(entries), max(pks), tuple(found))


def _read(entry: Entry, settings: MailSettings, *, charset: str | None, whole: bool) -> tuple[_Reading, ParsedMail]:
    assert entry.spooled is not None
    chosen = _chosen_charset(entry) if charset is None else charset
    in_part = not whole and "beginning_of" in entry.remarks and source.is_read_in_part(entry.spooled.size, settings)
    raw = source.contents_of([entry.spooled.pk], limited_by=settings if in_part else None)[entry.spooled.pk]
    mail = parse(raw, chosen)
    size = entry.spooled.size if in_part else None
    return _Reading(entry, understood(mail, settings, charset=chosen, beginning_of=size)), mail


def _chosen_charset(entry: Entry) -> str:
    """The charset an agent chose before: a later run keeps it."""
    name, how = (*entry.remarks.get("charset", ()), "", "")[:2]
    return str(name) if how == "chosen" else ""


def _differences(reading: _Reading, mail: ParsedMail) -> dict[str, tuple[Any, Any]]:
    entry, what = reading.entry, reading.what
    after: dict[str, Any] = {name: getattr(what, name) for name in _COLUMNS if name != "author_name"}
    after |= {"to": list(what.to), "cc": list(what.cc), "author_name": entry.author_name}
    if mail.from_ and mail.from_.address.lower() == entry.author_address.lower() and entry.kind == EntryKind.MESSAGE:
        after["author_name"] = storable(mail.from_.name)[:200]
    fields = {name: (getattr(entry, name), after[name]) for name in _COLUMNS if getattr(entry, name) != after[name]}
    stored = sorted(entry.attachments.all(), key=lambda file: file.position)
    if [_file(one) for one in stored] != list(what.files):
        fields["attachments"] = ([one.filename for one in stored], [one.filename for one in what.files])
    return fields


def _file(stored: EntryAttachment) -> File:
    return File(**{name: getattr(stored, name) for name in File.__slots__})


def _store(reading: _Reading, fields: dict[str, tuple[Any, Any]], *, by: Agent | None, at: dt.datetime) -> None:
    entry = reading.entry
    before_subject, before_snippet = entry.subject, snippet(entry.new_text or entry.text)
    for name, (_, after) in fields.items():
        if name != "attachments":
            setattr(entry, name, after)
    entry.is_indexed = False
    entry.save(update_fields=[*(name for name in fields if name != "attachments"), "is_indexed"])
    if "attachments" in fields:
        _store_files(entry, reading.what.files)
    _heal_ticket(entry, before_subject, before_snippet)
    who = by.name if by else "postdesk reparse"
    data: dict[str, object] = {"reread": f"{', '.join(sorted(_LABELS.get(name, name) for name in fields))} (by {who})"}
    Event.objects.create(
        ticket_id=entry.ticket_id, entry_id=entry.pk, name="message.reread", at=at, agent=by, data=data
    )


#: What the columns are called on the ticket.
_LABELS: Final = {"new_text": "new words", "to": "To", "cc": "Cc", "author_name": "sender's name", "html": "HTML"}


def _store_files(entry: Entry, files: Sequence[File]) -> None:
    """Files that are still there keep their row, and with it their address."""
    stored = list(entry.attachments.all())
    for file in files:
        same = next((one for one in stored if one.sha256 == file.sha256), None)
        if same is None:
            EntryAttachment.objects.create(entry_id=entry.pk, **columns(file))
            continue
        stored.remove(same)
        EntryAttachment.objects.filter(pk=same.pk).update(**columns(file))
    EntryAttachment.objects.filter(pk__in=[one.pk for one in stored], blob__isnull=True).delete()


def _heal_ticket(entry: Entry, before_subject: str, before_snippet: str) -> None:
    """What the queue shows of the ticket, where it came from this entry."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=entry.ticket_id)
    values: dict[str, Any] = {
        "has_attachments": EntryAttachment.objects.filter(entry__ticket=ticket, is_inline=False).exists()
    }
    if ticket.subject == before_subject and entry.subject:
        values["subject"] = entry.subject
    if ticket.snippet == before_snippet:
        values["snippet"] = snippet(entry.new_text or entry.text)
    Ticket.objects.filter(pk=ticket.pk).update(**values)
