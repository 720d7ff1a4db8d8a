"""The spool: accept what arrived, claim it for intake, record what became of it.

Bytes first: `accept` commits the raw message and its ledger row before anybody looks inside, and before
anything changes on the server. All later steps only ever add to that row.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q, QuerySet

from postdesk import jobs
from postdesk.basics.errors import Conflict
from postdesk.basics.ids import digest, message_key
from postdesk.mailroom import blobs
from postdesk.mailroom.bulk import insert, row
from postdesk.mailroom.ledger_moves import let_go
from postdesk.mailroom.models import RemoteMailbox, SpooledMail
from postdesk.mailroom.models.spool import Outcome

#: A message whose intake died or failed so often is shunted.
MAX_TRIES = 3
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?<?([^\r\n<>]*)", re.IGNORECASE | re.MULTILINE)


#: A UID (IMAP) or a UIDL (POP3).
Key = int | str


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger has under a key: outcome, the size the server listed it with, whether its copy was dealt with."""

    outcome: str
    listed_size: int | None
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as a server handed it over."""

    key: Key
    raw: bytes
    received_at: dt.datetime | None
    #: What the server's listing said, None if nothing.
    listed_size: int | None = None
    #: Older than the mailbox's connection (mailroom.first_fetch).
    is_history: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where keys are unique: one folder of one mailbox under one UIDVALIDITY. POP3: folder "", epoch 0."""

    mailbox: RemoteMailbox
    folder: str
    epoch: int


def accept(place: Place, arrivals: Sequence[Arrival], *, at: dt.datetime) -> int:
    """Store a batch with its bytes and wake intake, in one transaction. Returns how many were not here before.

    When this returns, the messages are ours and the server's copies may go. Safe to call again with
    the same messages, also from two processes at once: the keys are unique. A known key that comes with other mail
    (other bytes and another Message-ID) is other mail: the server gave the key away anew, and so do we.
    Raises Conflict when the mailbox has been pointed elsewhere since `place` was read.
    """
    for last_try in (False, True):
        try:
            with transaction.atomic():
                return _accept(place, arrivals, at=at)
        except IntegrityError:
            # Another process accepted some of them between our look and our insert; look again.
            if last_try:
                raise
    raise AssertionError("unreachable")


def _accept(place: Place, arrivals: Sequence[Arrival], *, at: dt.datetime) -> int:
    hold(place)
    here = {row.uid if row.uid is not None else row.uidl: row for row in _known_rows(place, arrivals)}
    kinds = [_kind(arrival, here.get(arrival.key)) for arrival in arrivals]
    fresh = [arrival for arrival, kind in zip(arrivals, kinds, strict=True) if kind != "known"]
    let_go([here[one.key].pk for one, kind in zip(arrivals, kinds, strict=True) if kind == "other"], at=at)
    if not fresh:
        return 0
    digests = [digest(arrival.raw) for arrival in fresh]
    earlier = _earlier_copies(place, fresh, digests)
    new = [arrival.raw for arrival, known in zip(fresh, digests, strict=True) if known not in earlier]
    remaining = iter(blobs.store(new))
    rows = []
    for arrival, own in zip(fresh, digests, strict=True):
        copy_of = earlier.get(own)
        rows.append(_row(place, arrival, own, at, None if copy_of else next(remaining), copy_of))
    retried = [here[one.key].pk for one, kind in zip(arrivals, kinds, strict=True) if kind == "unfetched"]
    if retried:
        # Rows of messages that could not be fetched before give way to the real thing.
        SpooledMail.objects.filter(pk__in=retried, outcome=Outcome.UNFETCHED).delete()
    insert(rows)
    RemoteMailbox.objects.filter(pk=place.mailbox.pk).update(last_mail_at=at)
    jobs.defer("take_in", mailbox=place.mailbox.pk)
    return len(rows)


def hold(place: Place) -> None:
    """Keep the mailbox as it is until the transaction ends. Raises Conflict when it is not what it was."""
    rows = RemoteMailbox.objects.select_for_update(of=("self",), no_key=True)
    if not rows.filter(pk=place.mailbox.pk, generation=place.mailbox.generation).values_list("pk").first():
        raise Conflict("The mailbox was pointed at another server, account or folder meanwhile.")


