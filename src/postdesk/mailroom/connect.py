"""An Email's three tabs as values, and the operations that make them so: Account, Remote Mailbox, Outgoing (SMTP).

Nothing here talks to a server; validity is decided before (flow.desk_file.values). Each change is in the audit log.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from postdesk import jobs
from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import BrokenSetup
from postdesk.mailroom.first_fetch import ask_again
from postdesk.mailroom.ledger_moves import leave_store, new_generation, same_store
from postdesk.mailroom.models import Credential, Email, MailSettings, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.connections import Connection
from postdesk.mailroom.secrets import seal, unseal
from postdesk.people import audit


@dataclass(frozen=True, slots=True)
class EmailSetup:
    """The Account tab's identity; what new tickets become stands in tickets.arrange."""

    address: str
    name: str = ""
    notes: str = ""
    #: Lower case, in order; nobody else's (`alias_problems`).
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailboxSetup:
    """The Remote Mailbox tab. `port` None: the scheme's own; `username` "": the address; `password` None: as stored."""

    host: str = ""
    port: int | None = None
    protocol: str = "imap"
    folder: str = ""
    auth: str = "basic"
    username: str = ""
    password: str | None = field(default=None, repr=False)
    status: bool = True
    frequency: int = 5
    per_fetch: int = 30
    fetched: str = "nothing"
    archive_folder: str = ""
    verify_tls: bool = True
    ca_file: str = ""
    push: bool = True
    first_fetch: str = "all"
    first_fetch_since: str = ""


@dataclass(frozen=True, slots=True)
class SmtpSetup:
    """The Outgoing (SMTP) tab; as for the mailbox."""

    status: bool = True
    host: str = ""
    port: int | None = None
    auth: str = "mailbox"
    username: str = ""
    password: str | None = field(default=None, repr=False)
    header_spoofing: bool = False
    verify_tls: bool = True
    ca_file: str = ""


_MAILBOX_COLUMNS = tuple(name for name in MailboxSetup.__slots__ if name != "password")
_SMTP_COLUMNS = tuple(name for name in SmtpSetup.__slots__ if name != "password")


def email_setup(email: Email) -> EmailSetup:
    """The identity as stored."""
    return EmailSetup(email.address, email.name, email.notes, tuple(email.aliases))


def mailbox_setup(mailbox: RemoteMailbox) -> MailboxSetup:
    """The remote mailbox as stored, without its password."""
    return MailboxSetup(**{name: getattr(mailbox, name) for name in _MAILBOX_COLUMNS})


def smtp_setup(account: SmtpAccount) -> SmtpSetup:
    """The outgoing account as stored, without its password."""
    return SmtpSetup(**{name: getattr(account, name) for name in _SMTP_COLUMNS})


def save_email(
    email: Email | None, setup: EmailSetup, *, by: audit.Actor, at: dt.datetime
) -> tuple[Email, tuple[Change, ...]]:
    """Make an address, or change the one given. Returns the row and what changed (nothing for a new one)."""
    if email is None:
        made = Email.objects.create(
            address=setup.address,
            name=setup.name,
            notes=setup.notes,
            aliases=list(setup.aliases),
            created_at=at,
            updated_at=at,
        )
        audit.record(by=by, at=at, verb="added", of=made, label=made.address, after=audit.values(setup))
        return made, ()
    before = email_setup(email)
    changes = differences(before, setup)
    if changes:
        email.address, email.name, email.notes, email.updated_at = setup.address, setup.name, setup.notes, at
        email.aliases = list(setup.aliases)
        email.save(update_fields=["address", "name", "notes", "aliases", "updated_at"])
        _note(email, email, before, changes, by=by, at=at)
    return email, changes


