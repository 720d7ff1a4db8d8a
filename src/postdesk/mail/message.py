"""What a message is, once understood: plain values that every layer above shares.

Shapes: addresses keep the local part as written and the domain in lower case; ids carry no angle
brackets; dates are aware and in UTC; text uses "\\n" line ends. The `postdesk parse` object
(docs/reference) is a projection of `ParsedMail`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["mail", "list", "auto_reply", "bounce", "delay", "complaint", "read_receipt", "delivery_receipt"]
Priority = Literal["low", "normal", "high", "emergency"]
Protection = Literal["smime_signed", "smime_encrypted", "pgp_signed", "pgp_encrypted"]
#: How sure the charset is: as declared, proven by the bytes (valid UTF-8), or a guess from letters.
Confidence = Literal["declared", "proven", "guessed"]


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox address (RFC 5322 section 3.4); `name` is decoded and may be ""."""

    name: str
    address: str

    @property
    def key(self) -> str:
        """The address for comparing: lower case throughout."""
        return self.address.lower()


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message, in the order of the message's parts. `filename` is safe to store, never ""."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None
    inline: bool = False

    @property
    def size(self) -> int:
        """Bytes after transfer decoding."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """What a delivery report says of one recipient (RFC 3464 section 2.3)."""

    address: str
    action: str
    status: str | None
    reply_code: int | None
    diagnostic: str
    reason: str
    dead: bool


@dataclass(frozen=True, slots=True)
class Bounce:
    recipients: tuple[BouncedRecipient, ...]
    original_message_id: str | None
    has_original: bool


@dataclass(frozen=True, slots=True)
class Forwarded:
    from_email: str | None
    subject: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """`role` and `status` in the words of RFC 5545 section 3.2: REQ-PARTICIPANT ..., NEEDS-ACTION, ACCEPTED ..."""

    name: str
    address: str
    role: str
    status: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar object (RFC 5546): `method` REQUEST invites or changes, CANCEL calls off, REPLY answers.

    Updates share the `uid` and raise the `sequence`. Instants are in UTC; an all-day event begins at the day's first
    moment; `timezone` is the zone as the sender wrote it, "" for none.
    """

    method: str
    uid: str
    sequence: int
    summary: str
    location: str
    status: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    all_day: bool
    timezone: str
    organizer: Address | None
    attendees: tuple[Attendee, ...]
    recurrence: str | None
    recurrence_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A message as an agent would read it. Parsing never fails; what was repaired stands in `defects`."""

    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    from_: Address | None = None
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    #: Addresses the transport added on the way in: those in Delivered-To, then X-Original-To, Envelope-To and
    #: their like.
    delivered_to: tuple[str, ...] = ()
    return_path: str | None = None
    date: dt.datetime | None = None
    text: str = ""
    html: str | None = None
    #: The new words only: quoted history, signature and forwarded matter trimmed.
    reply_text: str = ""
    forwarded: Forwarded | None = None
    attachments: tuple[Attachment, ...] = ()
    kind: Kind = "mail"
    autoreply_allowed: bool = True
    #: Which headers or words decided `kind` and `autoreply_allowed`, in words.
    auto_evidence: tuple[str, ...] = ()
    bounce: Bounce | None = None
    feedback_type: str | None = None
    priority: Priority | None = None
    charset: str | None = None
    charset_confidence: Confidence | None = None
    invitation: Invitation | None = None
    #: How it is signed or encrypted; not verified.
    protection: tuple[Protection, ...] = ()
    defects: tuple[str, ...] = ()
    #: Message-IDs quoted inside the body (our hidden marker, any class prefix), newest first.
    body_ids: tuple[str, ...] = ()
    #: Every header in order, decoded, for showing and for filters.
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """The first header of that name, decoded, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)