def is_current(place: Place) -> bool:
    """Whether the mailbox still means what it did when `place` was read."""
    return RemoteMailbox.objects.filter(pk=place.mailbox.pk, generation=place.mailbox.generation).exists()


def _known_rows(place: Place, arrivals: Sequence[Arrival]) -> QuerySet[SpooledMail]:
    rows = rows_of(place, [arrival.key for arrival in arrivals])
    return rows.only("uid", "uidl", "outcome", "digest", "message_id")


def _kind(arrival: Arrival, row: SpooledMail | None) -> Literal["new", "unfetched", "known", "other"]:
    if row is None:
        return "new"
    if row.outcome == Outcome.UNFETCHED:
        return "unfetched"
    if row.digest is not None and bytes(row.digest) == digest(arrival.raw):
        return "known"
    # Some servers add headers of their own between two fetches; the Message-ID stays.
    return "known" if row.message_id and row.message_id == quick_message_id(arrival.raw) else "other"


def accept_piped(raw: bytes, *, mailbox: RemoteMailbox | None, via: str, at: dt.datetime) -> tuple[int, bool]:
    """Store one message from a pipe. Returns (spool id, known): the same bytes by the same way are known."""
    with transaction.atomic():
        fingerprint = digest(raw)
        known = SpooledMail.objects.filter(digest=fingerprint, via=via, message_id=quick_message_id(raw)).first()
        if known is not None:
            return known.pk, True
        (blob,) = blobs.store([raw])
        row = SpooledMail.objects.create(
            mailbox=mailbox,
            via=via,
            blob_id=blob,
            size=len(raw),
            digest=fingerprint,
            message_id=quick_message_id(raw),
            received_at=at,
            seen_at=at,
            settled_at=at,
        )
        jobs.defer("take_in", mailbox=mailbox.pk if mailbox else 0)
        return row.pk, False


def _row(
    place: Place, arrival: Arrival, own: bytes, at: dt.datetime, blob: int | None, copy_of: int | None
) -> SpooledMail:
    is_uid = isinstance(arrival.key, int)
    return row(
        SpooledMail,
        mailbox_id=place.mailbox.pk,
        via=place.mailbox.email.address,
        folder=place.folder,
        epoch=place.epoch,
        uid=arrival.key if is_uid else None,
        uidl=None if is_uid else arrival.key,
        blob_id=blob,
        size=len(arrival.raw),
        listed_size=arrival.listed_size,
        is_history=arrival.is_history,
        digest=own,
        message_id=quick_message_id(arrival.raw),
        received_at=arrival.received_at,
        seen_at=at,
        outcome=Outcome.DUPLICATE if copy_of else Outcome.WAITING,
        reason=f"The same bytes came before (ledger {copy_of}), under another UIDVALIDITY." if copy_of else "",
        decided_at=at if copy_of else None,
    )


def _earlier_copies(place: Place, fresh: Sequence[Arrival], digests: Sequence[bytes]) -> dict[bytes, int]:
    """Messages of this folder known under another UIDVALIDITY, by digest (RFC 3501 section 2.3.1.1).

    Servers that lose their UIDs hand everything out anew; the bytes tell that it is the old mail.
    """
    mailbox = SpooledMail.objects.filter(mailbox=place.mailbox)
    others = mailbox.exclude(folder=place.folder, epoch=place.epoch)
    if place.epoch == 0 or not others.exists():
        return {}
    # Mail without an id is in no index: looked through only where such mail came.
    keys = {quick_message_id(arrival.raw) for arrival in fresh}
    rows = others.filter(message_id__in=keys, digest__in=digests)
    return {bytes(found): pk for pk, found in rows.values_list("id", "digest") if found is not None}


def quick_message_id(raw: bytes) -> str:
    """The message key of the header's Message-ID by a quick look at the first 64 KB; "" if there is none."""
    head = raw[:65536]
    end = head.find(b"\r\n\r\n")
    end = end if end >= 0 else head.find(b"\n\n")
    found = _MESSAGE_ID.search(head[:end] if end >= 0 else head)
    return message_key(found[1].decode("utf-8", "replace")) if found else ""


