"""When a mailbox is pointed at another server or account, the old one's UIDs must not stand for the new one's mail.

UIDs and UIDLs mean something only together with the store that gave them. Two servers may both have
UIDVALIDITY 1 and UID 5; without this, the new server's message would be taken for one already seen, and lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from django.db.models import CharField, F, Min, Value
from django.db.models.functions import Cast, Coalesce, Concat, Left

from postdesk.mailroom.models import RemoteMailbox, SpooledMail

#: Ports that are the same store, with and without TLS from the start (RFC 8314 section 3).
_WELL_KNOWN = frozenset({None, 110, 143, 993, 995})


class Store(Protocol):
    """What tells one store of mail from another."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int | None: ...
    @property
    def protocol(self) -> str: ...
    @property
    def username(self) -> str: ...


def same_store(before: Store, after: Store, *, address: str) -> bool:
    """Whether both lead to the same account on the same server; a change of encryption alone does not matter."""
    if before.protocol != after.protocol or (before.username or address) != (after.username or address):
        return False
    if _hostname(before.host) != _hostname(after.host):
        return False
    return before.port == after.port or {before.port, after.port} <= _WELL_KNOWN


def leave_store(mailbox: RemoteMailbox, *, at: dt.datetime) -> None:
    """Keep the ledger's rows, but under keys that no server can give: negative UIDVALIDITY, UIDLs with a mark.

    Mail that moved along is still recognised by its bytes. Changes `mailbox.epoch`, which the caller saves.
    """
    new_generation(mailbox, at=at)
    rows = SpooledMail.objects.filter(mailbox=mailbox)
    lowest = rows.aggregate(lowest=Min("epoch"))["lowest"]
    if lowest is None:
        return
    # Below all epochs in use, and different for different epochs: the key stays unique.
    below = min(lowest, 0) - 1
    rows.filter(uid__isnull=False, epoch__gte=0).update(epoch=Value(below) - F("epoch"))
    mark = Concat(Value("left "), Cast("id", CharField()), Value(" "), F("uidl"), output_field=CharField())
    rows.filter(uidl__isnull=False).exclude(uidl__startswith="left ").update(uidl=Left(mark, 255))
    # What the old server still holds is out of reach.
    rows.filter(settled_at__isnull=True).update(settled_at=at)
    mailbox.epoch = 0


def new_generation(mailbox: RemoteMailbox, *, at: dt.datetime) -> None:
    """From here to the end of the transaction nothing is accepted for this mailbox, and afterwards nothing from turns
    that began before: they hold a connection to what the row no longer means (spool.accept).

    What lies there already is history from now on: another account may hold years of mail that must not be answered.
    It is taken or left by when the mailbox was connected first, so that mail of a moved account is not left behind.
    """
    rows = RemoteMailbox.objects.filter(pk=mailbox.pk)
    rows.update(generation=F("generation") + 1, past_epoch=-1, repointed_at=at)
    mailbox.generation += 1
    mailbox.past_epoch, mailbox.repointed_at = -1, at


def let_go(rows: Sequence[int], *, at: dt.datetime) -> None:
    """Take the key away from rows whose UID or UIDL the server has given to other mail. The rows stay."""
    gone = SpooledMail.objects.filter(pk__in=rows)
    key = Coalesce(F("uidl"), Cast("uid", CharField()), output_field=CharField())
    mark = Concat(Value("left "), Cast("id", CharField()), Value(" "), key, output_field=CharField())
    gone.update(uidl=Left(mark, 255), uid=None)
    gone.filter(settled_at__isnull=True).update(settled_at=at)


def _hostname(host: str) -> str:
    return host.rpartition("://")[2].strip().lower().rstrip(".")
