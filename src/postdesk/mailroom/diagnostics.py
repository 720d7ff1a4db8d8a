"""Emails > Diagnostic: ask for a test mail, or for a round trip through one of our own addresses.

    errand = diagnostics.ask_test(sender=email, recipient="me@example.net", subject=..., text=..., by=agent, at=now)
    errand = diagnostics.ask_round_trip(sender=email, through=other, by=agent, at=now)

Poll `errands.progress`. The stages tell every reply of the SMTP server that was really used, where the mail went, and
what the domain's DNS says about its senders. After a round trip `result["headers"]` is the header as received back.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.mailroom import errands
from postdesk.mailroom.models import Email, Errand, MailSettings, RemoteMailbox
from postdesk.people.models import Agent

TEST: Final = "test"
ROUND_TRIP: Final = "round_trip"


def ask_test(*, sender: Email, recipient: str, subject: str, text: str, by: Agent, at: dt.datetime) -> Errand:
    """Send a mail From one of our addresses to anybody; `recipient` must be one e-mail address."""
    wanted = {"sender": sender.pk, "recipient": recipient, "subject": subject, "text": text}
    return errands.ask(TEST, wanted, by=by, at=at)


def ask_round_trip(*, sender: Email, through: Email, by: Agent, at: dt.datetime) -> Errand:
    """Send a mail to one of our own addresses and wait until it is fetched back. Raises Invalid without a mailbox."""
    mailbox: RemoteMailbox | None = getattr(through, "mailbox", None)
    if mailbox is None:
        raise Invalid("through", f"{through.address} has no Remote Mailbox.")
    if not mailbox.status or mailbox.paused_at is not None:
        raise Invalid("through", f"{through.address} is not fetched now: its mailbox is paused or switched off.")
    if not MailSettings.objects.filter(pk=1, fetching=True).exists():
        raise Invalid("through", "Nothing is fetched: Email Fetching is switched off in Emails > Settings.")
    return errands.ask(ROUND_TRIP, {"sender": sender.pk, "through": through.pk}, by=by, at=at)
