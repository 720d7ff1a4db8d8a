"""What intake has in hand: one row a chunk, committed before the work, gone with the work's result.

    claim (committed) -> work -> done, in the transaction of the results
                              '-> failed: one try is counted against each message
    the worker dies  -> the row stays; whoever has the lane next counts a try against each of its messages

So a message that kills workers is found out, and a message that does not costs no update for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F

from postdesk.mailroom.models import SpooledMail
from postdesk.mailroom.models.spool import InHand, Outcome
from postdesk.mailroom.spool import waiting


@dataclass(frozen=True, slots=True)
class Chunk:
    """Messages claimed together: the claim's own id, and the ledger's ids in the order they came."""

    claim: int
    messages: tuple[int, ...]


def claim(mailbox: int, *, limit: int, max_bytes: int, after: int = 0) -> Chunk | None:
    """Take the next waiting messages of a lane in hand (0: the pipes); None when there is none after `after`.

    New ones come in chunks. One whose try died or failed comes alone, so that its neighbours do not suffer for it.
    """
    rows = list(
        waiting(mailbox).filter(pk__gt=after).order_by("id").values_list("id", "attempts", "size")[:limit]
    )  # fmt: skip
    if not rows:
        return None
    chosen = [rows[0][0]]
    if rows[0][1] == 0:
        total = rows[0][2]
        for pk, attempts, size in rows[1:]:
            total += size
            if attempts or total > max_bytes:
                break
            chosen.append(pk)
    return Chunk(InHand.objects.create(lane=mailbox, messages=chosen).pk, tuple(chosen))


@transaction.atomic
def recover(mailbox: int) -> int:
    """Count a try against what a dead worker had in hand. Call it while holding the lane, with empty hands.

    Returns how many messages that were.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mailroom_inhand WHERE lane = %s RETURNING messages", [mailbox])
        found = [pk for (messages,) in cursor.fetchall() for pk in messages]
    return _count(found) if found else 0


def done(chunk: Chunk) -> None:
    """The chunk's results are written: in their transaction."""
    InHand.objects.filter(pk=chunk.claim).delete()


@transaction.atomic
def failed(chunk: Chunk) -> None:
    """The chunk's work failed: each of its messages has one try more behind it."""
    done(chunk)
    _count(chunk.messages)


def give_back(chunk: Chunk) -> None:
    """Nothing came of it, and no message is to blame."""
    done(chunk)


def _count(messages: tuple[int, ...] | list[int]) -> int:
    rows = SpooledMail.objects.filter(pk__in=messages, outcome=Outcome.WAITING)
    return rows.update(attempts=F("attempts") + 1)
