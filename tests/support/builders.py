"""Rows for tests, each made by one call with only what the test is about said aloud.

The cast: alice (agent, admin, owner of things), bob (agent, same department), charlie (agent, other
department), carol (customer), mallory (stranger).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from postdesk.mailroom.models import (
    Blob,
    Email,
    Letter,
    LetterRecipient,
    MailSettings,
    RemoteMailbox,
    SmtpAccount,
    SpooledMail,
)
from postdesk.people.models import Agent, User
from postdesk.tickets.models import (
    Department,
    Entry,
    EntryAttachment,
    Event,
    KnownMessageId,
    Membership,
    SearchText,
    Ticket,
)

#: The instant tests happen at, where none is given.
NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
_numbers = itertools.count(500001)
_serial = itertools.count(1)


def alice() -> Agent:
    """An admin who works in Support."""
    return _agent("alice@desk.example", "Alice Moreau", "Support", is_admin=True)


def bob() -> Agent:
    """An agent of Support."""
    return _agent("bob@desk.example", "Bob Stone", "Support")


def charlie() -> Agent:
    """An agent of Billing, who has no business in Support."""
    return _agent("charlie@desk.example", "Charlie Reyes", "Billing")


def carol() -> User:
    """A customer."""
    return a_user("carol@customer.example", "Carol Lind")


def mallory() -> User:
    """A stranger."""
    return a_user("mallory@elsewhere.example", "Mallory")


def a_user(address: str, name: str = "") -> User:
    user, _made = User.objects.get_or_create(address=address, defaults={"name": name, "created_at": NOON})
    return user


def a_department(name: str = "Support", **fields: Any) -> Department:
    """Support is the default department of every desk."""
    department, _made = Department.objects.get_or_create(name=name, defaults=fields)
    return department


def an_email(address: str = "support@desk.example", name: str = "Example Support") -> Email:
    email, _made = Email.objects.get_or_create(
        address=address, defaults={"name": name, "created_at": NOON, "updated_at": NOON}
    )
    return email


def a_desk_that_can_send() -> Email:
    """Mail settings with a Default System Email that has an SMTP account."""
    email = an_email()
    SmtpAccount.objects.get_or_create(email=email, defaults={"host": "smtp.desk.example"})
    MailSettings.objects.update_or_create(
        pk=1, defaults={"fetching": True, "default_email": email, "default_mta": email}
    )
    return email


def a_mailbox(address: str = "support@desk.example", **fields: Any) -> RemoteMailbox:
    return RemoteMailbox.objects.create(email=an_email(address), **{"host": "ssl://imap.desk.example", **fields})


def a_ticket(subject: str = "The printer is on fire", *, at: dt.datetime = NOON, **fields: Any) -> Ticket:
    """An open ticket of carol's in Support that waits since `at`; without entries."""
    status, answered = fields.get("status", "open"), fields.get("is_answered", False)
    defaults: dict[str, Any] = {
        "number": next(_numbers),
        "user": fields.get("user") or carol(),
        "department": fields.get("department") or a_department(),
        "opened_at": at,
        "updated_at": at,
        "last_message_at": at,
        "waiting_since": at if status == "open" and not answered else None,
        "last_reply_at": at if answered else None,
        "closed_at": at if status == "closed" else None,
    }
    return Ticket.objects.create(subject=subject, **{**defaults, **fields})


def an_entry(
    ticket: Ticket, text: str = "It burns.", *, kind: str = "message", at: dt.datetime = NOON, **fields: Any
) -> Entry:
    """An entry by the ticket's user, or by `agent` for replies and notes. Counted on the ticket."""
    agent: Agent | None = fields.get("agent")
    defaults: dict[str, Any] = {
        "author_name": agent.name if agent else ticket.user.name,
        "author_address": agent.email if agent else ticket.user.address,
        "user": None if agent else ticket.user,
    }
    entry = Entry.objects.create(ticket=ticket, kind=kind, text=text, created_at=at, **{**defaults, **fields})
    Ticket.objects.filter(pk=ticket.pk).update(
        entry_count=ticket.entry_count + 1, updated_at=max(at, ticket.updated_at), snippet=text[:200]
    )
    ticket.refresh_from_db()
    return entry