def rows_of(place: Place, keys: Iterable[Key]) -> QuerySet[SpooledMail]:
    """The ledger's rows for these UIDs or UIDLs."""
    wanted = list(keys)
    if wanted and isinstance(wanted[0], str):
        return SpooledMail.objects.filter(mailbox=place.mailbox, uidl__in=wanted)
    return SpooledMail.objects.filter(mailbox=place.mailbox, folder=place.folder, epoch=place.epoch, uid__in=wanted)


def known(place: Place, keys: Sequence[Key]) -> dict[Key, Known]:
    """What the ledger has of these keys."""
    found: dict[Key, Known] = {}
    for start in range(0, len(keys), 5000):
        rows = rows_of(place, keys[start : start + 5000])
        for uid, uidl, outcome, size, at in rows.values_list("uid", "uidl", "outcome", "listed_size", "settled_at"):
            found[uid if uid is not None else uidl or ""] = Known(outcome, size, at is not None)
    return found


def high_water(place: Place) -> int | None:
    """The highest UID in the ledger for this place; UIDs only grow, and batches commit in order."""
    rows = SpooledMail.objects.filter(mailbox=place.mailbox, folder=place.folder, epoch=place.epoch)
    return cast("int | None", rows.aggregate(highest=Max("uid"))["highest"])


def settled(place: Place, keys: Iterable[Key], *, at: dt.datetime) -> None:
    """Note that the server's copies were dealt with."""
    rows_of(place, keys).filter(settled_at__isnull=True).update(settled_at=at)


@transaction.atomic
def could_not_fetch(place: Place, key: Key, *, reason: str, at: dt.datetime) -> None:
    """Note a message that the server lists and does not hand over: it is retried alone, after all others.

    Raises Conflict when the mailbox has been pointed elsewhere: the key would stand among those of the new server,
    which often has the same UIDVALIDITY (Gmail: always 1), and hide all its mail with lower UIDs.
    """
    hold(place)
    is_uid = isinstance(key, int)
    row, _made = SpooledMail.objects.get_or_create(
        mailbox=place.mailbox,
        folder=place.folder,
        epoch=place.epoch,
        uid=key if is_uid else None,
        uidl=None if is_uid else key,
        defaults={"via": place.mailbox.email.address, "seen_at": at, "outcome": Outcome.UNFETCHED},
    )
    SpooledMail.objects.filter(pk=row.pk, outcome=Outcome.UNFETCHED).update(
        attempts=F("attempts") + 1, reason=reason[:2000], stage="fetch", decided_at=at
    )


def forget_unfetched(place: Place, key: Key) -> None:
    """A message that could not be fetched is gone from the server: somebody else took it away."""
    rows_of(place, [key]).filter(outcome=Outcome.UNFETCHED).delete()


def waiting(mailbox: int) -> QuerySet[SpooledMail]:
    """Rows that intake has to take, of one mailbox; 0: of the pipes."""
    of = Q(mailbox__isnull=True) if mailbox == 0 else Q(mailbox=mailbox)
    return SpooledMail.objects.filter(of, outcome=Outcome.WAITING)


def backlog_over(messages: int) -> bool:
    """Whether more messages than that wait to be taken in, in all mailboxes."""
    rows = SpooledMail.objects.filter(outcome=Outcome.WAITING)
    return rows[messages : messages + 1].exists()


def shunt(pk: int, *, stage: str, reason: str, traceback: str, at: dt.datetime) -> None:
    """Put a message aside with what went wrong; its bytes stay, an administrator may retry it."""
    SpooledMail.objects.filter(pk=pk, outcome=Outcome.WAITING).update(
        outcome=Outcome.SHUNTED, stage=stage, reason=reason[:2000], traceback=traceback[-20000:], decided_at=at
    )


def content(spooled: SpooledMail) -> bytes:
    """The raw message. b"" for a row whose bytes are gone (an old duplicate)."""
    if spooled.blob_id is None:
        return b""
    return blobs.read([spooled.blob_id])[spooled.blob_id]
