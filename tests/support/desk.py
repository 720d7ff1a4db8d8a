"""A small desk to test with: two addresses with mailboxes and an SMTP account, and mail as bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from postdesk.flow import intake
from postdesk.mailroom import spool
from postdesk.mailroom.models import Credential, Email, MailSettings, RemoteMailbox, SmtpAccount, SpooledMail
from postdesk.mailroom.secrets import seal
from postdesk.tickets.models import Department, NewTicketSettings
from tests.support.builders import a_department

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@dataclass
class Desk:
    support: Email
    billing: Email
    mailbox: RemoteMailbox
    billing_mailbox: RemoteMailbox
    smtp: SmtpAccount
    department: Department
    accounts: Department


def a_desk(*, host: str = "plain://127.0.0.1", port: int = 1, smtp_port: int = 1, **mailbox: object) -> Desk:
    """support@ (default, with SMTP) and billing@ (its own department), both fetched from `host`."""
    credential = Credential.objects.create(secret=seal("secret"), updated_at=AT)
    support, billing = (
        Email.objects.create(address=f"{name}@desk.test", name=f"Example {name.title()}", created_at=AT, updated_at=AT)
        for name in ("support", "billing")
    )
    # A test that commits leaves the database empty behind it, without the department that migrations make.
    department = Department.objects.filter(is_default=True).first() or a_department(is_default=True)
    accounts = Department.objects.create(name="Accounts", outgoing_email=billing)
    NewTicketSettings.objects.create(email=support, department=department)
    NewTicketSettings.objects.create(email=billing, department=accounts)
    options = {"fetched": "nothing", **mailbox}
    boxes = [
        RemoteMailbox.objects.create(
            email=email, host=host, port=port, username=name, credential=credential, verify_tls=False, **options
        )
        for name, email in (("support", support), ("billing", billing))
    ]
    smtp = SmtpAccount.objects.create(email=support, host="plain://127.0.0.1", port=smtp_port, auth="none")
    MailSettings.objects.update_or_create(
        pk=1,
        defaults={
            "fetching": True,
            "default_email": support,
            "alert_email": support,
            "default_mta": support,
            "admin_email": "admin@example.net",
        },
    )
    return Desk(support, billing, *boxes, smtp, department, accounts)


def mail(
    *,
    sender: str = "Carol <carol@example.com>",
    to: str = "support@desk.test",
    subject: str = "Printer on fire",
    text: str = "It burns.",
    message_id: str | None = None,
    headers: str = "",
) -> bytes:
    """A plain message as it travels. `headers`: more header lines, each ended by CRLF."""
    own = f"Message-ID: <{message_id}>\r\n" if message_id else ""
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Mon, 02 Mar 2026 08:00:00 +0000\r\n"
        f"{own}{headers}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


_uid = iter(range(1, 1_000_000))


def arrives(mailbox: RemoteMailbox, *raws: bytes, at: dt.datetime = AT) -> list[SpooledMail]:
    """Accept messages as if fetched, and take them in. Returns their ledger rows as they stand then."""
    place = spool.Place(mailbox, mailbox.folder_name, 7)
    arrivals = [spool.Arrival(next(_uid), raw, at) for raw in raws]
    spool.accept(place, arrivals, at=at)
    intake.take_in(mailbox.pk)
    keys = [arrival.key for arrival in arrivals]
    return list(spool.rows_of(place, keys).order_by("id"))
