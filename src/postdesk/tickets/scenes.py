"""What messages may say of a ticket that is stored."""

from __future__ import annotations

from postdesk.people.models import Agent
from postdesk.tickets.models import Ticket
from postdesk.tickets.notices import Person, TicketScene
from postdesk.tickets.voice import Voice


def scene_of(ticket: Ticket, voice: Voice, *, to: tuple[str, ...] = ()) -> TicketScene:
    """The ticket. `to`: everybody who gets its mail. Read with user, department, help topic, agent and team joined."""
    return voice.ticket_scene(
        number=ticket.number,
        subject=ticket.subject,
        owner=Person(ticket.user.name, ticket.user.address),
        department=ticket.department_id,
        topic=ticket.help_topic.name if ticket.help_topic else "",
        status=ticket.get_status_display(),
        priority=ticket.get_priority_display(),
        agent=person(ticket.assignee),
        team=ticket.team.name if ticket.team else "",
        source=ticket.source.capitalize(),
        recipients=", ".join(to or (ticket.user.address,)),
        opened_at=ticket.opened_at,
        due_at=ticket.due_at,
        closed_at=ticket.closed_at,
    )


def person(agent: Agent | None) -> Person:
    return Person(agent.name, agent.email, agent.signature) if agent is not None else Person()
