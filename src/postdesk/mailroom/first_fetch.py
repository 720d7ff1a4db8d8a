"""Mail that was in a mailbox before it was connected: which of it is taken, and that none of it is answered.

    asked          taken                                       the rest
    all            everything
    new            what the server got since the connection    `left`: a row in the ledger, untouched on the server
    since a day    what it got since that day                  `left`

Taken mail that is more than a day older than the connection is *history*: it becomes tickets, and nothing
automatic ever answers it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

from django.db import transaction
from django.utils import timezone

from postdesk.basics.errors import Invalid
from postdesk.mailroom import spool
from postdesk.mailroom.bulk import insert, row
from postdesk.mailroom.models import RemoteMailbox, SpooledMail
from postdesk.mailroom.models.connections import FirstFetch
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.spool import Key, Place

#: Whoever wrote within the last day still waits for an answer.
STILL_NEWS: Final = dt.timedelta(days=1)
#: The server's clock and ours need not agree.
CLOCKS_DIFFER: Final = dt.timedelta(minutes=1)


def problems(choice: str, since: str) -> Iterable[Invalid]:
    """What is wrong with the answer, for file and form."""
    if choice == FirstFetch.SINCE and not since:
        yield Invalid("first_fetch_since", "Say from which day on mail shall be taken.")
    elif choice != FirstFetch.SINCE and since:
        yield Invalid("first_fetch_since", 'A day is only used with first_fetch = "since": leave it out.')


def cutoff(mailbox: RemoteMailbox) -> dt.datetime | None:
    """Older mail than this is left where it is; None: none is. A day begins at midnight in the desk's time zone."""
    if mailbox.first_fetch == FirstFetch.NEW and mailbox.connected_at is not None:
        return mailbox.connected_at - CLOCKS_DIFFER
    if mailbox.first_fetch == FirstFetch.SINCE and mailbox.first_fetch_since:
        day = dt.date.fromisoformat(mailbox.first_fetch_since)
        return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_default_timezone())
    return None


def is_history(mailbox: RemoteMailbox, received_at: dt.datetime | None) -> bool:
    """Whether mail the server got then is never to be answered automatically. Mail without a date is news.

    Old is what was there a day before the mailbox was connected, or was pointed at another server, account or folder.
    """
    began = max((when for when in (mailbox.connected_at, mailbox.repointed_at) if when is not None), default=None)
    return received_at is not None and began is not None and received_at < began - STILL_NEWS


def is_due(place: Place) -> bool:
    """Whether old mail has to be gone through: at the first contact, and when UIDVALIDITY or the answer changed."""
    return place.mailbox.past_epoch != place.epoch


def leave(
    place: Place, received: Mapping[Key, dt.datetime | None], sizes: Mapping[Key, int | None], *, at: dt.datetime
) -> int:
    """Account for everything older than the cutoff with a row of its own, so that it is never touched nor taken.

    `received`: when the server got each message it has; a date that nobody knows is an old one. Returns how many were
    left. Raises Conflict when the mailbox has been pointed elsewhere.
    """
    before = cutoff(place.mailbox)
    if before is None:
        return 0
    old = [key for key, then in received.items() if then is None or then < before]
    with transaction.atomic():
        spool.hold(place)
        known = spool.known(place, old)
        rows = [_left(place, key, received[key], sizes.get(key), before, at) for key in old if key not in known]
        insert(rows)
    return len(rows)


def gone_through(place: Place) -> None:
    """The old mail is accounted for, and what was to be taken of it is taken."""
    mailbox = place.mailbox
    mailbox.past_epoch = place.epoch
    RemoteMailbox.objects.filter(pk=mailbox.pk, generation=mailbox.generation).update(past_epoch=place.epoch)


def ask_again(mailbox: RemoteMailbox, *, at: dt.datetime) -> None:
    """The answer has changed: what was left before is looked at once more. The caller saves the mailbox."""
    SpooledMail.objects.filter(mailbox=mailbox, outcome=Outcome.LEFT).delete()
    mailbox.connected_at, mailbox.past_epoch = at, -1


def _left(
    place: Place, key: Key, received_at: dt.datetime | None, size: int | None, before: dt.datetime, at: dt.datetime
) -> SpooledMail:
    is_uid = isinstance(key, int)
    return row(
        SpooledMail,
        mailbox_id=place.mailbox.pk,
        via=place.mailbox.email.address,
        folder=place.folder,
        epoch=place.epoch,
        uid=key if is_uid else None,
        uidl=None if is_uid else key,
        size=size or 0,
        listed_size=size,
        received_at=received_at,
        seen_at=at,
        decided_at=at,
        settled_at=at,
        outcome=Outcome.LEFT,
        is_history=True,
        reason=f"Older than {before.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC: not taken, as the mailbox's settings say.",
    )
