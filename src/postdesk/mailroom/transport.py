"""By which SMTP account mail of an address leaves: its own, else the Default MTA. Nothing hidden, no third way."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from postdesk.mailroom.models import Email, MailSettings, SmtpAccount


@dataclass(frozen=True, slots=True)
class Transports:
    """The accounts that are switched on, by address id, and the Default MTA's; read once per batch."""

    own: dict[int, int]
    default: int | None

    def account_for(self, email: int | None) -> int | None:
        """Id of the account, None when there is none: the letter waits and says so."""
        return self.own.get(email, self.default) if email is not None else self.default


def transports() -> Transports:
    """Two small queries."""
    own = dict(SmtpAccount.objects.filter(status=True).values_list("email_id", "id"))
    default_email = MailSettings.objects.values_list("default_mta", flat=True).filter(pk=1).first()
    return Transports(own, own.get(default_email) if default_email is not None else None)


def ehlo_name() -> str:
    """The name we greet mail servers with (RFC 5321 section 4.1.4): as set, else this machine's own."""
    return MailSettings.objects.values_list("ehlo_name", flat=True).filter(pk=1).first() or socket.getfqdn()


def no_transport(email: Email | None) -> str:
    """The sentence a letter without transport carries."""
    address = email.address if email else "this letter"
    return f"No outgoing server: {address} has no SMTP of its own that is switched on, and no Default MTA is set."