def save_mailbox(email: Email, setup: MailboxSetup, *, by: audit.Actor, at: dt.datetime) -> tuple[Change, ...]:
    """Connect an address to its mailbox, or change how. Returns what changed (nothing for a new one).

    Every change forgets the failures and makes the mailbox due at once, so that a repair is seen at once.
    A change to another account or server lets go of the old one's UIDs first (mailroom.ledger_moves).
    """
    mailbox: RemoteMailbox | None = getattr(email, "mailbox", None)
    if mailbox is None:
        mailbox = RemoteMailbox(email=email)
        _write(mailbox, setup, _MAILBOX_COLUMNS, at=at)
        mailbox.connected_at = at
        mailbox.save()
        audit.record(by=by, at=at, verb="added", of=mailbox, label=email.address, after=audit.values(setup))
        _poll(mailbox)
        return ()
    before = mailbox_setup(mailbox)
    changes = _changes(mailbox, before, setup)
    if changes:
        if not same_store(before, setup, address=email.address):
            leave_store(mailbox, at=at)
        elif before.folder != setup.folder:
            new_generation(mailbox, at=at)
        if _answer(before) != _answer(setup):
            ask_again(mailbox, at=at)
        _write(mailbox, setup, _MAILBOX_COLUMNS, at=at)
        mailbox.failures, mailbox.last_error, mailbox.last_error_at, mailbox.next_fetch_at = 0, "", None, None
        health = ["credential", "failures", "last_error", "last_error_at", "next_fetch_at", "epoch"]
        mailbox.save(update_fields=[*_MAILBOX_COLUMNS, *health, "connected_at", "past_epoch"])
        _note(mailbox, email, before, changes, by=by, at=at)
        _poll(mailbox)
    return changes


def save_smtp(email: Email, setup: SmtpSetup, *, by: audit.Actor, at: dt.datetime) -> tuple[Change, ...]:
    """Give an address its outgoing account, or change it. Every change forgets the failures and ends a wait."""
    account: SmtpAccount | None = getattr(email, "smtp", None)
    if account is None:
        account = SmtpAccount(email=email)
        _write(account, setup, _SMTP_COLUMNS, at=at)
        account.save()
        audit.record(by=by, at=at, verb="added", of=account, label=email.address, after=audit.values(setup))
        return ()
    before = smtp_setup(account)
    changes = _changes(account, before, setup)
    if changes:
        _write(account, setup, _SMTP_COLUMNS, at=at)
        account.failures, account.last_error, account.last_error_at, account.retry_at = 0, "", None, None
        health = ["credential", "failures", "last_error", "last_error_at", "retry_at"]
        account.save(update_fields=[*_SMTP_COLUMNS, *health])
        _note(account, email, before, changes, by=by, at=at)
    return changes


def _note(
    row: Email | Connection,
    email: Email,
    before: EmailSetup | MailboxSetup | SmtpSetup,
    changes: tuple[Change, ...],
    *,
    by: audit.Actor,
    at: dt.datetime,
) -> None:
    old = audit.values(before)
    after = audit.with_changes(old, changes)
    audit.record(by=by, at=at, verb="changed", of=row, label=email.address, before=old, after=after)


def _poll(mailbox: RemoteMailbox) -> None:
    """Wake the mailbox at once, where it is fetched at all."""
    if mailbox.status and mailbox.paused_at is None and MailSettings.objects.filter(pk=1, fetching=True).exists():
        jobs.defer("fetch", mailbox=mailbox.pk)


def _answer(setup: MailboxSetup) -> tuple[str, str]:
    """To the question what becomes of old mail."""
    return setup.first_fetch, setup.first_fetch_since


def _changes(row: Connection, before: MailboxSetup | SmtpSetup, after: MailboxSetup | SmtpSetup) -> tuple[Change, ...]:
    changes = differences(before, after, apart_from=["password"])
    if after.password is None or after.password == _stored_password(row):
        return changes
    return (*changes, Change("password", secret=True))


def _stored_password(row: Connection) -> str | None:
    """None when there is none, or when no current key opens it: then any password is a new one."""
    if row.credential is None:
        return None
    try:
        return unseal(bytes(row.credential.secret))
    except BrokenSetup:
        return None


def _write(row: Connection, setup: MailboxSetup | SmtpSetup, columns: tuple[str, ...], *, at: dt.datetime) -> None:
    for name in columns:
        setattr(row, name, getattr(setup, name))
    if setup.password is None or setup.password == _stored_password(row):
        return
    if row.credential is None:
        row.credential = Credential.objects.create(secret=seal(setup.password), updated_at=at)
    else:
        row.credential.secret, row.credential.updated_at = seal(setup.password), at
        row.credential.save(update_fields=["secret", "updated_at"])
