"""Take mail in: the spooled messages of one mailbox become tickets, replies, reports and letters.

    claim (committed) -> raw -> parse -> facts -> decide -> thread -> route -> react -> one commit

A chunk is one transaction. If it fails, its messages are tried again one at a time; the one that fails
a third time is shunted with its bytes, the stage and the traceback, and the rest land. One that was in hand
at three deaths of the worker is first tried in a process of its own: it may only have been near. Errors of
the database itself are nobody's fault: the chunk is given back as it was.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import traceback
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import psycopg
import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from postdesk import jobs
from postdesk.basics.clock import now
from postdesk.flow import newcomers, react, source, tell
from postdesk.flow.batch import Batch, Decided, take_ids
from postdesk.flow.facts import gather
from postdesk.flow.hands import Hands, Reading
from postdesk.flow.reaction import Reaction
from postdesk.judge.decide import decide
from postdesk.judge.facts import Arrival, Facts
from postdesk.judge.route import route
from postdesk.judge.thread import keys_referenced, thread
from postdesk.judge.trust import heeded, weigh
from postdesk.judge.verdict import Threading, Verdict
from postdesk.mailroom import in_hand, lanes, spool
from postdesk.mailroom.bulk import does_not_fit
from postdesk.mailroom.in_hand import Chunk
from postdesk.mailroom.models import RemoteMailbox, SpooledMail
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.secrets import signing_keys
from postdesk.tickets.allowed import is_allowed
from postdesk.tickets.senders import senders

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """One message in hand."""

    row: SpooledMail
    arrival: Arrival


def take_in(mailbox: int) -> None:
    """The job: drain one mailbox's lane (0: the pipes)."""
    hands = Hands(mailbox)
    try:
        lanes.drain(f"intake:{mailbox}", step=partial(_step, hands), has_more=lambda: spool.waiting(mailbox).exists())
    finally:
        hands.close()
    # The index may wait: its rows are the entries themselves, and upkeep wakes it, too.
    jobs.defer("index")


def _step(hands: Hands) -> bool:
    if hands.empty:
        in_hand.recover(hands.mailbox)
        _try_suspects(hands.mailbox)
    reading = hands.next()
    if reading is None:
        return False
    stage = Stage()
    try:
        with transaction.atomic():
            take_in_chunk(reading, at=now(), stage=stage, meanwhile=hands.read_ahead)
            in_hand.done(reading.chunk)
    except Exception as error:  # Whatever a message provokes must not stop its neighbours.
        if _is_nobodys_fault(error, reading.chunk):
            connection.close_if_unusable_or_obsolete()
            in_hand.give_back(reading.chunk)
            raise
        hands.let_go()
        _failed(reading.chunk, error, stage)
    return True


def _is_nobodys_fault(error: Exception, chunk: Chunk) -> bool:
    """Errors of the database itself, apart from its refusals of what is too much for it.

    A message that exceeds one of its limits would come back for ever, and everything behind it would wait. Too little
    memory (for locks, above all) is a reason to try the messages of a chunk one at a time.
    """
    if not isinstance(error, OperationalError | InterfaceError) or does_not_fit(error):
        return False
    return len(chunk.messages) == 1 or not isinstance(error.__cause__, psycopg.errors.OutOfMemory)


class Stage:
    """Where a chunk is, for the report when it fails."""

    def __init__(self) -> None:
        self.name = "load"


def take_in_chunk(reading: Reading, *, at: dt.datetime, stage: Stage, meanwhile: Callable[[], None]) -> None:
    """Everything between the bytes and the rows, for messages in the order they came.

    `meanwhile` is called when only writing is left.
    """
    taken = _load(reading, stage)
    if not taken:
        return
    arrivals = [one.arrival for one in taken]
    stage.name = "facts"
    _one_at_a_time(arrivals)
    gathered = gather(arrivals, at=at)
    stage.name = "decide"
    batch = Batch(at, take_ids(tickets=_new_at_most(arrivals, gathered.facts), entries=len(arrivals)))
    reaction = Reaction(gathered, batch, senders(), signing_keys()[0])
    for one in taken:
        _take(reaction, one)
    tell.write(reaction)
    stage.name = "write"
    meanwhile()
    batch.write()


