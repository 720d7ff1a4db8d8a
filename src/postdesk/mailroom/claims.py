"""Claims on letters: durable before the first byte leaves, exact to the letter when a worker dies.

    queued --claim (durable)--> claimed --mark (quick)--> sending --record (quick)--> sent, deferred, failed ...

A claim is one row that names its letters, and the one being sent; the letters themselves are written once, with
their result. The claim commits with full durability and notes a token of this run of PostgreSQL. Marks and
records commit without waiting for the disk: when the worker is killed they survive all the same, and when
PostgreSQL itself crashes, the token no longer fits the claim, and every letter of it is taken to be uncertain.
So a worker's death leaves at most one letter per connection uncertain, and none is ever sent twice
without a person's word.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from postdesk.basics.ids import nonce
from postdesk.mailroom.bulk import native_cursor
from postdesk.mailroom.models import Letter, LetterClaim, LetterRecipient
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.outbox import GIVE_UP_AFTER, RETRY_AFTER

#: States of a letter or recipient that is still to be sent.
OPEN = (State.QUEUED, State.DEFERRED)
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


def claim_due(account: int, *, limit: int, at: dt.datetime) -> tuple[int, list[Claimed]]:
    """Claim the next due letters of an account, oldest first, while holding its lane, after `recover`.

    Returns the claim's id (0: nothing is due) and the letters.
    """
    with transaction.atomic():
        rows = list(
            Letter.objects.select_for_update(skip_locked=True)
            .filter(account=account, state__in=OPEN, next_try_at__lte=at)
            .order_by("next_try_at", "id")[:limit]
        )
        if not rows:
            return 0, []
        ids = [row.pk for row in rows]
        claim = LetterClaim.objects.create(account=account, letters=ids, boot=_started(), claimed_at=at)
    recipients: dict[int, list[tuple[int, str]]] = {row.pk: [] for row in rows}
    found = LetterRecipient.objects.filter(letter__in=recipients, state__in=OPEN).order_by("id")
    for letter, pk, address in found.values_list("letter_id", "id", "address"):
        recipients[letter].append((pk, address))
    return claim.pk, [
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


def mark_sending(letter: int, claim: int) -> bool:
    """From here on a death leaves the letter uncertain. False: it was taken out of the claim, do not send."""
    with native_cursor() as cursor:
        cursor.execute(
            "UPDATE mailroom_letterclaim SET sending = %s WHERE id = %s AND letters @> ARRAY[%s::bigint]",
            [letter, claim, letter],
            prepare=True,
        )
        return cursor.rowcount == 1


def record(
    letter: Claimed, claim: int, results: Sequence[Result], *, reason: str, at: dt.datetime, following: int = 0
) -> State:
    """Write what became of a letter, free it, and mark the `following` one, in one statement. Returns the new state."""
    state, next_try = _together(letter, results, at)
    done = state in {State.SENT, State.FAILED}
    with native_cursor() as cursor:
        cursor.execute(
            """
            WITH claim AS (
                UPDATE mailroom_letterclaim SET sending = %s, letters = array_remove(letters, %s::bigint)
                WHERE id = %s AND letters @> ARRAY[%s::bigint] RETURNING id
            ), letter AS (
                UPDATE mailroom_letter
                SET state = %s, reason = %s, attempts = attempts + 1, next_try_at = %s, finished_at = %s
                FROM claim WHERE mailroom_letter.id = %s RETURNING mailroom_letter.id)
            UPDATE mailroom_letterrecipient AS recipient
            SET state = result.state, code = result.code, enhanced = result.enhanced, reply = result.reply,
                queue_id = result.queue_id, updated_at = %s
            FROM letter, unnest(%s::bigint[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[])
                AS result (id, state, code, enhanced, reply, queue_id)
            WHERE recipient.id = result.id AND recipient.letter_id = letter.id
            """,
            [
                following or None,
                letter.pk,
                claim,
                letter.pk,
                str(state),
                reason[:2000],
                next_try or at,
                at if done else None,
                letter.pk,
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


@transaction.atomic
def release(letters: Sequence[int], claim: int, *, reason: str, next_try: dt.datetime) -> None:
    """Give back what is left of a claim: the letters were not tried and are as they were, with why they wait."""
    if LetterClaim.objects.filter(pk=claim).delete()[0]:
        Letter.objects.filter(pk__in=letters, state__in=OPEN).update(
            state=State.QUEUED, reason=reason[:2000], next_try_at=next_try
        )


def done(claim: int) -> None:
    """Every letter of the claim is recorded."""
    LetterClaim.objects.filter(pk=claim).delete()


@transaction.atomic
def recover(account: int) -> int:
    """Free what a dead worker had claimed; call it only while holding the account's lane. Returns how many."""
    orphans = list(LetterClaim.objects.select_for_update().filter(account=account))
    if not orphans:
        return 0
    boot = _started()
    doubtful: list[int] = []
    for claim in orphans:
        # Marks of another run may be lost: then each letter that is not recorded may have been sent.
        doubtful += claim.letters if claim.boot != boot else [pk for pk in claim.letters if pk == claim.sending]
    LetterRecipient.objects.filter(letter__in=doubtful, letter__state__in=OPEN, state__in=OPEN).update(
        state=State.UNCERTAIN
    )
    Letter.objects.filter(pk__in=doubtful, state__in=OPEN).update(state=State.UNCERTAIN, reason=UNCERTAIN)
    LetterClaim.objects.filter(pk__in=[claim.pk for claim in orphans]).delete()
    return sum(len(claim.letters) for claim in orphans)


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
