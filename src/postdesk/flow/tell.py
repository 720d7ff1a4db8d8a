"""What agents are told of a chunk of mail: occasions while it is worked through, letters before it is written."""

from __future__ import annotations

from dataclasses import replace

from postdesk.flow.answers import QUOTED, ticket_scene
from postdesk.flow.reaction import Reaction
from postdesk.judge.facts import Arrival
from postdesk.mail.message import Address
from postdesk.tickets import alerts
from postdesk.tickets.alerts import Occasion
from postdesk.tickets.models import Entry, Ticket
from postdesk.tickets.models.thread import Direction, EntryKind
from postdesk.tickets.notices import Person, Scene, paragraphs

#: A machine's report about mail: no words for anybody.
_REPORTS = frozenset({"bounce", "delay", "complaint", "read_receipt", "delivery_receipt"})


def new_ticket(on: Reaction, arrival: Arrival, ticket: Ticket, entry: Entry) -> None:
    """A ticket was opened: whoever it is given to, then whoever listens. Nothing of old mail and reports.

    Nor of what a machine wrote for somebody who hears of tickets: it may have been an answer to just that.
    """
    if arrival.is_history or arrival.mail.kind in _REPORTS or (entry.automatic and _listens(on, arrival.sender)):
        return
    if (ticket.assignee_id or ticket.team_id) and on.voice.listens("assigned_alert"):
        _note(on, "assigned_alert", arrival, ticket, entry)
    if on.voice.listens("ticket_alert", ticket.department_id):
        _note(on, "ticket_alert", arrival, ticket, entry)


def new_message(on: Reaction, arrival: Arrival, ticket: Ticket, entry: Entry) -> None:
    """A user wrote, or an agent by mail. Nothing of old mail, nor of what a machine wrote."""
    if arrival.is_history or entry.automatic:
        return
    if entry.kind == EntryKind.NOTE:
        if on.voice.listens("note_alert"):
            _note(on, "note_alert", arrival, ticket, entry, actor=on.facts.desk.agents.get(arrival.sender))
        return
    has_ears = ticket.assignee_id or ticket.team_id or ticket.last_reply_at
    if (has_ears or "manager" in on.voice.chosen("message_alert")) and on.voice.listens("message_alert"):
        _note(on, "message_alert", arrival, ticket, entry)


def write(on: Reaction, *, actor: int | None = None) -> None:
    """Put the letters of what was noted into the batch. `actor`: the agent who brought all of it about."""
    if not on.occasions:
        return
    found = alerts.letters(
        [replace(one, actor=actor) for one in on.occasions] if actor else on.occasions,
        voice=on.voice,
        senders=on.senders,
        mail=on.gathered.settings,
        key=on.key,
        at=on.batch.at,
    )
    for one in found:
        on.batch.letters.append(one.letter)
        on.batch.known(
            one.letter.message_id,
            direction=Direction.OUT,
            ticket=one.ticket,
            entry=one.entry,
            letter_id=one.letter.pk,
        )


def _note(
    on: Reaction, alert: str, arrival: Arrival, ticket: Ticket, entry: Entry, *, actor: int | None = None
) -> None:
    author = arrival.author or Address("", "")
    words = paragraphs(entry.new_text or entry.text, longest=QUOTED)
    agents = on.voice.assigned(ticket)
    scene = Scene(
        ticket=ticket_scene(on, ticket, owner=on.facts.tickets[ticket.pk].owner, author=author),
        message=words,
        note=words,
        activity="Internal note" if entry.kind == EntryKind.NOTE else "Message",
        poster=Person(author.name, author.address),
        assignee=agents,
        assigner=Person("postdesk"),
    )
    about, placed = arrival.mail.message_id, alerts.of(ticket)
    on.occasions.append(Occasion(alert, placed, entry.pk, scene, actor, about, ticket.email_id, author=arrival.sender))


def _listens(on: Reaction, address: str) -> bool:
    return address in on.facts.desk.agents or address == on.gathered.settings.admin_email.lower()
