"""Fetch one mailbox: list, take new messages into the spool in batches, settle the server's copies.

    listing -> what the ledger does not have -> fetch -> accept (commit) -> settle -> next batch, oldest first

Nothing on the server changes before the commit. A batch is *emails per fetch*; the backlog is drained
batch after batch, until the turn's time is over, and then the mailbox queues again behind the others. A message that
breaks the connection is remembered and tried alone, after all others.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError

from postdesk import jobs
from postdesk.basics.clock import monotonic, now
from postdesk.basics.errors import (
    BrokenSetup,
    ClientRefused,
    Conflict,
    ConsentNeeded,
    Invalid,
    LoginRefused,
    PostdeskError,
    Rejected,
    WireError,
)
from postdesk.engine import alerts, backoff, todo
from postdesk.engine.connect import endpoint_of, open_source, slot
from postdesk.engine.todo import Source
from postdesk.mailroom import first_fetch, lanes, spool
from postdesk.mailroom.models import MailSettings, Protocol, RemoteMailbox, SpooledMail
from postdesk.mailroom.models.connections import Fetched
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.spool import Arrival, Key, Place
from postdesk.wire.imap import ImapSource
from postdesk.wire.pop3 import Pop3Source

log = structlog.get_logger(__name__)

#: Seconds after which a mailbox with a backlog makes room for others.
TURN = 20.0
#: Bytes of raw mail stored in one transaction at most.
BATCH_BYTES = 16 * 1024 * 1024
#: Seconds a mailbox waits while all places at its host are taken by others.
PATIENCE = 2.0


@dataclass(slots=True)
class Turn:
    """One turn at one mailbox, and how it went."""

    mailbox: RemoteMailbox
    started: float
    taken: int = 0
    left: int = 0
    #: The time was over before the mail was.
    more: bool = False
    #: The server would not move or delete; mail is taken all the same, and this is told at the end.
    refused: Rejected | None = None


def fetch(mailbox: int) -> None:
    """The job: one turn at the mailbox, unless it is off, paused, or another thread is at it."""
    row = readable(mailbox)
    if row is None:
        return
    with lanes.lane(f"fetch:{mailbox}") as free:
        if not free:
            return
        turn = take_turn(row)
    if turn.more:
        jobs.defer("fetch", mailbox=mailbox)


def readable(mailbox: int) -> RemoteMailbox | None:
    """The mailbox's row when it is to be fetched at all."""
    if not MailSettings.objects.filter(pk=1, fetching=True).exists():
        return None
    rows = RemoteMailbox.objects.select_related("email", "credential")
    return rows.filter(pk=mailbox, status=True, paused_at__isnull=True).first()


def take_turn(mailbox: RemoteMailbox, source: ImapSource | None = None) -> Turn:
    """Fetch until done or the turn is over. Errors become the mailbox's health.

    A `source` that is open already (a watched connection) is used and left open; its errors go to its owner.
    """
    turn = Turn(mailbox, monotonic())
    began = now()
    # The next poll is counted from here, so that the clock does not ask again while this turn lasts.
    RemoteMailbox.objects.filter(pk=mailbox.pk).update(
        last_attempt_at=began, next_fetch_at=began + dt.timedelta(minutes=mailbox.frequency)
    )
    if source is not None:
        turn.more = _drain(turn, source)
        _well(turn)
        return turn
    try:
        with slot(endpoint_of(mailbox).host) as free:
            if not free:
                _later(mailbox)
                return turn
            with open_source(mailbox) as opened:
                turn.more = _drain(turn, opened)
    except Conflict as moved:
        # Somebody pointed the mailbox elsewhere: that is no failure, and the next turn goes there.
        log.info("fetch.moved", mailbox=mailbox.pk, why=moved.message)
        turn.more = True
    except (OperationalError, InterfaceError):
        raise
    except (WireError, BrokenSetup, Invalid) as error:
        turn.more = False
        _failed(turn, error)
    except Exception as error:  # noqa: BLE001 - whatever a mailbox provokes is told on its page, not only in a log
        log.error("fetch.broke", mailbox=mailbox.pk, error=repr(error)[:300])
        turn.more = False
        _failed(turn, PostdeskError(f"The fetch failed inside postdesk: {type(error).__name__}."))
    else:
        _well(turn)
    return turn


def _drain(turn: Turn, source: Source) -> bool:
    place = place_of(turn.mailbox, source)
    past_is_due = first_fetch.is_due(place)
    if past_is_due:
        todo.leave_the_past(place, source)
    while True:
        found = todo.of(turn.mailbox, place, source, everything=past_is_due)
        wanted = found.wanted
        turn.left = len(wanted)
        if found.to_settle:
            _settle(turn, place, source, found.to_settle)
        for start in range(0, len(wanted), turn.mailbox.per_fetch):
            batch = wanted[start : start + turn.mailbox.per_fetch]
            _take(turn, place, source, batch, found.sizes)
            turn.left = len(wanted) - start - len(batch)
            if monotonic() - turn.started > TURN and turn.left:
                return True
        if isinstance(source, Pop3Source) or not wanted:
            break
    if past_is_due:
        first_fetch.gone_through(place)
    if isinstance(source, ImapSource):
        _retry_unfetched(turn, place, source)
    if turn.refused is not None:
        raise turn.refused
    return False


