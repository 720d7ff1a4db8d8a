"""The doors that are no mailbox: a message from standard input or from HTTP."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from postdesk.basics.errors import Invalid
from postdesk.mailroom import spool
from postdesk.mailroom.models import Email


@dataclass(frozen=True, slots=True)
class Accepted:
    """The ledger's row, and whether the message was here before."""

    spooled_id: int
    known: bool


def accept_piped(raw: bytes, *, via: str | None, at: dt.datetime) -> Accepted:
    """Store a piped message. When this returns it is committed. Raises Invalid("mailbox") for an unknown address."""
    email = None
    if via is not None:
        email = Email.objects.select_related("mailbox").filter(address__iexact=via).first()
        if email is None:
            raise Invalid("mailbox", f"{via} is not an address of this desk")
    mailbox = getattr(email, "mailbox", None) if email else None
    pk, known = spool.accept_piped(raw, mailbox=mailbox, via=via or "", at=at)
    return Accepted(pk, known)
