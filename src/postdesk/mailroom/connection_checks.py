"""Ask for a live check of an Email's connections, saved or as they stand in a form.

    errand = connection_checks.ask(address, mailbox=MailboxSetup(...), smtp=None, email=row or None, by=agent, at=now)
    how = connection_checks.progress(errand.pk, by=agent, at=now)      # poll until how.ended

`how.stages` are basics.stages.Stage values in order, each with `key`, `title` (plain words), `state` (ok, failed,
skipped), `note` (our words), `said` (the server's own), `remedy`, `seconds` and for TLS the `certificate`. With both a
mailbox and an SMTP setup the keys begin with "mailbox." and "smtp."; `how.all_well` says that nothing failed. A check
takes a minute for each connection at most. Nothing is saved; the only thing that changes on a server is that a missing
archive folder is made.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any, Final

from postdesk.mailroom import errands
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup
from postdesk.mailroom.errands import Progress
from postdesk.mailroom.models import Email, Errand
from postdesk.people.models import Agent

KIND: Final = "check"


def ask(
    address: str,
    *,
    mailbox: MailboxSetup | None = None,
    smtp: SmtpSetup | None = None,
    email: Email | None = None,
    by: Agent,
    at: dt.datetime,
) -> Errand:
    """Check what is given. Values must be valid in themselves (flow.desk_file.values): they are not looked at here.

    A `password` of None is the stored one of `email`. An SMTP setup that signs in *Same As Remote Mailbox* uses the
    login of `mailbox` when that is given, else the stored one; give `mailbox` for that, or `email`.
    """
    wanted: dict[str, Any] = {"address": address, "email": email.pk if email else None}
    secrets: dict[str, str] = {}
    parts: tuple[tuple[str, MailboxSetup | SmtpSetup | None], ...] = (("mailbox", mailbox), ("smtp", smtp))
    for name, setup in parts:
        if setup is None:
            continue
        wanted[name] = {key: value for key, value in asdict(setup).items() if key != "password"}
        if setup.password is not None:
            secrets[name] = setup.password
    return errands.ask(KIND, wanted, secrets=secrets, by=by, at=at)


def progress(errand: int, *, by: Agent, at: dt.datetime) -> Progress:
    """How the check is getting on; Errand.DoesNotExist for anybody but the one who asked."""
    return errands.progress(errand, by=by, at=at)
