"""An agent opens a ticket: to write to somebody first, or to write down what somebody said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction

from postdesk import jobs
from postdesk.basics.errors import Invalid
from postdesk.judge.filters.run import Chosen
from postdesk.mail.message import Address
from postdesk.mailroom.bans import refuse_banned
from postdesk.mailroom.models.outbox import Kind
from postdesk.people.models import Agent, User
from postdesk.people.organisations import organisation_of
from postdesk.tickets import alerts, promises
from postdesk.tickets.alerts import Occasion
from postdesk.tickets.models import Department, Entry, Event, HelpTopic, Priority, Ticket
from postdesk.tickets.models.thread import EntryKind
from postdesk.tickets.models.ticket import Status
from postdesk.tickets.notices import Person, Scene, paragraphs
from postdesk.tickets.operations import filtering
from postdesk.tickets.operations.answer import mail_reply
from postdesk.tickets.operations.manner import Manner
from postdesk.tickets.operations.posting import Upload, attach
from postdesk.tickets.operations.state import close as close_ticket
from postdesk.tickets.scenes import scene_of
from postdesk.tickets.senders import Senders, senders
from postdesk.tickets.voice import voice


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What an agent fills in. `said_by_user`: the words are the user's (a call, a visit), not a mail to them."""

    address: str
    subject: str
    text: str
    department: Department
    name: str = ""
    help_topic: HelpTopic | None = None
    priority: str = Priority.NORMAL
    said_by_user: bool = False
    #: Whether the user hears of it by mail.
    is_mailed: bool = True
    files: tuple[Upload, ...] = ()


@transaction.atomic
def open_ticket(new: NewTicket, *, by: Agent, at: dt.datetime) -> Ticket:
    """Make the ticket. Raises Invalid with the field's name for the first thing that is wrong, Refused when the
    address is banned or a filter rejects it."""
    known, speaking = senders(), voice()
    for problem in problems(new, known):
        raise problem
    address = new.address.strip().lower()
    refuse_banned(address)
    chosen = filtering.choose(
        user=Address(new.name.strip(), address),
        subject=new.subject,
        text=new.text,
        department=new.department,
        help_topic=new.help_topic,
        priority=new.priority,
        is_ours=known.is_ours,
    )
    new = _as_chosen(new, chosen)
    agent, team = _given_to(new, chosen)
    if agent is None and not new.said_by_user and new.department.auto_claim:
        agent = by.pk
    user, _made = User.objects.get_or_create(address=address, defaults={"name": new.name.strip(), "created_at": at})
    ticket = Ticket.objects.create(
        number=_number(),
        subject=" ".join(new.subject.split()),
        department=new.department,
        help_topic=new.help_topic,
        priority=new.priority,
        user=user,
        assignee_id=agent,
        team_id=team,
        sla_id=chosen.sla or promises.plan_for(new.department, new.help_topic),
        source="phone" if new.said_by_user else "agent",
        opened_at=at,
        updated_at=at,
        entry_count=1,
        has_attachments=bool(new.files),
        snippet=" ".join(new.text[:600].split())[:200],
    )
    entry = _first_entry(ticket, new, by, at)
    attach(entry, new.files)
    _begin(ticket, new, at)
    is_mailed = new.is_mailed and (not new.said_by_user or speaking.settings.new_ticket_by_agent_notice)
    if is_mailed:
        # With the notice off, an agent's words still go out: as a plain reply (osticket.md 5.1).
        notice = speaking.settings.new_ticket_by_agent_notice
        mail_reply(
            ticket,
            entry,
            by=by,
            at=at,
            manner=Manner(),
            files=new.files,
            known=known,
            speaking=speaking,
            code="ticket.notice" if notice else "ticket.reply",
            kind=Kind.NOTICE if notice else Kind.REPLY,
        )
    data: dict[str, object] = {"why": f"{by.name} opened it.", "department": new.department.name}
    Event.objects.create(
        ticket=ticket, name="ticket.opened", at=at, agent=by, entry=entry, letter_id=entry.letter_id, data=data
    )
    filtering.follow(ticket, entry, chosen, known=known, at=at)
    if (chosen.status or ("closed" if new.help_topic and new.help_topic.closes else "")) == Status.CLOSED:
        close_ticket(ticket, by=by, at=at)
    scene = Scene(
        ticket=scene_of(ticket, speaking), message=paragraphs(new.text), poster=Person(by.name, by.email, by.signature)
    )
    alerts.tell([Occasion("ticket_alert", alerts.of(ticket), entry.pk, scene, by.pk)], at=at, speaking=speaking)
    jobs.defer("index")
    return ticket


