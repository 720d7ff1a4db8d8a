"""An Email and its three tabs, saved together or not at all: what the screens do with addresses of the desk.

Whether values make sense is decided in flow.desk_file.values, which the desk file asks as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Invalid, Problems
from postdesk.flow.desk_file import values
from postdesk.grants.providers import AUTH
from postdesk.mailroom import health
from postdesk.mailroom.aliases import alias_problems, taken_addresses
from postdesk.mailroom.authorisation_rules import problems as oauth2_problems
from postdesk.mailroom.authorisations import Connected, OAuth2Setup
from postdesk.mailroom.authorisations import save as save_authorisation
from postdesk.mailroom.connect import (
    EmailSetup,
    MailboxSetup,
    SmtpSetup,
    save_email,
    save_mailbox,
    save_smtp,
)
from postdesk.mailroom.models import Authorisation, Email, MailSettings, RemoteMailbox, SmtpAccount
from postdesk.mailroom.preferences import locked_settings
from postdesk.people import audit
from postdesk.people.models import Agent
from postdesk.tickets.arrange import NewTicketSetup, new_ticket_setup, save_new_tickets
from postdesk.tickets.models import Department, HelpTopic, NewTicketSettings


@dataclass(frozen=True, slots=True)
class WholeEmail:
    """All tabs of one address. `mailbox` and `smtp` None: there is none, or it stays as it is."""

    account: EmailSetup
    new_tickets: NewTicketSetup
    mailbox: MailboxSetup | None = None
    smtp: SmtpSetup | None = None
    #: Only of a tab that signs in with OAuth2.
    mailbox_oauth2: OAuth2Setup | None = None
    smtp_oauth2: OAuth2Setup | None = None


def email_problems(email: Email | None, wanted: WholeEmail) -> Iterator[Invalid]:
    """Everything that is wrong, its field beginning with the tab: "account.", "mailbox." or "smtp."."""
    for tab, found in (
        ("account", _account_problems(email, wanted)),
        ("mailbox", _mailbox_problems(email, wanted)),
        ("smtp", _smtp_problems(email, wanted)),
        ("mailbox_oauth2", _oauth2_problems(email, "mailbox", wanted.mailbox, wanted.mailbox_oauth2)),
        ("smtp_oauth2", _oauth2_problems(email, "smtp", wanted.smtp, wanted.smtp_oauth2)),
    ):
        for problem in found:
            yield Invalid(f"{tab}.{problem.field}", problem.message)


def save(email: Email | None, wanted: WholeEmail, *, by: Agent, at: dt.datetime) -> Email:
    """Add the address, or change it. Raises Problems; then nothing was changed.

    Every save forgets the failures of both connections and fetches at once. When the address changes, the name that
    signs in stays what it was.
    """
    with transaction.atomic():
        locked_settings()
        found = tuple(email_problems(email, wanted))
        if found:
            raise Problems(found)
        if email is not None and email.address != wanted.account.address:
            wanted = _signing_in_as_before(email, wanted)
        row, _ = save_email(email, wanted.account, by=by, at=at)
        save_new_tickets(row, wanted.new_tickets, by=by, at=at)
        if wanted.mailbox is not None:
            save_mailbox(row, wanted.mailbox, by=by, at=at)
            _save_oauth2(row.mailbox, wanted.mailbox_oauth2, by=by, at=at)
        if wanted.smtp is not None:
            save_smtp(row, wanted.smtp, by=by, at=at)
            _save_oauth2(row.smtp, wanted.smtp_oauth2, by=by, at=at)
        _forget_failures(row)
        return row


@transaction.atomic
def enable(emails: Iterable[Email], *, by: Agent, at: dt.datetime) -> int:
    """Email Fetching on, and not paused. Returns how many mailboxes that changed; addresses without one are left."""
    changed = 0
    for mailbox in _mailboxes(emails):
        if mailbox.status and mailbox.paused_at is None:
            continue
        mailbox.status, mailbox.paused_at, mailbox.next_fetch_at = True, None, None
        mailbox.save(update_fields=["status", "paused_at", "next_fetch_at"])
        _note(mailbox, "fetching", "off", "on", by=by, at=at)
        jobs.defer("fetch", mailbox=mailbox.pk)
        changed += 1
    return changed


@transaction.atomic
def pause(emails: Iterable[Email], *, by: Agent, at: dt.datetime) -> int:
    """Fetch nothing until it is enabled again. Returns how many mailboxes that changed."""
    changed = 0
    for mailbox in _mailboxes(emails):
        if mailbox.paused_at is not None or not mailbox.status:
            continue
        health.pause(mailbox, by=by, at=at)
        changed += 1
    return changed


def _account_problems(email: Email | None, wanted: WholeEmail) -> Iterator[Invalid]:
    settings = MailSettings.objects.filter(pk=1).first()
    others = Email.objects.exclude(pk=email.pk) if email else Email.objects.all()
    yield from values.address_problems(
        wanted.account.address,
        others={address.lower() for address in others.values_list("address", flat=True)},
        agents=set(Agent.objects.values_list("email", flat=True)),
        admin_email=settings.admin_email.lower() if settings else "",
    )
    yield from alias_problems(wanted.account, taken_addresses(apart_from=email))
    stored: NewTicketSettings | None = getattr(email, "new_tickets", None)
    yield from values.new_ticket_problems(
        wanted.new_tickets,
        new_ticket_setup(stored) if stored else None,
        departments=set(Department.objects.filter(is_active=True).values_list("name", flat=True)),
        help_topics=set(HelpTopic.objects.filter(is_active=True).values_list("name", flat=True)),
    )


def _mailbox_problems(email: Email | None, wanted: WholeEmail) -> Iterator[Invalid]:
    if wanted.mailbox is not None:
        stored: RemoteMailbox | None = getattr(email, "mailbox", None)
        has_password = wanted.mailbox.password is not None or bool(stored and stored.credential_id)
        yield from values.mailbox_problems(wanted.mailbox, has_password=has_password)


def _smtp_problems(email: Email | None, wanted: WholeEmail) -> Iterator[Invalid]:
    if wanted.smtp is not None:
        stored: SmtpAccount | None = getattr(email, "smtp", None)
        has_password = wanted.smtp.password is not None or bool(stored and stored.credential_id)
        yield from values.smtp_problems(wanted.smtp, mailbox=wanted.mailbox, has_password=has_password)
        default = MailSettings.objects.filter(default_mta=email).exists() if email else False
        if default and not wanted.smtp.status:
            yield Invalid("status", "This is the Default MTA: choose another one in Emails > Settings first.")


def _oauth2_problems(
    email: Email | None, of: str, tab: MailboxSetup | SmtpSetup | None, setup: OAuth2Setup | None
) -> Iterator[Invalid]:
    if tab is not None and tab.auth in AUTH:
        stored: Authorisation | None = getattr(getattr(email, of, None), "authorisation", None)
        yield from oauth2_problems(setup or OAuth2Setup(), auth=tab.auth, stored=stored, is_used=tab.status)


def _save_oauth2(connection: Connected, setup: OAuth2Setup | None, *, by: Agent, at: dt.datetime) -> None:
    if setup is not None and connection.auth in AUTH:
        save_authorisation(connection, connection.auth, setup, by=by, at=at)


def _signing_in_as_before(email: Email, wanted: WholeEmail) -> WholeEmail:
    """An empty user name means the address: pin the one that was meant."""
    mailbox, smtp = wanted.mailbox, wanted.smtp
    if mailbox is not None and not mailbox.username:
        mailbox = replace(mailbox, username=email.address)
    if smtp is not None and smtp.auth == "basic" and not smtp.username:
        smtp = replace(smtp, username=email.address)
    return replace(wanted, mailbox=mailbox, smtp=smtp)


def _forget_failures(email: Email) -> None:
    calm = {"failures": 0, "last_error": "", "last_error_at": None}
    RemoteMailbox.objects.filter(email=email).update(**calm, next_fetch_at=None)
    SmtpAccount.objects.filter(email=email).update(**calm, retry_at=None)
    fetched = RemoteMailbox.objects.filter(email=email, status=True, paused_at__isnull=True).first()
    if fetched is not None:
        jobs.defer("fetch", mailbox=fetched.pk)


def _mailboxes(emails: Iterable[Email]) -> list[RemoteMailbox]:
    rows = RemoteMailbox.objects.filter(email__in=list(emails)).select_related("email").order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def _note(mailbox: RemoteMailbox, key: str, before: object, after: object, *, by: Agent, at: dt.datetime) -> None:
    label = mailbox.email.address
    audit.record(by=by, at=at, verb="changed", of=mailbox, label=label, before={key: before}, after={key: after})
