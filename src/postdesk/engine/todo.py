"""What there is to do at a mailbox: which messages are to be fetched, which settled, and which left alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import structlog

from postdesk.basics.clock import now
from postdesk.mailroom import first_fetch, spool
from postdesk.mailroom.models import RemoteMailbox
from postdesk.mailroom.models.connections import Fetched
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.spool import Arrival, Key, Known, Place
from postdesk.wire import source as wire
from postdesk.wire.imap import ImapSource
from postdesk.wire.pop3 import Pop3Source
from postdesk.wire.trace import received_by

log = structlog.get_logger(__name__)

#: Tries of a message that could not be fetched before it is left alone for a day.
UNFETCHED_TRIES = 3

Source = ImapSource | Pop3Source


def leave_the_past(place: Place, source: Source) -> None:
    """Account for old mail that is not to be taken, before anything is."""
    if first_fetch.cutoff(place.mailbox) is None:
        return
    sizes = {one.key: one.size for one in source.listing(None)}
    left = first_fetch.leave(place, source.received([*sizes]), sizes, at=now())
    log.info("fetch.left", mailbox=place.mailbox.pk, messages=left)


@dataclass(frozen=True, slots=True)
class Todo:
    """Keys to fetch, oldest first; keys stored before whose copies still lie there; and the sizes that were listed."""

    wanted: list[Key]
    to_settle: list[Key]
    sizes: dict[Key, int | None]


def of(mailbox: RemoteMailbox, place: Place, source: Source, *, everything: bool = False) -> Todo:
    """To fetch is what the ledger does not have, or has under a key that the server seems to have given to other mail.

    `everything`: list also what lies below the highest UID known.
    """
    leaves = mailbox.fetched == Fetched.NOTHING
    above = spool.high_water(place) if leaves and isinstance(source, ImapSource) and not everything else None
    listed = source.listing(above)
    known = spool.known(place, [one.key for one in listed])
    wanted = [one.key for one in listed if one.key not in known or _is_other(known[one.key], one.size, leaves)]
    sizes = {one.key: one.size for one in listed}
    chosen = set(wanted)
    if isinstance(source, Pop3Source):
        broken = [one.key for one in listed if one.key not in chosen and known[one.key].outcome == Outcome.UNFETCHED]
        wanted += [key for key in broken if may_retry(place, key)]
    if leaves:
        return Todo(wanted, [], sizes)
    untouched = {Outcome.UNFETCHED, Outcome.LEFT}
    to_settle = [one.key for one in listed if one.key not in chosen and known[one.key].outcome not in untouched]
    return Todo(wanted, to_settle, sizes)


def _is_other(row: Known, size: int | None, leaves: bool) -> bool:
    """Whether a known key may stand for other mail: fetched once more, its bytes tell (spool.accept).

    Its size is another than the server said before; or it was moved or deleted already, and is there again.
    """
    if row.outcome == Outcome.UNFETCHED:
        return False
    if None not in (row.listed_size, size) and row.listed_size != size:
        return True
    return row.is_settled and not leaves and row.outcome != Outcome.LEFT


def arrival(place: Place, fetched: wire.Fetched, listed_size: int | None) -> Arrival:
    """A fetched message as the spool takes it; what is older than the mailbox's connection is marked."""
    received_at = fetched.received_at or received_by(fetched.raw)
    old = first_fetch.is_history(place.mailbox, received_at)
    return Arrival(fetched.key, fetched.raw, fetched.received_at, listed_size, old)


def may_retry(place: Place, key: Key) -> bool:
    """Three tries at once, then one a day: a message the server cannot deliver must not cost every turn."""
    row = spool.rows_of(place, [key]).filter(outcome=Outcome.UNFETCHED).first()
    if row is None:
        return False
    rested = row.decided_at is None or now() - row.decided_at > dt.timedelta(days=1)
    return row.attempts < UNFETCHED_TRIES or rested
