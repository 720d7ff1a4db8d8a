"""Compose a letter about a ticket: From, recipients, ids, the whole chain of References.

Used by intake for auto-responses (in bulk) and by the reply operation. Pure but for what it is given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from postdesk.basics.ids import nonce
from postdesk.mail import compose, token
from postdesk.mail.compose import Auto, Outgoing, OutgoingFile
from postdesk.mail.message import Address
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.outbox import NewLetter
from postdesk.tickets.notices import Words

#: At most so many ids in References: the first and the newest (RFC 5322 section 3.6.4 sets no limit, lines do).
MAX_REFERENCES = 20
_AUTOMATIC: Final[dict[Kind, Auto]] = {
    Kind.AUTORESPONSE: "auto-replied",
    Kind.ALERT: "auto-generated",
    Kind.FILTER: "auto-generated",
}


@dataclass(frozen=True, slots=True)
class Sender:
    """An address of ours that mail leaves from. `account`: the SMTP account's own address when it differs."""

    email: int
    address: Address
    #: Named in Sender when the transport is another address's and may not spoof (osticket.md 5.4).
    on_behalf: Address | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a letter is about, before composing."""

    letter: int
    ticket: int
    entry: int
    kind: Kind
    sender: Sender
    to: tuple[Address, ...]
    words: Words
    cc: tuple[Address, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    files: tuple[OutgoingFile, ...] = ()
    separator: str | None = None


def write(draft: Draft, *, key: bytes, at: dt.datetime) -> NewLetter:
    """The composed letter. Automatic kinds carry the headers that keep robots from answering (RFC 3834)."""
    domain = draft.sender.address.address.rpartition("@")[2]
    message_id = token.make(key, ticket=draft.ticket, entry=draft.entry, nonce=nonce(), domain=domain)
    raw = compose.compose(
        Outgoing(
            from_=draft.sender.address,
            sender=draft.sender.on_behalf,
            to=draft.to,
            cc=draft.cc,
            subject=draft.words.subject,
            text=draft.words.text,
            html=draft.words.html,
            message_id=message_id,
            in_reply_to=draft.in_reply_to,
            references=chain(draft.references, draft.in_reply_to),
            date=at,
            attachments=draft.files,
            auto=_AUTOMATIC.get(draft.kind),
            marker=True,
            separator=draft.separator,
        )
    )
    return NewLetter(
        pk=draft.letter,
        kind=draft.kind,
        email=draft.sender.email,
        from_address=draft.sender.address.address,
        subject=draft.words.subject,
        message_id=message_id,
        raw=raw,
        recipients=tuple(dict.fromkeys(address.address for address in (*draft.to, *draft.cc))),
    )


def chain(references: Sequence[str], last: str | None) -> tuple[str, ...]:
    """The References of an answer: what the parent referred to, then the parent (RFC 5322 section 3.6.4)."""
    ids = list(dict.fromkeys([*references, *([last] if last else [])]))
    if last in ids[:-1]:
        ids.remove(last)
        ids.append(last)
    if len(ids) > MAX_REFERENCES:
        ids = [ids[0], *ids[-(MAX_REFERENCES - 1) :]]
    return tuple(ids)
