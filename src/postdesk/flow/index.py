"""The search index: the words of new entries, put in after intake so that taking mail in never waits for it."""

from __future__ import annotations

from django.db import connection, transaction

from postdesk.mailroom import lanes
from postdesk.tickets.models import Entry

BATCH = 200


def index() -> None:
    """The job: index until nothing is left."""
    lanes.drain("index", step=index_some, has_more=lambda: Entry.objects.filter(is_indexed=False).exists())


@transaction.atomic
def index_some() -> bool:
    """Index the next entries. Returns whether there were any. Long text is cut: a tsvector holds 1 MB at most."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS (
                SELECT id FROM tickets_entry WHERE NOT is_indexed ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            ), done AS (
                UPDATE tickets_entry SET is_indexed = true FROM due WHERE tickets_entry.id = due.id
                RETURNING tickets_entry.*
            )
            INSERT INTO tickets_searchtext (entry_id, ticket_id, words)
            SELECT done.id, done.ticket_id, to_tsvector('simple', left(concat_ws(' ', done.subject, ticket.subject,
                   done.author_name, done.author_address, replace(done.author_address, '@', ' '), done.text), 60000))
            FROM done JOIN tickets_ticket AS ticket ON ticket.id = done.ticket_id
            ON CONFLICT (entry_id) DO UPDATE SET words = excluded.words
            """,
            [BATCH],
        )
        return bool(cursor.rowcount > 0)