def place_of(mailbox: RemoteMailbox, source: Source) -> Place:
    """Where this mailbox's keys are unique now; notes a changed UIDVALIDITY."""
    if mailbox.protocol == Protocol.POP3:
        return Place(mailbox, "", 0)
    if mailbox.epoch != source.epoch:
        RemoteMailbox.objects.filter(pk=mailbox.pk, generation=mailbox.generation).update(epoch=source.epoch)
        if mailbox.epoch:
            log.warning("fetch.uidvalidity", mailbox=mailbox.pk, before=mailbox.epoch, now=source.epoch)
        mailbox.epoch = source.epoch
    return Place(mailbox, mailbox.folder_name, source.epoch)


def _take(turn: Turn, place: Place, source: Source, keys: Sequence[Key], sizes: Mapping[Key, int | None]) -> None:
    """Fetch one batch, store it, and only then settle it; what arrived whole before an error is stored all the same."""
    arrived: list[Arrival] = []
    done: list[Key] = []
    size = 0
    try:
        for fetched in source.fetch(keys):
            arrived.append(todo.arrival(place, fetched, sizes.get(fetched.key)))
            done.append(fetched.key)
            size += len(fetched.raw)
            if size > BATCH_BYTES:
                _store(turn, place, arrived)
                arrived, size = [], 0
    except WireError as error:
        _store(turn, place, arrived)
        culprit = next((key for key in keys if key not in done), None)
        if culprit is not None:
            spool.could_not_fetch(place, culprit, reason=str(error), at=now())
        raise
    _store(turn, place, arrived)
    if done:
        _settle(turn, place, source, done)
    _note_missing(place, source, [key for key in keys if key not in done])


def _note_missing(place: Place, source: Source, missing: Sequence[Key]) -> None:
    """Messages that were listed and not handed over: gone meanwhile, or refused; the latter must not be forgotten."""
    if not missing:
        return
    there = {one.key for one in source.listing(None)}
    for key in missing:
        if key in there:
            spool.could_not_fetch(place, key, reason="The server lists it and does not hand it over.", at=now())
        else:
            spool.forget_unfetched(place, key)


def _store(turn: Turn, place: Place, arrived: Sequence[Arrival]) -> None:
    """Commit. From here on the messages are ours."""
    if arrived:
        turn.taken += spool.accept(place, arrived, at=now())


def _settle(turn: Turn, place: Place, source: Source, keys: Sequence[Key]) -> None:
    """Move, delete, or leave; then note it. A refusal stops nobody's mail: it is raised when the turn ends."""
    how = Fetched(turn.mailbox.fetched)
    if how != Fetched.NOTHING and not spool.is_current(place):
        raise Conflict("The mailbox was pointed at another server, account or folder meanwhile.")
    try:
        if how == Fetched.MOVE and isinstance(source, ImapSource):
            source.settle(keys, "move", turn.mailbox.archive_folder)
        elif how == Fetched.DELETE:
            source.settle(keys, "delete", None)
    except Rejected as error:
        turn.refused = error
        return
    spool.settled(place, keys, at=now())


def _retry_unfetched(turn: Turn, place: Place, source: ImapSource) -> None:
    """Messages that broke a connection before, one by one, after everything else is safe."""
    rows = SpooledMail.objects.filter(
        mailbox=place.mailbox, folder=place.folder, epoch=place.epoch, outcome=Outcome.UNFETCHED
    )
    for uid in rows.filter(uid__isnull=False).values_list("uid", flat=True)[:20]:
        if uid is not None and todo.may_retry(place, uid):
            _take(turn, place, source, [uid], {})


def _well(turn: Turn) -> None:
    """A turn that came to its end is the proof of health."""
    at = now()
    mailbox = turn.mailbox
    was_failing = mailbox.failures > 0
    RemoteMailbox.objects.filter(pk=mailbox.pk, generation=mailbox.generation).update(
        last_success_at=at,
        failures=0,
        last_error="",
        backlog=turn.left,
    )
    if was_failing:
        alerts.recover_for(mailbox, at=at)
    if turn.taken:
        log.info("fetch.took", mailbox=mailbox.pk, messages=turn.taken, left=turn.left)


def _failed(turn: Turn, error: PostdeskError) -> None:
    """Note the server's words and rest, longer each time; the fifth time in a row the administrator is told."""
    at = now()
    mailbox = turn.mailbox
    mailbox.failures += 1
    mailbox.last_error, mailbox.last_error_at = str(error)[:2000], at
    seconds = backoff.pause(mailbox.failures, dice=random.random())
    # A refused login is asked again rarely: providers lock accounts for less.
    if isinstance(error, LoginRefused):
        seconds = max(seconds, 60.0)
    mailbox.next_fetch_at = at + dt.timedelta(seconds=seconds)
    told = {name: getattr(mailbox, name) for name in ("failures", "last_error", "last_error_at", "next_fetch_at")}
    if not RemoteMailbox.objects.filter(pk=mailbox.pk, generation=mailbox.generation).update(**told):
        return  # Pointed elsewhere meanwhile: what the old server says is nobody's trouble any more.
    log.warning("fetch.failed", mailbox=mailbox.pk, error=type(error).__name__, failures=mailbox.failures)
    # Whoever must consent or mend the client was told already (flow.tokens.alerts).
    if not isinstance(error, ConsentNeeded | ClientRefused):
        alerts.raise_for(mailbox, at=at)


def _later(mailbox: RemoteMailbox) -> None:
    """No place at this host now: no failure, just a moment's patience."""
    again = now() + dt.timedelta(seconds=PATIENCE)
    RemoteMailbox.objects.filter(pk=mailbox.pk).update(next_fetch_at=again)
