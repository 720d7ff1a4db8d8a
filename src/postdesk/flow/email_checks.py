"""Trying an Email's connections before, or after, they are saved: which of them there is something to try about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from postdesk.flow.emails import WholeEmail
from postdesk.grants.providers import AUTH
from postdesk.mailroom import connection_checks
from postdesk.mailroom.authorisations import needs_person, setup_of
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup, mailbox_setup, smtp_setup
from postdesk.mailroom.errands import Progress
from postdesk.mailroom.models import Authorisation, Email, Errand, RemoteMailbox
from postdesk.mailroom.models.connections import FirstFetch
from postdesk.people.models import Agent


@dataclass(frozen=True, slots=True)
class OldMail:
    """Mail that is in a mailbox before its first fetch: what the check counted, and the answer as it stands."""

    count: int
    note: str
    first_fetch: str
    since: str


def old_mail(email: Email, how: Progress) -> OldMail | None:
    """What is to be asked about old mail once a check went well; None when there is none, or it was fetched before."""
    mailbox: RemoteMailbox | None = getattr(email, "mailbox", None)
    if not how.all_well or "mailbox" not in how.wanted or (mailbox is not None and mailbox.past_epoch >= 0):
        return None
    counted = next((stage for stage in how.stages if stage.count), None)
    if counted is None or counted.count is None:
        return None
    wanted = how.wanted["mailbox"]
    choice, since = wanted.get("first_fetch", FirstFetch.ALL), wanted.get("first_fetch_since", "")
    return OldMail(counted.count, counted.note, choice, since)


def begin(email: Email, wanted: WholeEmail, *, only_changed: bool, by: Agent, at: dt.datetime) -> Errand | None:
    """Send a worker to try the connections that are switched on; None when there is nothing to try."""
    mailbox = wanted.mailbox if wanted.mailbox and wanted.mailbox.status else None
    smtp = wanted.smtp if wanted.smtp and wanted.smtp.status else None
    if only_changed:
        mailbox, smtp = _changed(email, mailbox, smtp)
    mailbox, smtp = _with_tokens(email, wanted, mailbox, smtp)
    if mailbox is None and smtp is None:
        return None
    if smtp is not None and smtp.auth == "mailbox" and mailbox is None:
        # Its login is the mailbox's, perhaps as typed just now, though the mailbox itself is not fetched.
        smtp = _with_login_of(wanted.mailbox, smtp)
    return connection_checks.ask(wanted.account.address, mailbox=mailbox, smtp=smtp, email=email, by=by, at=at)


def waiting_for_consent(email: Email, wanted: WholeEmail) -> list[str]:
    """The tabs ("mailbox", "smtp") on which somebody must consent before there is anything to try."""
    found = []
    for of, tab in (("mailbox", wanted.mailbox), ("smtp", wanted.smtp)):
        if tab is not None and tab.status and tab.auth in AUTH and not _has_tokens(email, of, wanted):
            found.append(of)
    return found


def _with_tokens(
    email: Email, wanted: WholeEmail, mailbox: MailboxSetup | None, smtp: SmtpSetup | None
) -> tuple[MailboxSetup | None, SmtpSetup | None]:
    """Without those that wait for a consent: also what signs in as the mailbox does."""
    waits = waiting_for_consent(email, wanted)
    if smtp is not None and ("smtp" in waits or (smtp.auth == "mailbox" and "mailbox" in waits)):
        smtp = None
    return (None if "mailbox" in waits else mailbox), smtp


def _has_tokens(email: Email, of: str, wanted: WholeEmail) -> bool:
    """Whether tokens are there, or can be had by nobody's help, for the settings as they stand in the form."""
    row: Authorisation | None = getattr(getattr(email, of, None), "authorisation", None)
    tab, setup = getattr(wanted, of), getattr(wanted, f"{of}_oauth2")
    if row is None or needs_person(tab.auth, row) or AUTH[tab.auth] != row.kind:
        return False
    as_stored = replace(setup, client_secret=None, client_key=None) == setup_of(row) if setup else True
    return as_stored and not (setup and (setup.client_secret or setup.client_key))


def _changed(
    email: Email, mailbox: MailboxSetup | None, smtp: SmtpSetup | None
) -> tuple[MailboxSetup | None, SmtpSetup | None]:
    stored_mailbox = mailbox_setup(email.mailbox) if hasattr(email, "mailbox") else None
    stored_smtp = smtp_setup(email.smtp) if hasattr(email, "smtp") else None
    login_changed = mailbox is not None and mailbox != stored_mailbox
    smtp_changed = smtp is not None and (smtp != stored_smtp or (smtp.auth == "mailbox" and login_changed))
    return (mailbox if login_changed else None), (smtp if smtp_changed else None)


def _with_login_of(mailbox: MailboxSetup | None, smtp: SmtpSetup) -> SmtpSetup:
    if mailbox is None or mailbox.password is None:
        return smtp
    return replace(smtp, auth="basic", username=mailbox.username, password=mailbox.password)
