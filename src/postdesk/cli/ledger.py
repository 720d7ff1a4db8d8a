"""`postdesk ledger` and `postdesk held`: every message seen with its outcome, and those that wait for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from postdesk.basics.errors import Refused
from postdesk.cli.output import cell, iso, write_lines, write_table
from postdesk.cli.paging import SHOWN, pages
from postdesk.flow import source
from postdesk.flow.held import REVIEWABLE
from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom.models import Email, SpooledMail
from postdesk.tickets.models import Entry

#: Whole messages held in memory at once, to say who wrote them.
_READ_AT_ONCE = 20


def ledger(*, as_json: bool, mailbox: str | None, limit: int | None) -> None:
    """Newest first. Refused for an address that is not the desk's."""
    rows = _of(mailbox) if mailbox else SpooledMail.objects.all()
    if as_json:
        write_lines(_documents(rows, limit))
        return
    columns = ("id", "via", "folder", "uid", "message id", "outcome", "ticket", "reason", "seen")
    lines = (
        (
            one["id"],
            one["via"],
            one["folder"],
            one["uid"] or one["uidl"],
            one["message_id"],
            one["outcome"],
            one["ticket"],
            one["reason"],
            one["seen_at"],
        )
        for one in _documents(rows, limit or SHOWN)
    )
    write_table(columns, lines, empty="No message was seen yet.")


def held(*, as_json: bool, limit: int | None) -> None:
    """Held and shunted mail, newest first, with who wrote it and why it waits."""
    documents = _held(limit if as_json else limit or SHOWN)
    if as_json:
        write_lines(documents)
        return
    columns = ("id", "via", "from", "subject", "outcome", "reason", "seen")
    lines = (
        (
            one["id"],
            one["via"],
            one["from"]["address"] if one["from"] else "",
            cell(one["subject"])[:60],
            one["outcome"],
            one["reason"],
            one["seen_at"],
        )
        for one in documents
    )
    write_table(columns, lines, empty="No mail is held.")


def _of(address: str) -> QuerySet[SpooledMail]:
    email = Email.objects.select_related("mailbox").filter(address__iexact=address).first()
    if email is None:
        raise Refused(f"{address} is not an address of this desk")
    mailbox = getattr(email, "mailbox", None)
    # An address without a mailbox still has what was piped in for it.
    return SpooledMail.objects.filter(mailbox=mailbox) if mailbox else SpooledMail.objects.filter(via__iexact=address)


def _documents(rows: QuerySet[SpooledMail], limit: int | None) -> Iterator[dict[str, Any]]:
    for page in pages(rows.defer("traceback"), limit=limit):
        numbers = _ticket_numbers(page)
        yield from (_describe(row, numbers.get(row.pk)) for row in page)


def _held(limit: int | None) -> Iterator[dict[str, Any]]:
    rows = SpooledMail.objects.filter(outcome__in=REVIEWABLE)
    for page in pages(rows, limit=limit, size=_READ_AT_ONCE):
        contents = source.contents_of([row.pk for row in page if row.blob_id])
        for row in page:
            raw = contents.get(row.pk)
            mail = parse(raw) if raw is not None else ParsedMail()
            author = {"name": mail.from_.name, "address": mail.from_.address} if mail.from_ else None
            about = {"from": author, "subject": mail.subject, "stage": row.stage, "attempts": row.attempts}
            yield {**_describe(row, None), **about}


def _ticket_numbers(rows: Sequence[SpooledMail]) -> dict[int | None, int]:
    """Ledger id -> number of the ticket it became part of; one query."""
    entries = Entry.objects.filter(spooled__in=rows)
    return dict(entries.values_list("spooled_id", "ticket__number"))


def _describe(row: SpooledMail, ticket: int | None) -> dict[str, Any]:
    return {
        "id": row.pk,
        "via": row.via,
        "folder": row.folder,
        "uidvalidity": row.epoch if row.uid is not None else None,
        "uid": row.uid,
        "uidl": row.uidl,
        "message_id": row.message_id or None,
        "size": row.size,
        "outcome": row.outcome,
        "reason": row.reason,
        "ticket": ticket,
        "received_at": iso(row.received_at),
        "seen_at": iso(row.seen_at),
        "settled_at": iso(row.settled_at),
        "decided_at": iso(row.decided_at),
        "history": row.is_history,
    }
