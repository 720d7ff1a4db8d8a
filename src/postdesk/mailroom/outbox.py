"""The outbox: letters put in with their recipients, claimed for sending, and steered by people.

A letter is put in by the same transaction as what it is about, and wakes its lane. Its bytes never
change, so that a retry is the same message to every server on the way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.mailroom.bulk import insert, row
from postdesk.mailroom.models import Letter, LetterClaim, LetterRecipient
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.transport import Transports, no_transport, transports
from postdesk.people.models import Agent

#: Seconds until the next try after the n-th temporary refusal (RFC 5321 section 4.5.4.1 asks for patience).
RETRY_AFTER = (60, 300, 900, 1800, 3600, 7200, 14400)
#: After so long without success a letter has failed (RFC 5321: at least four or five days).
GIVE_UP_AFTER = dt.timedelta(days=5)
WAITING_STATES = (State.QUEUED, State.DEFERRED)


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A composed letter, not yet in the outbox. `pk`: an id taken beforehand (next_ids)."""

    pk: int
    kind: str
    email: int | None
    from_address: str
    subject: str
    message_id: str
    raw: bytes
    recipients: tuple[str, ...]


def put(letters: Sequence[NewLetter], *, at: dt.datetime, not_before: dt.datetime | None = None) -> None:
    """Insert letters and wake the lanes that deliver them, in the caller's transaction."""
    routes = transports()
    rows, recipients = [], []
    for letter in letters:
        account = routes.account_for(letter.email)
        rows.append(
            row(
                Letter,
                id=letter.pk,
                kind=letter.kind,
                email_id=letter.email,
                from_address=letter.from_address,
                subject=letter.subject,
                message_id=letter.message_id,
                raw=letter.raw,
                size=len(letter.raw),
                account_id=account,
                reason="" if account else no_transport(None),
                created_at=at,
                next_try_at=not_before or at,
            )
        )
        recipients += [row(LetterRecipient, letter_id=letter.pk, address=to, updated_at=at) for to in letter.recipients]
    insert(rows)
    insert(recipients)
    for account in {made.account_id for made in rows if made.account_id}:
        jobs.defer("deliver", account=account)


def next_ids(table: str, count: int) -> list[int]:
    """Take `count` ids of a table's sequence, so that rows can refer to each other before they are written."""
    if count == 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [row[0] for row in cursor.fetchall()]


def route_again(routes: Transports | None = None) -> int:
    """Give letters whose transport is missing or switched off the one that exists now. Returns how many moved."""
    routes = routes or transports()
    nowhere = Q(account__isnull=True) | Q(account__status=False)
    stranded = Letter.objects.filter(nowhere, state__in=WAITING_STATES)
    moved = 0
    for email in stranded.order_by().values_list("email", flat=True).distinct():
        account = routes.account_for(email)
        if account is not None:
            moved += _move(stranded.filter(email=email), account)
    return moved


@transaction.atomic
def _move(letters: QuerySet[Letter], account: int) -> int:
    """Locked first, then looked whether somebody has them in hand: a claim locks them, too."""
    free = set(letters.select_for_update(skip_locked=True, of=("self",)).values_list("id", flat=True)) - in_hand()
    return Letter.objects.filter(pk__in=free).update(account=account, reason="")


def in_hand() -> set[int]:
    """Letters that a worker has claimed: the next moment each may be on the wire."""
    return {pk for letters in LetterClaim.objects.values_list("letters", flat=True) for pk in letters}


def being_sent() -> set[int]:
    """Letters that are on the wire just now."""
    return {pk for pk in LetterClaim.objects.values_list("sending", flat=True) if pk is not None}


@transaction.atomic
def retry_now(letter: Letter, *, by: Agent, at: dt.datetime) -> None:
    """Try a waiting or failed letter at once. Refused while it is being sent, or when it is done."""
    again = (*WAITING_STATES, State.FAILED)
    account = transports().account_for(letter.email_id)
    _steer(
        letter, again, state=State.QUEUED, next_try_at=at, account_id=account, reason=f"Retry asked for by {by.name}."
    )
    unsent = Q(state__in=(State.DEFERRED, State.FAILED, State.QUEUED))
    letter.recipients.filter(unsent).update(state=State.QUEUED, updated_at=at)
    if account is not None:
        jobs.defer("deliver", account=account)


@transaction.atomic
def cancel(letter: Letter, *, by: Agent, at: dt.datetime) -> None:
    """Take a letter that has not left out of the outbox."""
    _steer(letter, WAITING_STATES, state=State.CANCELLED, finished_at=at, reason=f"Cancelled by {by.name}.")
    letter.recipients.filter(state__in=WAITING_STATES).update(state=State.CANCELLED, updated_at=at)


@transaction.atomic
def mark_sent(letter: Letter, *, by: Agent, at: dt.datetime) -> None:
    """A person found out that an uncertain letter did arrive. Recipients it never reached are tried again."""
    reason = f"Marked as sent by {by.name}."
    if letter.recipients.filter(state__in=WAITING_STATES).exists():
        _steer(letter, (State.UNCERTAIN,), state=State.QUEUED, next_try_at=at, reason=reason)
        if letter.account_id is not None:
            jobs.defer("deliver", account=letter.account_id)
    else:
        _steer(letter, (State.UNCERTAIN,), state=State.SENT, finished_at=at, reason=reason)
    letter.recipients.filter(state=State.UNCERTAIN).update(state=State.SENT, updated_at=at)


@transaction.atomic
def send_again(letter: Letter, *, by: Agent, at: dt.datetime) -> None:
    """A person decides that an uncertain letter is to be sent again, at the risk of a second copy."""
    account = transports().account_for(letter.email_id)
    reason = f"Sent again at the word of {by.name}."
    _steer(letter, (State.UNCERTAIN,), state=State.QUEUED, next_try_at=at, account_id=account, reason=reason)
    letter.recipients.filter(state=State.UNCERTAIN).update(state=State.QUEUED, updated_at=at)
    if account is not None:
        jobs.defer("deliver", account=account)


def _steer(letter: Letter, allowed: Sequence[str], **changes: object) -> None:
    """Only if the letter still stands in one of `allowed` and nobody is sending it.

    The row is locked first and the claims are looked at after that: a claim locks its letters while it is made.
    """
    state = Letter.objects.select_for_update().values_list("state", flat=True).get(pk=letter.pk)
    if letter.pk in in_hand():
        state = State.SENDING
    if state not in allowed:
        raise Refused(f"This letter is {State(state).label}; that cannot be done now.")
    Letter.objects.filter(pk=letter.pk).update(**changes)
