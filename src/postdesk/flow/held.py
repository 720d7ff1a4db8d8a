"""People decide about held and shunted mail: try again, make a ticket, put it into one, allow its sender, discard."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Invalid, Refused
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
from postdesk.tickets.allowed import allow
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
    row = _locked(spooled)
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


@transaction.atomic
def attach(spooled: SpooledMail, number: int, *, by: Agent, at: dt.datetime) -> Ticket:
    """Put a held message into the ticket of that number, whatever the judge said; nobody is answered automatically.

    Its author stays who From names, marked as new in the ticket when they were not part of it.
    """
    row = _locked(spooled)
    arrival = Arrival(_readable(row), row.size, row.mailbox.email_id if row.mailbox else None)
    gathered = gather([arrival], at=at, named=frozenset({number}))
    facts = gathered.facts.tickets.get(gathered.facts.numbers.get(number, -1))
    if facts is None:
        raise Invalid("number", f"There is no ticket #{number}.")
    batch = Batch(at, take_ids(tickets=0, entries=1))
    on = Reaction(gathered, batch, senders(), signing_keys()[0])
    silent = Verdict("accept", (Finding("person", f"{by.name} put held mail into the ticket.", silent=True),))
    is_stranger = arrival.sender not in facts.participants and arrival.sender not in gathered.facts.desk.agents
    sentence = f"{by.name} put held mail into #{number}: {row.reason}"
    react.join_ticket(on, row, arrival, silent, Threading(facts.id, "person", sentence, stranger=is_stranger))
    for event in batch.events:
        event.agent = by
    tell.write(on, actor=by.pk)
    batch.write()
    jobs.defer("index")
    return gathered.tickets[facts.id]


@transaction.atomic
def allow_sender(spooled: SpooledMail, *, ticket: Ticket | None, by: Agent, at: dt.datetime) -> str:
    """Let the sender of a held message in from now on, in one ticket or everywhere, and judge the message anew.

    Returns the address. Refused for a message without a From.
    """
    mail = source.parsed(_locked(spooled))
    if mail.from_ is None:
        raise Refused("The message has no From address that could be allowed.")
    allow(mail.from_.key, ticket, by=by, at=at)
    retry(spooled, by=by, at=at)
    return mail.from_.key


def _locked(spooled: SpooledMail) -> SpooledMail:
    row = (
        SpooledMail.objects.select_for_update(of=("self",))
        .select_related("mailbox")
        .filter(pk=spooled.pk, outcome__in=REVIEWABLE, blob__isnull=False)
        .first()
    )
    if row is None:
        raise Refused("This message is not waiting for a decision any more.")
    return row


def _readable(row: SpooledMail) -> ParsedMail:
    """The parsed message; without a From it gets a placeholder, so that it can have an owner."""
    settings = MailSettings.objects.filter(pk=1).first() or MailSettings()
    mail = parse(source.contents_of([row.pk], limited_by=settings)[row.pk])
    if mail.from_ is not None:
        return mail
    fields = {name: getattr(mail, name) for name in ParsedMail.__slots__}
    return ParsedMail(**{**fields, "from_": mail.sender or UNKNOWN_SENDER, "kind": "mail"})