def _as_chosen(new: NewTicket, chosen: Chosen) -> NewTicket:
    """With the department, help topic and priority that filters set."""
    return replace(
        new,
        department=Department.objects.get(pk=chosen.department) if chosen.department else new.department,
        help_topic=HelpTopic.objects.get(pk=chosen.help_topic) if chosen.help_topic else new.help_topic,
        priority=chosen.priority or new.priority,
    )


def _given_to(new: NewTicket, chosen: Chosen) -> tuple[int | None, int | None]:
    """Agent and team as for a ticket that came by mail (judge.route): filter, help topic, the organisation's account
    manager. Of a topic the team only when it has no agent that is active (osticket.md 4.6)."""
    if chosen.agent is not None or chosen.team is not None:
        return chosen.agent, chosen.team
    topic = new.help_topic
    if topic is not None and topic.agent is not None and topic.agent.is_active:
        return topic.agent.pk, None
    if topic is not None and topic.team is not None and topic.team.is_active:
        return None, topic.team.pk
    organisation = organisation_of(new.address.strip())
    manager = organisation.manager if organisation is not None else None
    return (manager.pk if manager is not None and manager.is_active else None), None


def problems(new: NewTicket, known: Senders) -> Sequence[Invalid]:
    """What is wrong, each with its field."""
    found = []
    address = new.address.strip()
    try:
        validate_email(address)
    except ValidationError:
        found.append(Invalid("address", "must be one e-mail address, like carol@example.org"))
    else:
        if known.is_ours(address.lower()):
            found.append(Invalid("address", "is an address of this desk"))
    if not new.subject.strip():
        found.append(Invalid("subject", "must not be empty"))
    if not new.text.strip():
        found.append(Invalid("text", "must not be empty"))
    if not new.department.is_active:
        found.append(Invalid("department", "is not active"))
    if new.priority not in Priority.values:
        found.append(Invalid("priority", "is not a priority"))
    return found


def _first_entry(ticket: Ticket, new: NewTicket, by: Agent, at: dt.datetime) -> Entry:
    """The user's message, written down by the agent; or the agent's own first mail."""
    user = ticket.user
    if not new.said_by_user:
        return Entry.objects.create(
            ticket=ticket,
            kind=EntryKind.REPLY,
            agent=by,
            author_name=by.name,
            author_address=by.email,
            subject=ticket.subject,
            text=new.text,
            to=[user.address] if new.is_mailed else [],
            created_at=at,
        )
    return Entry.objects.create(
        ticket=ticket,
        kind=EntryKind.MESSAGE,
        user=user,
        agent=by,
        author_name=user.name,
        author_address=user.address,
        subject=ticket.subject,
        text=new.text,
        created_at=at,
    )


def _begin(ticket: Ticket, new: NewTicket, at: dt.datetime) -> None:
    """Who waits for whom."""
    if new.said_by_user:
        ticket.last_message_at = ticket.waiting_since = at
        promises.recount(ticket)
    else:
        ticket.is_answered, ticket.last_reply_at = True, at
    ticket.save(
        update_fields=["last_message_at", "waiting_since", "due_at", "overdue_at", "is_answered", "last_reply_at"]
    )


def _number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('tickets_number')")
        return int(cursor.fetchone()[0])
