"""A message that belongs to no ticket: opened as the judge says, filters included, or turned away for a reason."""

from __future__ import annotations

from postdesk.flow import canned, overlimit, react
from postdesk.flow.batch import Decided
from postdesk.flow.reaction import Reaction
from postdesk.judge.facts import Arrival
from postdesk.judge.filters.run import Chosen, MailOrdered
from postdesk.judge.opening import opening
from postdesk.judge.verdict import Threading, Verdict
from postdesk.mail.message import Address
from postdesk.mailroom.models import SpooledMail
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.models.spool import Outcome
from postdesk.tickets import filter_mail
from postdesk.tickets.letters import Draft, write
from postdesk.tickets.models import Entry, Event, Ticket
from postdesk.tickets.models.thread import Direction


def open_or_refuse(
    on: Reaction, spooled: SpooledMail, arrival: Arrival, verdict: Verdict, threading: Threading
) -> None:
    """A new ticket, or the sentence in the ledger that says why there is none."""
    made = opening(arrival, verdict, on.facts)
    if made.refusal:
        if made.check == "open_tickets":
            overlimit.tell(on, made.arrival, made.verdict, made.routing)
        on.batch.decided.append(Decided(spooled.pk, Outcome.SUPPRESSED, made.refusal))
        return
    ticket = react.open_ticket(on, spooled, made.arrival, made.verdict, threading, made.routing)
    if on.facts.desk.max_open_tickets and not made.routing.status:
        sender = made.arrival.sender
        on.facts.open_tickets[sender] = on.facts.open_tickets.get(sender, 0) + 1
    if made.chosen is not None:
        _follow(on, ticket, on.batch.entries[-1], made.arrival, made.chosen)


def _follow(on: Reaction, ticket: Ticket, message: Entry, arrival: Arrival, chosen: Chosen) -> None:
    """What filters do besides choosing: their trace, the canned response, their mails."""
    _tell(on, ticket, chosen)
    if chosen.canned is not None:
        canned.post(on, ticket, arrival, chosen)
    for ordered in chosen.mails:
        _send(on, ticket, message, arrival, chosen.unanswerable, ordered)


def _tell(on: Reaction, ticket: Ticket, chosen: Chosen) -> None:
    """An event for each filter that acted: why it matched, what it changed."""
    on.batch.events += [
        Event(
            ticket=ticket,
            name="ticket.filtered",
            at=on.batch.at,
            data={"filter": step.filter, "why": step.why, "did": list(step.did)},
        )
        for step in chosen.steps
    ]


def _send(
    on: Reaction, ticket: Ticket, entry: Entry, arrival: Arrival, unanswerable: str, ordered: MailOrdered
) -> None:
    """The mail of an action *Send an Email*. Never to the desk itself, nor to a sender who must not be answered.

    Nor to anybody about old mail: a first fetch of ten thousand messages must not become as many letters.
    """
    if arrival.is_history:
        _unsent(on, ticket, ordered, unanswerable)
        return
    batch, mail, user = on.batch, ordered.mail, arrival.author or Address("", "")
    email = mail.sender or ticket.email_id or on.facts.desk.default_email
    sender = on.senders.sender(email) if email is not None else None
    if sender is None:
        _unsent(on, ticket, ordered, "there is no address to send it from")
        return
    is_ours = on.facts.desk.is_ours
    to, why = filter_mail.whom(mail.recipients, user=user, is_ours=is_ours, unanswerable=unanswerable)
    if not to:
        _unsent(on, ticket, ordered, why)
        return
    draft = Draft(
        letter=batch.letter_id(),
        ticket=ticket.pk,
        entry=entry.pk,
        kind=Kind.FILTER,
        sender=sender,
        to=to,
        words=filter_mail.words(mail.subject, mail.text, _values(on, ticket, user, entry.text)),
        in_reply_to=arrival.mail.message_id if user in to else None,
        references=arrival.mail.references if user in to else (),
    )
    letter = write(draft, key=on.key, at=batch.at)
    batch.letters.append(letter)
    if user in to:
        on.facts.recent_answers[user.key] = on.facts.recent_answers.get(user.key, 0) + 1
    batch.known(letter.message_id, direction=Direction.OUT, ticket=ticket.pk, entry=entry.pk, letter_id=letter.pk)
    data: dict[str, object] = {"filter": ordered.filter, "to": [one.address for one in to], "subject": letter.subject}
    batch.events.append(
        Event(ticket=ticket, name="filter.mailed", at=batch.at, entry=entry, letter_id=letter.pk, data=data)
    )


def _unsent(on: Reaction, ticket: Ticket, ordered: MailOrdered, why: str) -> None:
    data: dict[str, object] = {"filter": ordered.filter, "to": [ordered.mail.recipients], "why": why}
    on.batch.events.append(Event(ticket=ticket, name="filter.unsent", at=on.batch.at, data=data))


def _values(on: Reaction, ticket: Ticket, user: Address, text: str) -> dict[str, str]:
    return {
        "user": user.address,
        "user.name": user.name,
        "ticket.number": str(ticket.number),
        "ticket.subject": ticket.subject,
        "ticket.department": on.facts.desk.departments[ticket.department_id].name,
        "ticket.priority": ticket.priority,
        "message": text,
    }
