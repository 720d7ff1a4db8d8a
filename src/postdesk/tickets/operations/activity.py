"""Write down what a user said by another way than mail, on the phone or in person; whoever takes part hears of it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.mail.message import Address
from postdesk.mailroom.models import MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.people.models import Agent
from postdesk.tickets import alerts, promises
from postdesk.tickets.alerts import Occasion
from postdesk.tickets.models import Entry, Event, Ticket
from postdesk.tickets.models.thread import EntryKind
from postdesk.tickets.models.ticket import Status
from postdesk.tickets.notices import Person, Scene, paragraphs
from postdesk.tickets.operations import manner as manners
from postdesk.tickets.operations.posting import send
from postdesk.tickets.operations.state import locked
from postdesk.tickets.scenes import scene_of
from postdesk.tickets.senders import senders
from postdesk.tickets.voice import Voice, voice


@transaction.atomic
def write_down(ticket: Ticket, *, text: str, by: Agent, at: dt.datetime) -> Entry:
    """A message of the ticket's user. The collaborators get a New Activity Notice, agents the New Message alert.

    A closed ticket is opened again, as by mail. Refused when empty.
    """
    if not text.strip():
        raise Refused("There are no words to write down.")
    ticket = locked(ticket)
    user = ticket.user
    entry = Entry.objects.create(
        ticket=ticket,
        kind=EntryKind.MESSAGE,
        user=user,
        agent=by,
        author_name=user.name,
        author_address=user.address,
        text=text,
        created_at=at,
    )
    _wait(ticket, text, by, at)
    speaking = voice()
    _tell_collaborators(ticket, entry, speaking, at)
    data: dict[str, object] = {"why": f"{by.name} wrote it down."}
    Event.objects.create(
        ticket=ticket, name="message.received", at=at, agent=by, entry=entry, letter_id=entry.letter_id, data=data
    )
    words = paragraphs(text)
    scene = Scene(ticket=scene_of(ticket, speaking), message=words, poster=Person(user.name, user.address))
    occasion = Occasion("message_alert", alerts.of(ticket), entry.pk, scene, by.pk, email=ticket.email_id)
    alerts.tell([occasion], at=at, speaking=speaking)
    jobs.defer("index")
    return entry


def _wait(ticket: Ticket, text: str, by: Agent, at: dt.datetime) -> None:
    """The user waits for us again."""
    if ticket.status == Status.CLOSED:
        ticket.status, ticket.closed_at = Status.OPEN, None
        Event.objects.create(ticket=ticket, name="ticket.reopened", at=at, agent=by, data={"why": "The user spoke."})
    ticket.is_answered, ticket.last_message_at, ticket.updated_at = False, at, at
    ticket.waiting_since = ticket.waiting_since or at
    ticket.entry_count += 1
    ticket.snippet = " ".join(text[:600].split())[:200]
    promises.recount(ticket)
    ticket.save()


def _tell_collaborators(ticket: Ticket, entry: Entry, speaking: Voice, at: dt.datetime) -> None:
    """New Activity Notice: one mail to the collaborators, the first in To, the others in Cc; the user knows."""
    known = senders()
    others = manners.copies(ticket, None, "all", known.is_ours)
    if not speaking.settings.new_activity_notice or not others:
        return
    sender = manners.sender_of(ticket, known)
    scene = Scene(
        ticket=scene_of(ticket, speaking, to=others),
        recipient=Person(address=others[0]),
        message=paragraphs(entry.text),
        poster=Person(ticket.user.name, ticket.user.address),
        signature=speaking.of(ticket.department_id).signature,
        company=sender.address.name,
        url=speaking.url,
    )
    send(
        ticket,
        entry,
        kind=Kind.NOTICE,
        sender=sender,
        to=(Address("", others[0]),),
        cc=tuple(Address("", address) for address in others[1:]),
        words=speaking.words("ticket.activity.notice", scene, department=ticket.department_id),
        mail=MailSettings.objects.get_or_create(pk=1)[0],
        at=at,
    )
