"""What a template would say: filled in for a ticket of the desk, or for a made-up one where there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import transaction

from postdesk.basics.errors import Refused
from postdesk.basics.ids import nonce
from postdesk.mail import compose
from postdesk.mail.compose import Outgoing
from postdesk.mail.message import Address
from postdesk.mailroom import outbox
from postdesk.mailroom.models import MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.outbox import NewLetter
from postdesk.people.models import Agent
from postdesk.tickets.models import Entry, Ticket
from postdesk.tickets.models.thread import EntryKind
from postdesk.tickets.notices import MailboxScene, Person, Scene, Source, TicketScene, Words, paragraphs, ready
from postdesk.tickets.queries import visible_to
from postdesk.tickets.scenes import person, scene_of
from postdesk.tickets.senders import senders
from postdesk.tickets.voice import Voice, voice

_CAROL = Person("Carol Lind", "carol@example.com")
_MADE_UP = TicketScene(
    100042, "The front lamp does not switch on", _CAROL, "Support", topic="Repairs", recipients="carol@example.com"
)


def sample_ticket(number: str, agent: Agent) -> Ticket | None:
    """The ticket of that number if the agent may see it, else their newest, else None."""
    rows = visible_to(agent).select_related("user", "department", "help_topic", "assignee", "team")
    asked = (
        rows.filter(number=int(number)).first()
        if number.isascii() and number.isdecimal() and len(number) < 19
        else None
    )
    return asked or rows.order_by("-id").first()


def sample_scene(ticket: Ticket | None, agent: Agent, *, voice: Voice, company: str) -> Scene:
    """Everything a message could speak of, so that no variable is empty without a reason."""
    about = scene_of(ticket, voice) if ticket else replace(_MADE_UP, link=voice.ticket_link(_MADE_UP.number))
    message = _said(ticket, EntryKind.MESSAGE) or "It worked yesterday. Can you help?"
    response = _said(ticket, EntryKind.REPLY) or "Please hold the button for three seconds."
    me = person(agent)
    return Scene(
        ticket=about,
        recipient=about.owner,
        recipient_link=about.link,
        message=paragraphs(message, longest=2000),
        response=paragraphs(response, longest=2000),
        note=paragraphs(_said(ticket, EntryKind.NOTE) or "Called her: she will try tomorrow.", longest=2000),
        comments=paragraphs("Please have a look."),
        signature=voice.of(ticket.department_id).signature if ticket else paragraphs("Your support team"),
        activity="Internal note",
        poster=about.owner,
        staff=me,
        assignee=me,
        assigner=me,
        limit=5,
        company=company,
        url=voice.url,
        mailbox=MailboxScene("support@example.org", 5, "Authentication failed."),
    )


def sample_words(source: Source, ticket: Ticket | None, agent: Agent) -> Words:
    """The message as it would read."""
    speaking = voice()
    scene = sample_scene(ticket, agent, voice=speaking, company=_company(ticket))
    return ready(source.subject, source.html, source.text).fill(scene)


@transaction.atomic
def send_sample(source: Source, ticket: Ticket | None, *, by: Agent, at: dt.datetime) -> None:
    """Mail the message to the agent, in no conversation. Refused when no address of the desk can send."""
    words = sample_words(source, ticket, by)
    settings = MailSettings.objects.get_or_create(pk=1)[0]
    outgoing = ticket.department.outgoing_email_id if ticket else None
    sender = senders().first(outgoing, settings.default_email_id)
    if sender is None:
        raise Refused("No address of the desk can send this: no Default System Email is set.")
    message_id = f"sample.{nonce()}@{sender.address.address.rpartition('@')[2]}"
    letter = Outgoing(
        from_=sender.address,
        sender=sender.on_behalf,
        to=(Address(by.name, by.email),),
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=message_id,
        date=at,
        auto="auto-generated",
    )
    outbox.put(
        [
            NewLetter(
                pk=outbox.next_ids("mailroom_letter", 1)[0],
                kind=Kind.ALERT,
                email=sender.email,
                from_address=sender.address.address,
                subject=words.subject,
                message_id=message_id,
                raw=compose.compose(letter),
                recipients=(by.email,),
            )
        ],
        at=at,
    )


def _company(ticket: Ticket | None) -> str:
    settings = MailSettings.objects.filter(pk=1).first()
    sender = senders().first(
        ticket.department.outgoing_email_id if ticket else None, settings.default_email_id if settings else None
    )
    return sender.address.name if sender else "Example Support"


def _said(ticket: Ticket | None, kind: EntryKind) -> str:
    entry = Entry.objects.filter(ticket=ticket, kind=kind).order_by("-id").first() if ticket else None
    return (entry.new_text or entry.text) if entry else ""
