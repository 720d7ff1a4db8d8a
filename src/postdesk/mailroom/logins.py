"""From connection rows to what the wire needs: endpoints and logins. The only place that opens a password."""

from __future__ import annotations

from pathlib import Path

from postdesk.basics.errors import BrokenSetup
from postdesk.mailroom.models import RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.connections import Connection, SmtpAuth
from postdesk.mailroom.secrets import unseal


def secret_of(connection: Connection) -> str:
    """The stored password. Raises BrokenSetup when there is none or it cannot be opened."""
    if connection.credential is None:
        raise BrokenSetup("No password is stored for this connection.")
    return unseal(bytes(connection.credential.secret))


def ca_of(connection: Connection) -> str | None:
    """The private CA's PEM text, None for the system's. Raises BrokenSetup when the file cannot be read."""
    if not connection.ca_file:
        return None
    try:
        return Path(connection.ca_file).read_text()
    except OSError as error:
        raise BrokenSetup(f"The CA file {connection.ca_file} cannot be read: {error.strerror}.") from error


def username_of(connection: RemoteMailbox | SmtpAccount) -> str:
    """The sign-in name: as given, else the address itself."""
    return connection.username or connection.email.address


def signs_in_by(account: SmtpAccount) -> str:
    """How an account signs in: "basic", "none", "oauth2-..."; *Same As Remote Mailbox* as the mailbox does."""
    if account.auth != SmtpAuth.MAILBOX:
        return account.auth
    mailbox: RemoteMailbox | None = getattr(account.email, "mailbox", None)
    return mailbox.auth if mailbox else account.auth


def smtp_credentials(account: SmtpAccount) -> tuple[str, str] | None:
    """User name and password for an SMTP account; None when it signs in nowhere. *Same As Remote Mailbox* asks that."""
    if account.auth == SmtpAuth.NONE:
        return None
    if account.auth == SmtpAuth.MAILBOX:
        mailbox: RemoteMailbox | None = getattr(account.email, "mailbox", None)
        if mailbox is None:
            raise BrokenSetup(f"{account.email.address} has no remote mailbox whose login could be used for SMTP.")
        return username_of(mailbox), secret_of(mailbox)
    return username_of(account), secret_of(account)