def _take(on: Reaction, one: Taken) -> None:
    """Decide one message and react. Each outcome is one line."""
    arrival, facts = one.arrival, on.facts
    verdict = decide(arrival, facts)
    match verdict.action:
        case "accept":
            threading = thread(arrival, facts)
            on.trust = weigh(arrival, facts, threading)
            verdict = heeded(verdict, on.trust)
            reason = (threading.sentence if threading.hold else "") or on.trust.held
            if reason and not is_allowed(arrival.sender, threading.ticket):
                on.batch.decided.append(Decided(one.row.pk, Outcome.HELD, reason))
            elif threading.ticket is not None:
                react.join_ticket(on, one.row, arrival, verdict, threading)
            else:
                newcomers.open_or_refuse(on, one.row, arrival, verdict, threading)
        case "duplicate":
            react.add_addresses(on, one.row, arrival, verdict, route(arrival, facts))
        case "report":
            react.record_report(on, one.row, arrival)
        case "hold":
            on.batch.decided.append(Decided(one.row.pk, Outcome.HELD, verdict.reason))
        case "suppress":
            on.batch.decided.append(Decided(one.row.pk, Outcome.SUPPRESSED, verdict.reason))


def _load(reading: Reading, stage: Stage) -> list[Taken]:
    """The rows that still wait, locked, with their messages parsed. Skips what another worker has in hand."""
    rows = list(
        SpooledMail.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk__in=reading.chunk.messages, outcome=Outcome.WAITING)
        .only("id", "mailbox_id", "size", "is_history", "outcome")
        .order_by("id")
    )
    emails = dict(RemoteMailbox.objects.filter(pk__in={row.mailbox_id for row in rows}).values_list("id", "email_id"))
    stage.name = "parse"
    mails = reading.mails()
    return [
        Taken(
            row,
            Arrival(
                mail=mails[row.pk],
                size=row.size,
                via_email=emails.get(row.mailbox_id or 0),
                is_history=row.is_history,
            ),
        )
        for row in rows
    ]


def _one_at_a_time(arrivals: Sequence[Arrival]) -> None:
    """Of two workers that hold the same mail, or a mail and its answer, one waits for the other to commit.

    Transaction-scoped advisory locks on the Message-IDs involved, taken in one order.
    """
    names = {key for arrival in arrivals for key in keys_referenced(arrival)[:8]}
    keys = sorted({zlib.crc32(name.encode("utf-8", "replace")) - 2**31 for name in names})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_advisory_xact_lock(%s, key)) FROM unnest(%s::int[]) AS key", [lanes.NAMESPACE + 1, keys]
        )


def _new_at_most(arrivals: Sequence[Arrival], facts: Facts) -> int:
    """How many tickets the chunk can open: a dry run, so that numbers are not drawn for replies."""
    return sum(_would_open(decide(arrival, facts), thread(arrival, facts)) for arrival in arrivals)


def _would_open(verdict: Verdict, threading: Threading) -> bool:
    return verdict.action == "accept" and threading.ticket is None


def _try_suspects(mailbox: int) -> None:
    """Messages in hand when the worker died for the third time: do they kill, or were they only near?

    Each is understood once in a process of its own. If that dies as well, the message is shunted; if not, it gets
    three more tries, and the ninth death shunts it whatever the trial says.
    """
    suspects = spool.waiting(mailbox).filter(attempts__gte=spool.MAX_TRIES).select_related("mailbox").order_by("id")
    for row in suspects:
        if row.attempts % spool.MAX_TRIES:
            continue
        if row.attempts >= 3 * spool.MAX_TRIES or _kills(source.raw_bytes(row)):
            reason = f"The worker died {row.attempts} times while it had this message in hand."
            spool.shunt(row.pk, stage="killed", reason=reason, traceback="", at=now())
        else:
            SpooledMail.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)


def _kills(raw: bytes) -> bool:
    """Whether understanding the message ends, or hangs, a process made for the purpose."""
    trial = [sys.executable, "-m", "postdesk", "parse", "-"]
    try:
        done = subprocess.run(
            trial, input=raw, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def _failed(chunk: Chunk, error: Exception, stage: Stage) -> None:
    words = "".join(traceback.format_exception(error))
    log.error("intake.failed", messages=len(chunk.messages), stage=stage.name, error=repr(error)[:300])
    in_hand.failed(chunk)
    if len(chunk.messages) > 1:
        return  # Each has one try behind it and comes alone from now on.
    (pk,) = chunk.messages
    if SpooledMail.objects.filter(pk=pk, attempts__gte=spool.MAX_TRIES).exists():
        reason = f"{type(error).__name__} at the stage {stage.name}: {error}"
        spool.shunt(pk, stage=stage.name, reason=reason, traceback=words, at=now())
