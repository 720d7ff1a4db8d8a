"""The search index: the words of new entries, put in after intake so that taking mail in never waits for it."""

from __future__ import annotations

from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from postdesk.mailroom import lanes
from postdesk.mailroom.bulk import does_not_fit
from postdesk.tickets.models import Entry

log = structlog.get_logger(__name__)

#: Entries in one statement, and characters of one entry's words; what is refused is tried with less.
BATCH: Final = 200
LONGEST: Final = 400_000
SHORTER: Final = (60_000, 10_000, 1_000)


def index() -> None:
    """The job: index until nothing is left."""
    lanes.drain("index", step=index_some, has_more=lambda: Entry.objects.filter(is_indexed=False).exists())


def index_some() -> bool:
    """Index the next entries. Returns whether there were any.

    A tsvector holds 1 MB at most, and PostgreSQL refuses what does not fit. Then the entries come one by one, and what
    is refused alone is indexed by less and less of its text, so that no entry stops the others.
    """
    try:
        return bool(_index(BATCH, LONGEST))
    except DatabaseError as error:
        if isinstance(error, OperationalError | InterfaceError) and not does_not_fit(error):
            raise
    for pk in [*Entry.objects.filter(is_indexed=False).order_by("id").values_list("id", flat=True)[:BATCH]]:
        _index_alone(pk)
    return True


def _index_alone(pk: int) -> None:
    for longest in (LONGEST, *SHORTER):
        try:
            _index(1, longest, only=pk)
        except DatabaseError as error:
            if isinstance(error, OperationalError | InterfaceError) and not does_not_fit(error):
                raise
            log.warning("index.refused", entry=pk, longest=longest, error=str(error)[:200])
        else:
            return
    # Not even its names: it is found by its ticket, not by its words.
    Entry.objects.filter(pk=pk).update(is_indexed=True)


@transaction.atomic
def _index(most: int, longest: int, *, only: int | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS (
                SELECT id FROM tickets_entry WHERE NOT is_indexed AND (%(only)s::bigint IS NULL OR id = %(only)s)
                ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
            ), done AS (
                UPDATE tickets_entry SET is_indexed = true FROM due WHERE tickets_entry.id = due.id
                RETURNING tickets_entry.*
            )
            INSERT INTO tickets_searchtext (entry_id, ticket_id, words)
            SELECT done.id, done.ticket_id, to_tsvector('simple', left(concat_ws(' ', done.subject, ticket.subject,
                   done.author_name, done.author_address, replace(done.author_address, '@', ' '), done.text),
                   %(longest)s))
            FROM done JOIN tickets_ticket AS ticket ON ticket.id = done.ticket_id
            ON CONFLICT (entry_id) DO UPDATE SET words = excluded.words
            """,
            {"most": most, "longest": longest, "only": only},
        )
        return int(cursor.rowcount)