def an_event(ticket: Ticket, name: str, *, at: dt.datetime = NOON, **fields: Any) -> Event:
    return Event.objects.create(ticket=ticket, name=name, at=at, **fields)


def an_attachment(entry: Entry, content: bytes, filename: str, content_type: str, **fields: Any) -> EntryAttachment:
    """A file with bytes of its own."""
    return EntryAttachment.objects.create(
        entry=entry,
        position=entry.attachments.count(),
        filename=filename,
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        blob=Blob.objects.create(content=content),
        **fields,
    )


def a_letter(
    to: Sequence[str] = ("carol@customer.example",), *, state: str = "queued", at: dt.datetime = NOON, **fields: Any
) -> Letter:
    """A letter from support@desk.example with a recipient row in the same state for each address."""
    reply = fields.pop("reply", "")
    ticket: Ticket | None = fields.pop("ticket", None)
    raw = b"From: support@desk.example\r\nSubject: Re: fire\r\n\r\nWater is on its way.\r\n"
    defaults: dict[str, Any] = {
        "kind": "reply",
        "email": an_email(),
        "from_address": "support@desk.example",
        "subject": "Re: The printer is on fire",
        "message_id": f"letter.{next(_serial)}@desk.example",
        "raw": raw,
        "size": len(raw),
        "next_try_at": at,
        "created_at": at,
        "account": SmtpAccount.objects.filter(email__address="support@desk.example").first(),
    }
    letter = Letter.objects.create(state=state, **{**defaults, **fields})
    LetterRecipient.objects.bulk_create(
        LetterRecipient(letter=letter, address=address, state=state, reply=reply, updated_at=at) for address in to
    )
    if ticket is not None:
        KnownMessageId.objects.create(message_id=letter.message_id, direction="out", ticket=ticket, letter=letter)
    return letter


def a_spooled_mail(raw: bytes | None = None, *, at: dt.datetime = NOON, **fields: Any) -> SpooledMail:
    """A message in the ledger; held for review unless said otherwise."""
    raw = raw if raw is not None else a_mail()
    defaults: dict[str, Any] = {
        "outcome": "held",
        "reason": "The sender could not be told.",
        "via": "support@desk.example",
    }
    blob = Blob.objects.create(content=raw)
    digest = hashlib.sha256(raw).digest()
    return SpooledMail.objects.create(blob=blob, size=len(raw), digest=digest, seen_at=at, **{**defaults, **fields})


def a_mail(
    subject: str = "Hello", text: str = "Some words.", sender: str = "Carol Lind <carol@customer.example>"
) -> bytes:
    """A small message as bytes."""
    lines = (
        f"From: {sender}",
        "To: support@desk.example",
        f"Subject: {subject}",
        f"Message-ID: <m{next(_serial)}@customer.example>",
    )
    return "\r\n".join((*lines, "Date: Mon, 23 Nov 2026 11:00:00 +0000", "", text, "")).encode()


def indexed(entries: Iterable[Entry]) -> None:
    """Put the entries' words into the search index, as the job does."""

    for entry in entries:
        words = " ".join((entry.ticket.subject, entry.author_name, entry.author_address, entry.text))
        SearchText.objects.create(entry=entry, ticket=entry.ticket, words=SearchVector(Value(words), config="simple"))


def _agent(email: str, name: str, department: str, *, is_admin: bool = False) -> Agent:
    agent = Agent.objects.filter(email=email).first()
    if agent is None:
        agent = Agent.objects.hire(email=email, name=name, password=PASSWORD, at=NOON, is_admin=is_admin)
        Membership.objects.create(department=a_department(department), agent=agent)
    return agent
