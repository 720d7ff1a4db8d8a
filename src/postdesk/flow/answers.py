"""Automatic answers to a message that was taken in: worded, composed, put into the batch. Whether is decided before."""

from __future__ import annotations

from postdesk.flow.reaction import Reaction
from postdesk.judge.facts import Arrival
from postdesk.judge.verdict import AutoResponse
from postdesk.mail.message import Address
from postdesk.mailroom.models.outbox import Kind
from postdesk.tickets.letters import Draft, write
from postdesk.tickets.models import Entry, Ticket
from postdesk.tickets.models.service import Priority
from postdesk.tickets.models.thread import Direction
from postdesk.tickets.notices import NOTHING, Person, Scene, TicketScene, paragraphs

#: Characters of a customer's words that a message quotes at most.
QUOTED = 20_000


def answer(
    on: Reaction, arrival: Arrival, ticket: Ticket, entry: Entry, response: AutoResponse, *, code: str
) -> int | None:
    """Compose one automatic answer. Returns the letter's id, None when it cannot be sent."""
    batch, facts, mail, to = on.batch, on.facts, arrival.mail, arrival.author
    sender = on.senders.sender(response.email) if response.email is not None else None
    # RFC 5321 section 4.5.3.1.3: no path is longer than 256 octets; nothing could be delivered there.
    if sender is None or to is None or len(to.address) > 256:
        return None
    scene = Scene(
        ticket=ticket_scene(on, ticket, owner=facts.tickets[ticket.pk].owner, author=to),
        recipient=Person(to.name, to.address),
        message=paragraphs(entry.new_text or entry.text, longest=QUOTED) if on.voice.quotes(code) else NOTHING,
        signature=on.voice.of(ticket.department_id).signature,
        company=sender.address.name,
        url=on.voice.url,
    )
    settings = on.gathered.settings
    draft = Draft(
        letter=batch.letter_id(),
        ticket=ticket.pk,
        entry=entry.pk,
        kind=Kind.AUTORESPONSE,
        sender=sender,
        to=(to,),
        words=on.voice.words(code, scene, department=ticket.department_id),
        in_reply_to=mail.message_id,
        references=mail.references,
        separator=settings.reply_separator if settings.strip_quoted_reply else None,
    )
    letter = write(draft, key=on.key, at=batch.at)
    batch.letters.append(letter)
    batch.known(letter.message_id, direction=Direction.OUT, ticket=ticket.pk, entry=entry.pk, letter_id=letter.pk)
    facts.recent_answers[arrival.sender] = facts.recent_answers.get(arrival.sender, 0) + 1
    return letter.pk


def ticket_scene(on: Reaction, ticket: Ticket, *, owner: str, author: Address) -> TicketScene:
    """What is said of the ticket; `owner`: their address, with the author's name where they are the same."""
    topic = on.facts.desk.topics.get(ticket.help_topic_id or 0)
    return on.voice.ticket_scene(
        number=ticket.number,
        subject=ticket.subject,
        owner=Person(author.name if author.key == owner else "", owner),
        department=ticket.department_id,
        topic=topic.name if topic else "",
        priority=_PRIORITIES.get(ticket.priority, ticket.priority),
        opened_at=ticket.opened_at,
        source="Email",
    )


_PRIORITIES = dict(Priority.choices)
