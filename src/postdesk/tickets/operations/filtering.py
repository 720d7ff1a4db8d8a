"""Ticket filters over a ticket that an agent opens: for filters it came by the web (osticket.md 3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from postdesk.basics.errors import Refused
from postdesk.basics.ids import message_key
from postdesk.judge.filters.run import Chosen, MailOrdered, run
from postdesk.judge.filters.sight import Sight
from postdesk.mail.message import Address, ParsedMail
from postdesk.mailroom import outbox
from postdesk.mailroom.models import MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.secrets import signing_keys
from postdesk.tickets import filter_mail
from postdesk.tickets.filter_setup import NAMED
from postdesk.tickets.filters import ready_filters
from postdesk.tickets.letters import Draft, write
from postdesk.tickets.models import Department, Entry, Event, HelpTopic, KnownMessageId, Ticket
from postdesk.tickets.models.thread import Direction
from postdesk.tickets.senders import Senders


def choose(
    *,
    user: Address,
    subject: str,
    text: str,
    department: Department,
    help_topic: HelpTopic | None,
    priority: str,
    is_ours: Callable[[str], bool],
) -> Chosen:
    """What the filters choose for the ticket. Raises Refused when one of them rejects it."""
    filters, chosen = ready_filters(), Chosen()
    if not filters:
        return chosen
    sight = Sight(
        mail=ParsedMail(from_=user, subject=subject, text=text),
        author=user,
        size=len(text.encode()),
        is_ours=is_ours,
        origin="web",
        department=department.name,
        help_topic=help_topic.name if help_topic else "",
        priority=priority,
    )
    # A form has no Reply-To, so the sender stays who it is.
    run(filters, sight, chosen, _is_alive)
    if chosen.rejected_by:
        raise Refused(f"The Ticket Filter “{chosen.rejected_by}” rejects this ticket.")
    return chosen


def follow(ticket: Ticket, entry: Entry, chosen: Chosen, *, known: Senders, at: dt.datetime) -> None:
    """The trace of what filters did on a ticket that was just opened, and their mails."""
    for step in chosen.steps:
        data: dict[str, object] = {"filter": step.filter, "why": step.why, "did": list(step.did)}
        Event.objects.create(ticket=ticket, name="ticket.filtered", at=at, data=data)
    if chosen.canned is not None:
        why: dict[str, object] = {"why": "An agent opened the ticket, and writes to the user as they like."}
        Event.objects.create(ticket=ticket, name="canned.unsent", at=at, data=why)
    for ordered in chosen.mails:
        _send(ticket, entry, ordered, known=known, at=at)


def _is_alive(kind: str, pk: int) -> bool:
    named = NAMED[kind]
    row = named.model._default_manager.filter(pk=pk).first()
    return row is not None and named.is_active(row)


def _send(ticket: Ticket, entry: Entry, ordered: MailOrdered, *, known: Senders, at: dt.datetime) -> None:
    mail, user = ordered.mail, Address(ticket.user.name, ticket.user.address)
    default = MailSettings.objects.filter(pk=1).values_list("default_email", flat=True).first()
    candidates = (mail.sender, ticket.department.outgoing_email_id, default)
    sender = next((found for one in candidates if one is not None and (found := known.sender(one))), None)
    to, why = filter_mail.whom(mail.recipients, user=user, is_ours=known.is_ours, unanswerable="")
    if sender is None or not to:
        words = why or "there is no address to send it from"
        data: dict[str, object] = {"filter": ordered.filter, "to": [mail.recipients], "why": words}
        Event.objects.create(ticket=ticket, name="filter.unsent", at=at, data=data)
        return
    values = {
        "user": user.address,
        "user.name": user.name,
        "ticket.number": str(ticket.number),
        "ticket.subject": ticket.subject,
        "ticket.department": ticket.department.name,
        "ticket.priority": ticket.priority,
        "message": entry.text,
    }
    draft = Draft(
        letter=outbox.next_ids("mailroom_letter", 1)[0],
        ticket=ticket.pk,
        entry=entry.pk,
        kind=Kind.FILTER,
        sender=sender,
        to=to,
        words=filter_mail.words(mail.subject, mail.text, values),
    )
    letter = write(draft, key=signing_keys()[0], at=at)
    outbox.put([letter], at=at)
    KnownMessageId.objects.create(
        message_id=message_key(letter.message_id),
        direction=Direction.OUT,
        ticket=ticket,
        entry=entry,
        letter_id=letter.pk,
    )
    said: dict[str, object] = {"filter": ordered.filter, "to": [one.address for one in to], "subject": letter.subject}
    Event.objects.create(ticket=ticket, name="filter.mailed", at=at, entry=entry, letter_id=letter.pk, data=said)
