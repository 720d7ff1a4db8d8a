"""`postdesk outbox`: what leaves, one line a recipient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from postdesk.cli.output import cell, iso, write_lines, write_table
from postdesk.cli.paging import SHOWN, pages
from postdesk.mailroom.models import LetterRecipient
from postdesk.tickets.models import KnownMessageId

#: Columns, never the letter's bytes.
_OF_LETTER = (
    "kind",
    "from_address",
    "subject",
    "message_id",
    "reason",
    "attempts",
    "next_try_at",
    "created_at",
    "finished_at",
)
_COLUMNS = ("id", "letter_id", "address", "state", "code", "enhanced", "reply", "queue_id", "updated_at")


def outbox(*, as_json: bool, limit: int | None) -> None:
    """Newest first."""
    if as_json:
        write_lines(_documents(limit))
        return
    columns = ("letter", "kind", "to", "subject", "state", "reason", "tries", "next try")
    rows = (
        (
            one["letter"],
            one["kind"],
            one["to"],
            cell(one["subject"])[:60],
            one["state"],
            one["reason"],
            one["attempts"],
            one["next_try_at"],
        )
        for one in _documents(limit or SHOWN)
    )
    write_table(columns, rows, empty="The outbox is empty.")


def _documents(limit: int | None) -> Iterator[dict[str, Any]]:
    recipients = LetterRecipient.objects.values(*_COLUMNS, *(f"letter__{name}" for name in _OF_LETTER))
    for page in pages(recipients, limit=limit):
        tickets = _tickets([row["letter_id"] for row in page])
        yield from (_describe(row, tickets.get(row["letter_id"])) for row in page)


def _tickets(letters: Sequence[int]) -> dict[int, int]:
    """Letter id -> number of the ticket it belongs to; one query."""
    rows = KnownMessageId.objects.filter(letter__in=set(letters))
    return dict(rows.values_list("letter_id", "ticket__number"))


def _describe(row: dict[str, Any], ticket: int | None) -> dict[str, Any]:
    waiting = row["state"] in {"queued", "deferred"}
    return {
        "letter": row["letter_id"],
        "ticket": ticket,
        "kind": row["letter__kind"],
        "from": row["letter__from_address"],
        "to": row["address"],
        "subject": row["letter__subject"],
        "message_id": row["letter__message_id"],
        "state": row["state"],
        "reason": row["reply"] or row["letter__reason"],
        "code": row["code"],
        "enhanced": row["enhanced"] or None,
        "queue_id": row["queue_id"] or None,
        "attempts": row["letter__attempts"],
        "next_try_at": iso(row["letter__next_try_at"]) if waiting else None,
        "created_at": iso(row["letter__created_at"]),
        "updated_at": iso(row["updated_at"]),
        "finished_at": iso(row["letter__finished_at"]),
    }
