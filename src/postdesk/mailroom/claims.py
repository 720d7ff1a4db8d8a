"""Claims on letters: durable before the first byte leaves, exact to the letter when a worker dies.

    queued --claim (durable)--> claimed --mark (quick)--> sending --record (quick)--> sent, deferred, failed ...

The claim commits with full durability and notes a token of this run of PostgreSQL. Marks and records commit
without waiting for the disk: when the worker is killed they survive all the same, and when PostgreSQL
itself crashes, the token no longer fits the claim, and every letter of the claim is taken to be uncertain.
So a worker's death leaves at most one letter per connection uncertain, and none is ever sent twice
without a person's word.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q

from postdesk.basics.ids import nonce
from postdesk.mailroom.bulk import native_cursor
from postdesk.mailroom.models import Letter, LetterRecipient
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.outbox import GIVE_UP_AFTER, RETRY_AFTER

UNCERTAIN = "The worker died while this letter was being handed over; nobody knows whether it arrived."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter to send now. `recipients`: those still to be reached, with their ids."""

    pk: int
    raw: bytes
    email: int | None
    from_address: str
    created_at: dt.datetime
    attempts: int
    recipients: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one recipient of a letter."""

    recipient: int
    state: State
    code: int | None
    enhanced: str
    reply: str
    queue_id: str = ""


def claim_due(account: int, *, limit: int, at: dt.datetime) -> tuple[str, list[Claimed]]:
    """Claim the next due letters of an account, oldest first. Returns the claim's token and the letters."""
    with transaction.atomic():
        rows = list(
            Letter.objects.select_for_update(skip_locked=True)
            .filter(account=account, state__in=(State.QUEUED, State.DEFERRED), claim="", next_try_at__lte=at)
            .order_by("next_try_at", "id")[:limit]
        )
        if not rows:
            return "", []
        token = f"{nonce()}@{_started()}"
        Letter.objects.filter(pk__in=[row.pk for row in rows]).update(claim=token, claimed_at=at)
    open_states = (State.QUEUED, State.DEFERRED)
    recipients: dict[int, list[tuple[int, str]]] = {row.pk: [] for row in rows}
    found = LetterRecipient.objects.filter(letter__in=recipients, state__in=open_states).order_by("id")
    for letter, pk, address in found.values_list("letter_id", "id", "address"):
        recipients[letter].append((pk, address))
    return token, [
        Claimed(
            row.pk,
            bytes(row.raw),
            row.email_id,
            row.from_address,
            row.created_at,
            row.attempts,
            tuple(recipients[row.pk]),
        )
        for row in rows
    ]


def mark_sending(letter: int, token: str) -> bool:
    """From here on a death leaves the letter uncertain. False: the claim was taken away, do not send."""
    with native_cursor() as cursor:
        cursor.execute(
            "UPDATE mailroom_letter SET state = 'sending' WHERE id = %s AND claim = %s", [letter, token], prepare=True
        )
        return cursor.rowcount == 1


def record(
    letter: Claimed, token: str, results: Sequence[Result], *, reason: str, at: dt.datetime, following: int = 0
) -> State:
    """Write what became of a letter, free it, and mark the `following` one, in one statement. Returns the new state."""
    state, next_try = _together(letter, results, at)
    done = state in {State.SENT, State.FAILED}
    with native_cursor() as cursor:
        cursor.execute(
            """
            WITH following AS (
                UPDATE mailroom_letter SET state = 'sending' WHERE id = %s AND claim = %s
            ), letter AS (
                UPDATE mailroom_letter
                SET state = %s, reason = %s, attempts = attempts + 1, claim = '', claimed_at = NULL,
                    next_try_at = %s, finished_at = %s
                WHERE id = %s AND claim = %s RETURNING id)
            UPDATE mailroom_letterrecipient AS recipient
            SET state = result.state, code = result.code, enhanced = result.enhanced, reply = result.reply,
                queue_id = result.queue_id, updated_at = %s
            FROM letter, unnest(%s::bigint[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[])
                AS result (id, state, code, enhanced, reply, queue_id)
            WHERE recipient.id = result.id AND recipient.letter_id = letter.id
            """,
            [
                following,
                token,
                str(state),
                reason[:2000],
                next_try or at,
                at if done else None,
                letter.pk,
                token,
                at,
                [one.recipient for one in results],
                [str(one.state) for one in results],
                [one.code for one in results],
                [one.enhanced[:16] for one in results],
                [one.reply.replace("\x00", "")[:2000] for one in results],
                [one.queue_id[:120] for one in results],
            ],
            prepare=True,
        )
    return state


def release(letters: Sequence[int], token: str, *, reason: str, next_try: dt.datetime) -> None:
    """Give back letters that were not tried: they are as they were, with the reason they wait."""
    Letter.objects.filter(pk__in=letters, claim=token).update(
        state=State.QUEUED, claim="", claimed_at=None, reason=reason[:2000], next_try_at=next_try
    )


def recover(account: int) -> int:
    """Free what a dead worker had claimed; call it only while holding the account's lane. Returns how many."""
    orphans = Letter.objects.filter(account=account).exclude(claim="")
    if not orphans.exists():
        return 0
    with transaction.atomic():
        lost_marks = ~Q(claim__endswith=f"@{_started()}")
        doubtful = list(orphans.filter(Q(state=State.SENDING) | lost_marks).values_list("id", flat=True))
        LetterRecipient.objects.filter(letter__in=doubtful, state__in=(State.QUEUED, State.DEFERRED)).update(
            state=State.UNCERTAIN
        )
        count = Letter.objects.filter(pk__in=doubtful).update(
            state=State.UNCERTAIN, claim="", claimed_at=None, reason=UNCERTAIN
        )
        return count + orphans.update(state=State.QUEUED, claim="", claimed_at=None)


def _together(letter: Claimed, results: Sequence[Result], at: dt.datetime) -> tuple[State, dt.datetime | None]:
    """The letter's state from its recipients': one that waits keeps it waiting, until patience ends."""
    states = {one.state for one in results}
    if State.UNCERTAIN in states:
        return State.UNCERTAIN, None
    if State.DEFERRED in states:
        pause = RETRY_AFTER[min(letter.attempts, len(RETRY_AFTER) - 1)]
        return State.DEFERRED, at + dt.timedelta(seconds=pause)
    return (State.SENT if State.SENT in states else State.FAILED), None


def out_of_patience(letter: Claimed, *, at: dt.datetime) -> bool:
    """Whether a temporary refusal now is the last."""
    return at - letter.created_at > GIVE_UP_AFTER


def _started() -> str:
    """A token of this run of PostgreSQL: any crash recovery, also that of a single dead backend, changes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM mailroom_boot WHERE id = 1")
        found = cursor.fetchone()
        if found is None:
            cursor.execute("INSERT INTO mailroom_boot VALUES (1, %s) ON CONFLICT DO NOTHING", [nonce()])
            cursor.execute("SELECT token FROM mailroom_boot WHERE id = 1")
            found = cursor.fetchone()
    return str(found[0]) if found else "unknown"
