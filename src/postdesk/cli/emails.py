"""`postdesk emails`: the desk's addresses, their settings without secrets, and how they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from postdesk.basics import clock
from postdesk.cli.output import iso, write_lines, write_table
from postdesk.cli.paging import pages
from postdesk.mailroom.connect import mailbox_setup, smtp_setup
from postdesk.mailroom.health import freshness
from postdesk.mailroom.models import Email, RemoteMailbox, SmtpAccount
from postdesk.tickets.arrange import NewTicketSetup, new_ticket_setup

_JOINED = ("mailbox", "smtp", "new_tickets__department", "new_tickets__help_topic")


def emails(*, as_json: bool) -> None:
    """Every address, in order."""
    documents = _documents(clock.now())
    if as_json:
        write_lines(documents)
        return
    columns = ("address", "department", "freshness", "backlog", "fetched from", "sent by", "last error")
    rows = (
        (
            one["address"],
            one["department"],
            one["health"]["freshness"],
            one["health"]["backlog"],
            one["mailbox"]["host"] if one["mailbox"] else "",
            one["smtp"]["host"] if one["smtp"] else "",
            one["health"]["last_error"],
        )
        for one in documents
    )
    write_table(columns, rows, empty="No addresses yet: postdesk apply makes them.")


def _documents(at: dt.datetime) -> Iterator[dict[str, Any]]:
    rows = Email.objects.select_related(*_JOINED)
    for page in pages(rows, limit=None, key="address", descending=False):
        yield from (_describe(email, at) for email in page)


def _describe(email: Email, at: dt.datetime) -> dict[str, Any]:
    mailbox: RemoteMailbox | None = getattr(email, "mailbox", None)
    account: SmtpAccount | None = getattr(email, "smtp", None)
    settings = getattr(email, "new_tickets", None)
    new_tickets = new_ticket_setup(settings) if settings else NewTicketSetup()
    return {
        "address": email.address,
        "name": email.name,
        "notes": email.notes,
        "department": new_tickets.department or None,
        "help_topic": new_tickets.help_topic or None,
        "priority": new_tickets.priority or None,
        "autoresponse": new_tickets.autoresponse,
        "mailbox": _settings(asdict(mailbox_setup(mailbox)), mailbox) if mailbox else None,
        "smtp": {**_settings(asdict(smtp_setup(account)), account), **_troubles(account)} if account else None,
        "health": _health(mailbox, at),
    }


def _settings(values: dict[str, Any], row: RemoteMailbox | SmtpAccount) -> dict[str, Any]:
    """The settings; of the password only whether there is one."""
    del values["password"]
    return {**values, "has_password": row.credential_id is not None}


def _troubles(row: RemoteMailbox | SmtpAccount) -> dict[str, Any]:
    return {
        "last_success_at": iso(row.last_success_at),
        "last_error": row.last_error,
        "last_error_at": iso(row.last_error_at),
        "failures": row.failures,
        "paused_at": iso(row.paused_at),
    }


def _health(mailbox: RemoteMailbox | None, at: dt.datetime) -> dict[str, Any]:
    """How fetching goes: the same keys for every address; "off" without a mailbox."""
    if mailbox is None:
        nothing = dict.fromkeys(("last_success_at", "last_error_at", "paused_at", "next_fetch_at", "last_mail_at"))
        text = "This address has no remote mailbox."
        rest = {"mode": None, "backlog": 0, "last_error": "", "failures": 0}
        return {"freshness": "off", "text": text, **nothing, **rest}
    how = freshness(mailbox, at=at)
    return {
        "freshness": how.state,
        "text": how.text,
        **_troubles(mailbox),
        "next_fetch_at": iso(mailbox.next_fetch_at),
        "last_mail_at": iso(mailbox.last_mail_at),
        "mode": "watched" if mailbox.watched_since else "polled",
        "backlog": mailbox.backlog,
    }
