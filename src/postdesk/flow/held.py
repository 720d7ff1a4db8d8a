"""People decide about held and shunted mail: try again, make a ticket, discard."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.flow import react, source, tell
from postdesk.flow.batch import Batch, take_ids
from postdesk.flow.facts import gather
from postdesk.flow.reaction import Reaction
from postdesk.judge.facts import Arrival
from postdesk.judge.route import route
from postdesk.judge.verdict import Finding, Threading, Verdict
from postdesk.mail.message import Address, ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom.models import MailSettings, SpooledMail
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.secrets import signing_keys
from postdesk.people.models import Agent
from postdesk.tickets.models import Ticket
from postdesk.tickets.senders import senders

REVIEWABLE = (Outcome.HELD, Outcome.SHUNTED)
#: Who mail without a From is said to be from, so that it can be a ticket.
UNKNOWN_SENDER = Address("Unknown sender", "unknown-sender@invalid")


@transaction.atomic
def retry(spooled: SpooledMail, *, by: Agent, at: dt.datetime) -> None:
    """Judge the message anew, with today's program and rules."""
    changed = SpooledMail.objects.filter(pk=spooled.pk, outcome__in=REVIEWABLE, blob__isnull=False).update(
        outcome=Outcome.WAITING, attempts=0, stage="", traceback="", reason=f"Retry asked for by {by.name}."
    )
    if not changed:
        raise Refused("This message is not waiting for a decision any more.")
    jobs.defer("take_in", mailbox=spooled.mailbox_id or 0)


@transaction.atomic
def discard(spooled: SpooledMail, *, by: Agent, at: dt.datetime) -> None:
    """Decide that nothing is to become of the message. Its bytes stay in the ledger."""
    changed = SpooledMail.objects.filter(pk=spooled.pk, outcome__in=REVIEWABLE).update(
        outcome=Outcome.DISCARDED, reason=f"Discarded by {by.name}.", decided_at=at
    )
    if not changed:
        raise Refused("This message is not waiting for a decision any more.")


@transaction.atomic
def make_ticket(spooled: SpooledMail, *, by: Agent, at: dt.datetime) -> Ticket:
    """Open a ticket for a held message, whatever the judge said; nobody is answered automatically."""
    row = (
        SpooledMail.objects.select_for_update(of=("self",))
        .select_related("mailbox")
        .filter(pk=spooled.pk, outcome__in=REVIEWABLE, blob__isnull=False)
        .first()
    )
    if row is None:
        raise Refused("This message is not waiting for a decision any more.")
    arrival = Arrival(_readable(row), row.size, row.mailbox.email_id if row.mailbox else None)
    gathered = gather([arrival], at=at)
    batch = Batch(at, take_ids(tickets=1, entries=1))
    on = Reaction(gathered, batch, senders(), signing_keys()[0])
    silent = Verdict("accept", (Finding("person", f"{by.name} made a ticket of held mail.", silent=True),))
    threading = Threading(None, "person", f"{by.name} made a ticket of held mail: {row.reason}")
    react.open_ticket(on, row, arrival, silent, threading, route(arrival, gathered.facts))
    batch.events[-1].agent = by
    tell.write(on, actor=by.pk)
    batch.write()
    jobs.defer("index")
    return batch.tickets[0]


def _readable(row: SpooledMail) -> ParsedMail:
    """The parsed message; without a From it gets a placeholder, so that it can have an owner."""
    settings = MailSettings.objects.filter(pk=1).first() or MailSettings()
    mail = parse(source.contents_of([row.pk], limited_by=settings)[row.pk])
    if mail.from_ is not None:
        return mail
    fields = {name: getattr(mail, name) for name in ParsedMail.__slots__}
    return ParsedMail(**{**fields, "from_": mail.sender or UNKNOWN_SENDER, "kind": "mail"})
