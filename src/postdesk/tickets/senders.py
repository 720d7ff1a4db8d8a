"""Which address of ours a ticket's mail leaves from (osticket.md 5.1), and on whose behalf (5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from postdesk.mail.address import untagged
from postdesk.mail.message import Address
from postdesk.mailroom.models import Email, SmtpAccount
from postdesk.mailroom.transport import Transports, transports
from postdesk.tickets.letters import Sender


@dataclass(frozen=True)
class Senders:
    """Every address of ours with the transport's view of it; read once per batch."""

    emails: dict[int, Email]
    transports: Transports
    #: account id -> (the account's own address id, whether it may carry another From).
    accounts: dict[int, tuple[int, bool]]

    def sender(self, email: int) -> Sender | None:
        """None when the address is gone."""
        row = self.emails.get(email)
        if row is None:
            return None
        return Sender(row.pk, Address(row.name, row.address), self._on_behalf(row))

    def first(self, *emails: int | None) -> Sender | None:
        """The first of these that is there."""
        return next((sender for email in emails if email is not None and (sender := self.sender(email))), None)

    def is_ours(self, address: str) -> bool:
        """Whether mail to the address (lower case) would come back to the desk."""
        return address in self._ours or untagged(address) in self._ours

    @cached_property
    def _ours(self) -> frozenset[str]:
        every = (name for row in self.emails.values() for name in (row.address, *row.aliases))
        return frozenset(name.lower() for name in every)

    def _on_behalf(self, row: Email) -> Address | None:
        """The account's own address, when mail of `row` travels by another address's account without spoofing."""
        account = self.transports.account_for(row.pk)
        owner, may_spoof = self.accounts.get(account or -1, (row.pk, True))
        owner_row = self.emails.get(owner)
        if owner == row.pk or may_spoof or owner_row is None:
            return None
        return Address(row.name, owner_row.address)


def senders() -> Senders:
    """Four small queries."""
    emails = {email.pk: email for email in Email.objects.all()}
    accounts = {
        pk: (email, spoofing)
        for pk, email, spoofing in SmtpAccount.objects.values_list("id", "email_id", "header_spoofing")
    }
    return Senders(emails, transports(), accounts)


def our_addresses() -> frozenset[str]:
    """Every address of the desk, aliases included, in lower case. One query."""
    rows = Email.objects.values_list("address", "aliases")
    return frozenset(name.lower() for address, aliases in rows for name in (address, *aliases))
